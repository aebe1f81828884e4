#!/bin/sh
# SPDX-License-Identifier: MIT
# Other ways to record than the plain one: latency, residency, dropping.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1
tape=$TMP/m.tape

# shellcheck disable=SC2317 # called through check and exits
record()
{
	"$HEAPTAPE" record -q -f -o "$tape" "$@"
	recorded=$?
	"$HEAPTAPE" dump "$tape" >"$TMP/dump"
	return "$recorded"
}

nr_with()
{
	grep -cE -- "$1" "$TMP/dump"
}

field()
{
	"$HEAPTAPE" info --json "$tape" |
		sed -nE "s/^  \"$1\": ([0-9]+),?\$/\1/p" | head -n 1
}

# Print what was touched of the block that the n-th matching line frees.
touched()
{
	grep -E -- "$1" "$TMP/dump" | sed -n "s/.*touched \([0-9]*\).*/\1/p" |
		sed -n "$2p"
}

# within WHAT VALUE LEAST MOST
within()
{
	check "$1" test "${2:-0}" -ge "$3" -a "${2:-0}" -le "$4"
}

check "--residency" record --residency "$T/rec_modes" touched
within "a block of which some was touched" "$(touched ' free' 1)" \
	300000 400000
within "a block that moves" "$(touched ' realloc' 1)" 10485760 10600000
within "a block that has grown" "$(touched ' free' 2)" 20971520 21100000
check "small blocks are not asked" test "$(nr_with touched)" -eq 3

check "--latency" record --latency "$T/rec_modes" busy 20000
calls=$(cat "$TMP/out")
check "each malloc and free has one" test \
	"$(nr_with '(malloc|free)\(.*latency [0-9]+ ns')" -ge \
	"$((calls * 2 / 3))"
check "no realloc needs one" test "$(nr_with 'realloc.*latency')" -eq 0
check "in threads that end" record --latency "$T/rec_threads" late
check "also in destructors" test "$(nr_with 'malloc\(7002\)')" -eq 4
for how in nested jump fork; do
	check "in handlers: $how" record --latency --residency \
		"$T/rec_signals" $how
	check "the tape is sound" "$HEAPTAPE" check "$tape"
done

# All that was called is on the tape, or counted as dropped; a program makes
# some calls that it does not count.
for signals in '' signals; do
	# shellcheck disable=SC2086 # no word for nothing
	check "--on-full=drop $signals" record --on-full=drop \
		"$T/rec_modes" busy 200000 $signals
	calls=$(cat "$TMP/out")
	within "each call is told or counted" \
		$(($(field events) + $(field dropped))) "$calls" \
		$((calls + 50))
	check "the tape is sound" "$HEAPTAPE" check "$tape"
done

"$HEAPTAPE" record -q -f --on-full=drop -o "$tape" sh -c \
	"sleep 0.5; exec '$T/rec_modes' busy 100000 >over" &
recorder=$!
sleep 0.3
kill -STOP $recorder
for _ in $(seq 100); do
	[ -s over ] && break
	sleep 0.1
done
check "a recorder that stands still does not stop it" test -s over
kill -CONT $recorder
wait $recorder
"$HEAPTAPE" info --json "$tape" >"$TMP/info"
matches "but loses events" '"dropped": [1-9]' "$TMP/info"

for signals in '' signals; do
	# shellcheck disable=SC2086 # no word for nothing
	check "changing the way all the time $signals" record \
		"$T/rec_modes" toggle $signals
	check "the tape is sound" "$HEAPTAPE" check "$tape"
done
finish
