# SPDX-License-Identifier: MIT
# What all figures share. The C side writes the terminal, the line types, the
# colours (INK: text and axes, GRID, QUIET lines, AREA, BACK), the texts (NAME,
# LABEL, ..._NAME) and the data before this. FILE: it is no figure of a page;
# it has a key then, BELOW, and SHRINK is its height in a page by that here.
set border 3 lw 1 lc rgb INK
set tics nomirror out scale 0.6 textcolor rgb INK
set grid back lt -1 lw 0.8 lc rgb GRID
set xlabel textcolor rgb INK
set ylabel textcolor rgb INK
set format '%g'
set errorbars 0.6
unset key
# Names are names, whatever signs they have.
set termoption noenhanced
GAP = ''
if (FILE) {
	GAP = "\n "
	set title HEADING textcolor rgb INK
	set key below horizontal center textcolor rgb INK samplen 2.5 \
		maxcols KEY_COLUMNS
}
