# SPDX-License-Identifier: MIT
# Where the bytes are along the tape. $part: one index per part: time, from,
# to; $line: time, RSS.
set xlabel XLABEL.GAP
set ylabel YLABEL offset 1
set xrange [0:XMAX]
set yrange [0:YMAX]
plot for [i=1:N] $part index (i-1) using 1:2:3 with filledcurves \
	fs solid 1 noborder lt SERIES[i] title NAME[i], \
	$line using 1:2 with lines lw 1.4 dt solid lc rgb INK title QUIET_NAME
