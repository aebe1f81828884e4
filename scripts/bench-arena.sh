#!/bin/sh
# SPDX-License-Identifier: MIT
# Measure arena against the installed allocators: tapes of real programs, the
# kernels, the programs themselves. Prints ratios to the best peer and which
# targets are met. Tapes stay below $B/bench; rows in $OUT/bench-arena.json.
# usage: B=build [OUT=results/bench] scripts/bench-arena.sh [--quick]
#        [--rounds N] [--only GROUP[:ROW]]...
set -eu

B=$(cd "${B:-build}" && pwd)
out=${OUT:-results/bench}
mkdir -p "$B/bench" "$out"
${CC:-cc} -O2 -I. -D_GNU_SOURCE -pthread -fno-builtin-malloc -o "$B/bench/kernels" \
	scripts/bench/kernels*.c -lm
exec python3 -B scripts/bench/arena.py --build "$B" --out "$out" "$@"
