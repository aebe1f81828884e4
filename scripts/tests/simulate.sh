#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/simulate-campaign.py: the cases of simulate_cases.py, and its command
# line.
. scripts/tap.sh

command -v python3 >/dev/null || {
	skip "the simulation of campaigns" "no python3"
	finish
}

check "the cases run" python3 -B scripts/tests/simulate_cases.py "$TMP"
cp "$TMP/out" "$TMP/cases"
while IFS="$(printf '\t')" read -r outcome what; do
	test "$outcome" = holds
	tap_result $? "$what"
done <"$TMP/cases"

exits 0 "from 1 to 1000 nodes" python3 -B scripts/simulate-campaign.py \
	--shards 300 --runs 3 --mtbf 20000 --stragglers 0.05
check "a row for each" test "$(wc -l <"$TMP/out")" -eq 11
exits 2 "no shards are refused" python3 -B scripts/simulate-campaign.py
exits 2 "a time that is none is refused" sh -c \
	"echo -3 | python3 -B scripts/simulate-campaign.py --times -"
finish
