#!/bin/sh
# SPDX-License-Identifier: MIT
# Print the figures of heaptape, side by side with their units: what recording
# costs, how large tapes are, how fast plans and replays are, how near the
# replayed memory comes. Also writes bench.json and bench.md.
# usage: B=build [OUT=results/bench] scripts/bench.sh [--smoke]
set -eu

B=$(cd "${B:-build}" && pwd)
out=${OUT:-results/bench}
mkdir -p "$B/bench" "$out"
for program in threads counted burst; do
	${CC:-cc} -O2 -pthread -o "$B/bench/$program" scripts/bench/$program.c
done
B=$B scripts/bench/report.sh
exec python3 -B scripts/bench/bench.py --build "$B" --out "$out" "$@"
