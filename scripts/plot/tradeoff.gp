# SPDX-License-Identifier: MIT
# Time against memory. $points: one index per arm with one row: x, y, low and
# high of x, low and high of y; $labels: x, y, text, one index per arm.
set xlabel XLABEL
set ylabel YLABEL offset 1
set xrange [XMIN:XMAX]
set yrange [YMIN:YMAX]
set offsets graph 0.02, graph 0.02, graph 0.02, graph 0.02
plot for [i=1:N] $points index (i-1) using 1:2:3:4:5:6 with xyerrorbars \
	lt SERIES[i] lw 1.2 dt solid ps 0.1, \
	for [i=1:N] $points index (i-1) using 1:2 with points lt SERIES[i] \
	ps 1.2, \
	for [i=1:N] $points index (i-1) using 1:2:7 with labels left \
	offset char 1.2,0.8 textcolor rgb INK
