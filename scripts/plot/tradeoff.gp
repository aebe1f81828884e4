# SPDX-License-Identifier: MIT
# Time against memory. $points: one index per arm with one row: x, y, low and
# high of x, low and high of y; $labels: where each label begins; $front:
# the rings.
# The plot area is fixed: the C side finds room for the labels in it.
set lmargin at screen 0.11
set rmargin at screen 0.98
set bmargin at screen BELOW + 0.17 * SHRINK
set tmargin at screen BELOW + 0.97 * SHRINK
set xlabel XLABEL.GAP
set ylabel YLABEL offset 1
set xrange [XMIN:XMAX]
set yrange [YMIN:YMAX]
plot for [i=1:N] $points index (i-1) using 1:2:3:4:5:6 with xyerrorbars \
	lt SERIES[i] lw 1.2 dt solid ps 0.1 notitle, \
	for [i=1:N] $points index (i-1) using 1:2 with points lt SERIES[i] \
	ps 1.2 title NAME[i], \
	for [i=1:N] $labels index (i-1) using 1:2:(LABEL[i]) with labels left \
	textcolor rgb INK notitle, \
	for [i=1:FRONT] $front using 1:2 with points pt 6 ps 2.1 lw 1.4 \
	lc rgb INK title MARK_NAME
