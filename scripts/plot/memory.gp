# SPDX-License-Identifier: MIT
# Memory over the tape. $live: time, bytes; $band and $line: one index per arm
# (time, low, high; time, bytes); SERIES[i]: line type of index i - 1.
set xlabel XLABEL.GAP
set ylabel YLABEL offset 1
set xrange [0:XMAX]
set yrange [0:*]
plot for [i=1:LIVE] $live using 1:2 with filledcurves y=0 \
	fs solid 0.35 noborder lc rgb AREA title AREA_NAME, \
	for [i=1:N] $band index (i-1) using 1:2:3 with filledcurves \
	fs solid 0.18 noborder lt SERIES[i] notitle, \
	for [i=1:RECORDED] $recorded using 1:2 with lines lw 1.6 dt (3,3) \
	lc rgb QUIET title QUIET_NAME, \
	for [i=1:N] $line index (i-1) using 1:2 with lines lt SERIES[i] \
	title NAME[i]
