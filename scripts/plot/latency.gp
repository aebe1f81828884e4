# SPDX-License-Identifier: MIT
# Percentiles of one kind of call. $line: one index per arm: 1/(1-p), time;
# FLOOR: the cost of reading the clock, 0 when it is not known.
set xlabel 'percentile'.GAP
set logscale x 10
set logscale y 10
set xrange [1:XMAX]
set yrange [YMIN * 0.9:YMAX * 1.1]
set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, \
	'99.999' 1e5, '99.9999' 1e6, '99.99999' 1e7, '' 1e8)
set ytics ('1 ns' 1, '10 ns' 10, '100 ns' 100, '1 us' 1e3, '10 us' 1e4, \
	'100 us' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9)
set mxtics 1
set mytics 1
plot for [i=1:(FLOOR > 0)] FLOOR with lines lw 1.2 dt (4,3) lc rgb QUIET \
	title QUIET_NAME, \
	for [i=1:N] $line index (i-1) using 1:2 with lines lt SERIES[i] \
	title NAME[i]
