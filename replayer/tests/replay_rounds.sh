#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay: the design of the experiment. Passes in rounds of their own,
# orders, rounds that were disturbed, the number of rounds.
# shellcheck disable=SC2016,SC2086,SC2317 # inner shells, options in words
. scripts/tap.sh

replay()
{
	timeout 100 "$HEAPTAPE" replay "$@"
}

# shellcheck disable=SC2046
set -- $(ls -S traces/samples/*.tape)
while [ $# -gt 1 ]; do shift; done
tape=$1
arms="-a glibc -a arena"
memory="--passes memory --touch none --idle 1ms"

check "two arms, four rounds" replay -q $arms --passes time,memory --touch none \
	--idle 1ms -n 4 --seed 7 -o "$TMP/two" "$tape"
jq -r '.config.order' "$TMP"/two/*.json >"$TMP/out"
matches "each pass has an order of its own" \
	'^time: [a-z]+ [a-z]+; memory: [a-z]+ [a-z]+$' "$TMP/out"
test "$(cut -d';' -f1 "$TMP/out" | uniq | wc -l)" -eq 4
tap_result $? "two arms take turns: AB, BA, AB, BA"
jq -e -s 'all(.seed == "7" or .seed == 7)' "$TMP"/two/*.json >"$TMP/out"
tap_result $? "the seed is in every document"
replay -q $arms --passes time,memory --touch none --idle 1ms -n 4 --seed 7 \
	-o "$TMP/again" "$tape"
jq -r '.config.order' "$TMP"/two/*.json >"$TMP/first"
jq -r '.config.order' "$TMP"/again/*.json | diff - "$TMP/first" >"$TMP/out"
tap_result $? "and gives the same orders again"

check "as many rounds as decide" replay $arms $memory -o "$TMP/auto" "$tape"
matches "are told" '1[0-9] rounds decide' "$TMP/err"
nr=$(find "$TMP/auto" -name '*-r0*.json' | wc -l)
[ "$nr" -ge 10 ] && [ "$nr" -le 44 ]
tap_result $? "and are 10 or more: $nr"
jq -e -s 'all(.config.looks == "3")' "$TMP"/auto/*.json >"$TMP/out"
tap_result $? "the looks are in the documents"
# shellcheck disable=SC2016 # $1 and $2 are for the inner shell
check "a comparison shares its error by them" sh -c \
	'"$1" compare "$2" --json | jq -e ".looks == 3 and .alpha < 0.017"' sh \
	"$HEAPTAPE" "$TMP/auto"
check "but no more than are allowed" replay $arms $memory --max-rounds 3 \
	-o "$TMP/most" "$tape"
test "$(find "$TMP/most" -name '*-r0*.json' | wc -l)" -eq 3
tap_result $? "three of them"
exits 2 "no rounds at all" replay --max-rounds 0 "$tape"

# A machine that swaps: pages come in as long as the replay runs.
# shellcheck disable=SC2317 # called below, through other functions
swapping()
{
	n=1
	while :; do
		# Never empty: written over, not anew.
		printf 'pswpin %09d\n' "$n" 1<>"$TMP/vmstat"
		n=$((n + 1))
		sleep 0.01
	done &
	writer=$!
	mount --bind "$TMP/vmstat" /proc/vmstat &&
		"$HEAPTAPE" replay "$@"
	status=$?
	kill "$writer"
	return "$status"
}

if unshare -m true 2>/dev/null; then
	printf 'pswpin %09d\n' 0 >"$TMP/vmstat"
	{
		sed -n '/^swapping()/,/^}/p' replayer/tests/replay_rounds.sh
		echo 'swapping "$@"'
	} >"$TMP/swapping.sh"
	check "a machine that swaps" unshare -m sh "$TMP/swapping.sh" $arms \
		$memory -n 6 -o "$TMP/swap" "$tape"
	matches "rounds are run again" 'round 1 is run again: .* swapped in' \
		"$TMP/err"
	matches "a fifth of them at most" '2 disturbed rounds were thrown away' \
		"$TMP/err"
	test "$(find "$TMP/swap" -name '*.json' | wc -l)" -eq 6
	tap_result $? "all rounds are there in the end"
	jq -e -s '(map(.config.discarded // "0" | tonumber) | add) == 2 and
		(map(select(.config.disturbed)) | length) == 6' \
		"$TMP"/swap/*.json >"$TMP/out"
	tap_result $? "the documents count them"
	check "a comparison" "$HEAPTAPE" compare "$TMP/swap"
	matches "tells them" '2 discarded, 6 disturbed' "$TMP/out"
else
	skip "a machine that swaps" "no mount namespaces here"
fi

finish
