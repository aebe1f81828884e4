#!/bin/sh
# SPDX-License-Identifier: MIT
# The statistics against implementations of others, on random data sets.
. scripts/tap.sh

check "a second implementation says the same" python3 -B \
	results/tests/stats.py "$B/results/tests/make_outcomes"
matches "of 100 data sets, to 1e-9" '^100 data sets and 100 families' \
	"$TMP/out"
check "and of pairs of samples" python3 -B results/tests/stats_shift.py \
	"$B/results/tests/make_outcomes"
matches "100 of them" '^100 pairs of samples' "$TMP/out"
if python3 -c 'import scipy' 2>/dev/null; then
	check "and scipy" python3 -B results/tests/stats.py \
		"$B/results/tests/make_outcomes" scipy
	matches "in most of them" ', [0-9][0-9]+ tests of scipy, too' "$TMP/out"
	check "of pairs of samples, too" python3 -B \
		results/tests/stats_shift.py \
		"$B/results/tests/make_outcomes" scipy
else
	skip "scipy says the same" "scipy is not installed"
fi

if command -v Rscript >/dev/null; then
	check "and R" python3 -B results/tests/stats.py \
		"$B/results/tests/make_outcomes" R
	matches "estimates and intervals, too" ', [0-9][0-9]+ tests of R, too' \
		"$TMP/out"
	check "of pairs of samples, too" python3 -B \
		results/tests/stats_shift.py \
		"$B/results/tests/make_outcomes" R
else
	skip "R says the same" "R is not installed"
fi

finish
