#!/bin/sh
# SPDX-License-Identifier: MIT
# Print how long a report of a large campaign takes, and how large it is: 10
# tapes, 6 arms, 20 rounds, all passes. Exit status 1 beyond 5 s or 5 MB, or
# when a figure is missing.
# usage: B=build scripts/bench/report.sh
set -eu

B=$(cd "${B:-build}" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/heaptape-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

"$B/results/tests/make_results" "$tmp/run" rounds=20 \
	passes=time,latency,memory,calls,alone \
	tapes="$(seq -s, -f 'tapes/program-%02g.tape' 10)" \
	arms=glibc,jemalloc:0.78:0.85:0.6,tcmalloc:0.75:1.05:0.9,arena:0.69:0.92:0.5,mimalloc:0.8:0.9:1,snmalloc:0.9:1.1:1.2
begin=$(date +%s%N)
"$B/heaptape" report "$tmp/run" -o "$tmp/report.html" --require-plots
ms=$((($(date +%s%N) - begin) / 1000000))
bytes=$(wc -c <"$tmp/report.html")
figures=$(grep -c '<svg class="plot"' "$tmp/report.html")
echo "report of 10 tapes x 6 arms x 20 rounds: $ms ms, $((bytes / 1000)) kB, $figures figures (limits: 5000 ms, 5000 kB)"
[ "$ms" -lt 5000 ] && [ "$bytes" -lt 5000000 ]
