# SPDX-License-Identifier: MIT
# Resident bytes for each live byte over the tape: $line: one index per arm:
# time, ratio.
set xlabel XLABEL.GAP
set ylabel 'RSS/live'
set xrange [0:XMAX]
set yrange [0.8:YMAX]
plot for [i=1:N] $line index (i-1) using 1:2 with lines lt SERIES[i] \
	title NAME[i]
