# SPDX-License-Identifier: MIT
# Live bytes and resident memory of one tape over time, a figure that stands
# alone. $live and $rss: one row per span of time: time, live bytes; time,
# anonymous, with file-backed pages. TITLE, XLABEL, YLABEL, XMAX; SAMPLED: 1
# when there is a $rss with rows.
INK = '#333333'
set border 3 lw 1 lc rgb INK
set tics nomirror out scale 0.6 textcolor rgb INK
set grid back lw 0.6 lc rgb '#dddddd' dt solid
set title TITLE textcolor rgb INK noenhanced
set xlabel XLABEL textcolor rgb INK
set ylabel YLABEL offset 1 textcolor rgb INK
set format '%g'
set key above horizontal textcolor rgb INK samplen 2
set xrange [0:XMAX]
set yrange [0:*]
plot $live using 1:2 with filledcurves y=0 fs solid 0.45 noborder \
	lc rgb '#0072b2' title 'live bytes', \
	for [i=1:SAMPLED] $rss using 1:2 with steps lw 1.8 lc rgb '#d55e00' \
	title 'anonymous RSS', \
	for [i=1:SAMPLED] $rss using 1:3 with steps lw 1 dt (4,3) \
	lc rgb '#777777' title 'all RSS'
