# SPDX-License-Identifier: MIT
# The test of Mann and Whitney as R has it, for results/tests/stats_shift.py. A
# line of stdin is: 1 for exact or 0, the size of the first sample, both
# samples. Prints the one-sided P that the first one is greater.
lines <- readLines(file("stdin"))
for (line in lines) {
	x <- as.numeric(strsplit(line, " ")[[1]])
	first <- x[3:(2 + x[2])]
	second <- x[(3 + x[2]):length(x)]
	p <- wilcox.test(first, second, alternative = "greater",
			 exact = x[1] == 1, correct = TRUE)$p.value
	cat(sprintf("%.17g\n", p))
}
