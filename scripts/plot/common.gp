# SPDX-License-Identifier: MIT
# What all figures share. The C side writes the terminal, the line types and
# the data before this; colours are numbers that it replaces by the theme's:
# #010101 text and axes, #010102 grid, #010103 quiet lines, #010104 areas.
INK = '#010101'
GRID = '#010102'
QUIET = '#010103'
AREA = '#010104'
set border 3 lw 1 lc rgb INK
set tics nomirror out scale 0.6 textcolor rgb INK
set grid back lw 0.6 lc rgb GRID dt solid
set xlabel textcolor rgb INK
set ylabel textcolor rgb INK
set format '%g'
set errorbars 0.6
unset key
