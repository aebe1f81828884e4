#!/bin/sh
# SPDX-License-Identifier: MIT
# The demonstration: record two real programs, replay both tapes on several
# allocators, compare, and write a report into results/demo/.
# usage: B=build [ROUNDS=10] scripts/demo.sh
set -eu

B=${B:-build}
heaptape=$B/heaptape
out=results/demo
rounds=${ROUNDS:-10}
begin=$(date +%s)

step()
{
	printf '\n== %s\n' "$*"
}

# Show a command as a user would type it, then run it.
run()
{
	printf '$ heaptape %s\n' "$*"
	"$heaptape" "$@"
}

mkdir -p $out
rm -rf $out/run $out/sqlite.tape $out/redis.tape $out/report.html

step "Record the sqlite3 shell on a table of orders"
printf '$ heaptape record -o %s/sqlite.tape -- sqlite3 :memory: <table.sql\n' \
	$out
"$heaptape" record -f -o $out/sqlite.tape -- \
	sqlite3 :memory: <scripts/demo/table.sql

step "Record redis-server while redis-benchmark sets 200 000 keys"
printf '$ heaptape record -o %s/redis.tape -- redis-server ...\n' $out
printf 'requests per second while recording: '
REQUESTS=200000 scripts/bench/redis.sh \
	"$heaptape" record -f -q -o $out/redis.tape --

step "What is on the tapes (the head of each; info tells more)"
run info $out/sqlite.tape | sed '/^$/q'
run info $out/redis.tape | sed '/^$/q'

step "Replay both on each allocator, $rounds rounds"
arms='-a glibc -a jemalloc -a tcmalloc -a arena'
"$heaptape" allocators | grep -q '^mimalloc ' && arms="$arms -a mimalloc"
# shellcheck disable=SC2086 # a list of words
run replay $out/sqlite.tape $out/redis.tape $arms --rounds "$rounds" --idle 300ms \
	-o $out/run

step "Compare with glibc"
run compare $out/run

step "Write the report"
run report $out/run -o $out/report.html
[ -s $out/report.html ]
printf '\nDone in %d s. Open %s in a browser.\n' \
	$(($(date +%s) - begin)) "$PWD/$out/report.html"
