# SPDX-License-Identifier: MIT
# Every round as a dot. $dots: one index per arm: x, value; $middle: one index
# per arm: x from, x to, median.
set ylabel YLABEL offset 1
set xrange [0.4:N + 0.6]
set yrange [YMIN:YMAX]
set xtics ()
set for [i=1:N] xtics add (LABEL[i] i)
set xtics scale 0
unset grid
set grid y back lt -1 lw 0.8 lc rgb GRID
plot for [i=1:N] $dots index (i-1) using 1:2 with points lt SERIES[i] ps 0.7 \
	title NAME[i], \
	for [i=1:N] $middle index (i-1) using 1:2 with lines lt SERIES[i] \
	dt solid lw 1.4 notitle
