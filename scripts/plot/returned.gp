# SPDX-License-Identifier: MIT
# What stays resident: $line: one index per arm: place 0 to 3, bytes.
set ylabel YLABEL offset 1
set xrange [-0.2:3.2]
set yrange [0:*]
set xtics ('peak' 0, 'end' 1, 'after idle' 2, 'after free-all' 3)
plot for [i=1:N] $line index (i-1) using 1:2 with linespoints lt SERIES[i] \
	title NAME[i]
