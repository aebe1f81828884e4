# SPDX-License-Identifier: MIT
# Counts of several kinds along one logarithmic axis: $counts: one index per
# arm: count (0.3 for none), row from below; LABEL[row].
set logscale x 10
set xrange [0.2:XMAX]
set yrange [0.4:ROWS + 0.6]
set xtics ('0' 0.3, '1' 1, '10' 10, '100' 100, '1 k' 1e3, '10 k' 1e4, \
	'100 k' 1e5, '1 M' 1e6, '10 M' 1e7, '100 M' 1e8, '1 G' 1e9)
set mxtics 1
set ytics ()
set for [i=1:ROWS] ytics add (LABEL[i] i)
set ytics scale 0
set lmargin at screen LEFT
plot for [i=1:N] $counts index (i-1) using 1:2 with points lt SERIES[i] \
	ps 0.9 title NAME[i]
