#!/bin/sh
# SPDX-License-Identifier: MIT
# The sample tapes of this and of earlier versions stay whole and readable.
. scripts/tap.sh

for tape in traces/samples/*.tape; do
	name=$(basename "$tape" .tape)
	check "$name: every block is sound" "$HEAPTAPE" check "$tape"
	check "$name: info reads it" "$HEAPTAPE" info --json "$tape"
	cp "$TMP/out" "$TMP/info"
	check "$name: a consistent history" jq -e \
		'.unknown_frees == 0 and .overlap_repairs == 0 and .dropped == 0 and
		 .events > 10000' "$TMP/info"
done
finish
