# SPDX-License-Identifier: MIT
# Wilcoxon's signed-rank test as R has it, for results/tests/stats.py. A line
# of stdin is: threshold as a logarithm, then the log-ratios. Prints the
# one-sided P beyond the threshold, the estimate, the 95 % interval.
lines <- readLines(file("stdin"))
for (line in lines) {
	x <- as.numeric(strsplit(line, " ")[[1]])
	d <- x[-1]
	worse <- wilcox.test(d, mu = x[1], alternative = "greater",
			     exact = TRUE)$p.value
	both <- wilcox.test(d, exact = TRUE, conf.int = TRUE)
	cat(sprintf("%.17g %.17g %.17g %.17g\n", worse, both$estimate,
		    both$conf.int[1], both$conf.int[2]))
}
