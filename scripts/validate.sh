#!/bin/sh
# SPDX-License-Identifier: MIT
# Print the fidelity table: predicted memory of programs against the real one,
# under each allocator. Also writes validate.json and validate.md.
# usage: B=build [OUT=results/validate] scripts/validate.sh [--smoke]
#        [--only PROGRAM]
set -eu

B=$(cd "${B:-build}" && pwd)
out=${OUT:-results/validate}
mkdir -p "$B/bench" "$out"
${CC:-cc} -O2 -pthread -o "$B/bench/pipeline" scripts/bench/pipeline.c
exec python3 -B scripts/bench/fidelity.py --build "$B" --out "$out" "$@"
