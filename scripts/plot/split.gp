# SPDX-License-Identifier: MIT
# Parts of the memory, stacked. $stack: one index per part: row of the arm,
# from, to; $rss: row, the whole; LABEL[row].
set xlabel XLABEL.GAP
set xrange [*:*]
set yrange [0.4:ROWS + 0.6]
set ytics ()
set for [i=1:ROWS] ytics add (LABEL[i] i)
set ytics scale 0
set lmargin at screen LEFT
unset grid
set grid x back lt -1 lw 0.8 lc rgb GRID
set yzeroaxis lt -1 lw 1 lc rgb INK
set style fill solid 1 border rgb BACK
plot for [i=1:N] $stack index (i-1) \
	using 2:1:2:3:($1-0.3):($1+0.3) with boxxyerror lt SERIES[i] \
	dt solid lw 1 title NAME[i], \
	$rss using 2:($1-0.42):(0):(0.84) with vectors nohead lw 2.2 dt solid \
	lc rgb INK \
	title QUIET_NAME
