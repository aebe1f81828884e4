#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape allocators, as a user sees it.
. scripts/tap.sh

check "lists the allocators" "$HEAPTAPE" allocators
matches "names glibc with its version" '^glibc +2\.[0-9]+' "$TMP/out"
matches "finds arena beside itself" '^arena .*libarena\.so' "$TMP/out"
matches "names the floor" '^null ' "$TMP/out"
check "explains knobs with -v" "$HEAPTAPE" allocators -v
matches "writes a knob as an arm" '-a glibc,GLIBC_TUNABLES=' "$TMP/out"
check "prints JSON" "$HEAPTAPE" allocators --json
cp "$TMP/out" "$TMP/list.json"
if command -v jq >/dev/null; then
	check "JSON has glibc installed" jq -e \
		'.schema == "heaptape-allocators/1" and
		 (.allocators | map(select(.name == "glibc" and .installed))
		  | length == 1)' "$TMP/list.json"
	check "JSON splits knobs from their meaning" jq -e \
		'[.allocators[].knobs[] |
		  (.setting | test("^[A-Z_]+=[^ ]+$")) and
		  (.help | test("^[^ ]"))] | all' "$TMP/list.json"
else
	skip "JSON has the right form" "no jq"
fi
exits 2 "refuses an argument" "$HEAPTAPE" allocators jemalloc
matches "says which" "unexpected argument 'jemalloc'" "$TMP/err"
exits 2 "refuses an unknown option" "$HEAPTAPE" allocators --nosuch
# shellcheck disable=SC2016 # $1 is for the inner shell
exits 5 "tells when the output cannot be written" \
	sh -c '"$1" allocators >/dev/full' sh "$HEAPTAPE"
finish
