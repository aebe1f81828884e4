#!/bin/sh
# SPDX-License-Identifier: MIT
# Print how often verdicts are right: in simulated campaigns, and in real ones
# of an allocator against itself and against itself 20 % slower. Exits 1 where
# a promise is not kept.
# usage: B=build scripts/stats.sh [--smoke]
set -eu

B=$(cd "${B:-build}" && pwd)
mkdir -p "$B/bench"
${CC:-cc} -O2 -shared -fPIC -o "$B/bench/libdelay.so" scripts/bench/delay.c
status=0
"$B/results/tests/stats_bench" || status=1
python3 -B scripts/bench/verdicts.py --build "$B" "$@" || status=1
exit $status
