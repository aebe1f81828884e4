#!/bin/sh
# SPDX-License-Identifier: MIT
# Threads and signal handlers: nothing is lost, nothing is told twice.
. scripts/tap.sh

T=$B/recorder/tests
tape=$TMP/t.tape

# shellcheck disable=SC2317 # called through check and exits
record()
{
	"$HEAPTAPE" record -q -f -o "$tape" "$@"
	recorded=$?
	"$HEAPTAPE" dump "$tape" >"$TMP/dump"
	return "$recorded"
}

# How many events of the tape have this text.
nr_with()
{
	grep -cF -- "$1" "$TMP/dump"
}

field()
{
	"$HEAPTAPE" info --json "$tape" |
		sed -nE "s/^  \"$1\": ([0-9]+),?\$/\1/p"
}

check "10000 short threads" record "$T/rec_threads" short 10000
check "each has its block" test "$(nr_with 'malloc(7001)')" -eq 10000
check "each has its number" test "$(field threads)" -eq 10001
check "each is born" test "$(nr_with thread_start)" -eq 10001
check "each ends" test "$(nr_with thread_end)" -ge 10000

check "200 threads at once" record "$T/rec_threads" long 200 1000
check "they have all their blocks" \
	test "$(nr_with 'malloc(7001)')" -eq 200000
check "no free is unknown" test "$(field unknown_frees)" -eq 0
check "nothing was lost" test "$(field dropped)" -eq 0

# Their rings lie beyond those that are mapped at the start.
check "200 threads of a program that may open no file" \
	record "$T/rec_threads" barred 200
check "they have all their blocks, too" \
	test "$(nr_with 'malloc(7001)')" -eq 200

check "blocks that pass from thread to thread" \
	record "$T/rec_threads" exchange 30000
check "are all freed by the other" \
	test "$(field cross_thread_frees)" -gt 27000

check "destructors of thread-specific data" record "$T/rec_threads" late
check "the name of the thread" test "$(nr_with '"heap-user"')" -eq 1
check "two blocks of the thread" test "$(nr_with 'malloc(7001)')" -eq 2
check "four blocks of its destructors" \
	test "$(nr_with 'malloc(7002)')" -eq 4

exits 5 "a first thread that ends first" record "$T/rec_threads" main
check "the other one goes on" test "$(nr_with 'malloc(7001)')" -eq 1

check "a thread that is to be cancelled" record "$T/rec_threads" cancel 200000
matches "is not in the middle of a call" 'all of them' "$TMP/out"
check "and all its blocks are there" \
	test "$(nr_with 'malloc(7001)')" -eq 200000

# The program prints how many calls it made outside and inside of handlers.
check "signal handlers that return" record "$T/rec_signals" nested
read -r outside inside <"$TMP/out"
check "every call outside is there" \
	test "$(nr_with ', 18446744073709522942)')" -eq "$outside"
check "every call inside is there" \
	test "$(nr_with ', 18446744073709522941)')" -eq "$inside"
check "and what comes after" test "$(nr_with 'malloc(7003)')" -eq 100

check "signal handlers that jump" record "$T/rec_signals" jump
read -r outside inside <"$TMP/out"
check "every call inside is there" \
	test "$(nr_with ', 18446744073709522941)')" -eq "$inside"
check "and what comes after" test "$(nr_with 'malloc(7003)')" -eq 100

exits 7 "a signal handler that ends the program" record "$T/rec_signals" exit
check "every call inside is there" \
	test "$(nr_with ', 18446744073709522941)')" -eq "$(cat "$TMP/out")"

check "children of signal handlers that fork go on" \
	record "$T/rec_signals" fork
read -r outside inside <"$TMP/out"
# A child may still write over the one record that its parent was writing.
nr=$(nr_with ', 18446744073709522942)')
check "their parent's calls are there" test "$nr" -gt "$((outside - 60))"
check "and no others" test "$nr" -le "$outside"
finish
