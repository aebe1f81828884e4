#!/bin/sh
# SPDX-License-Identifier: MIT
# The front: verbs, help, manual pages, and where it finds its parts.
. scripts/tap.sh

verbs='record ctl info check dump tune replay compare gate baseline report plot allocators'

check "shows the overview without a verb" "$HEAPTAPE"
for verb in $verbs; do
	matches "the overview has $verb" "^  $verb " "$TMP/out"
done
check "shows it for --help, too" "$HEAPTAPE" --help
check "shows its version" "$HEAPTAPE" --version
matches "the version is a number" '^heaptape [0-9]+\.[0-9]+' "$TMP/out"
exits 2 "refuses an unknown verb" "$HEAPTAPE" recrod
matches "suggests the right one" "did you mean 'record'" "$TMP/err"
exits 2 "does not guess wildly" "$HEAPTAPE" zzzzzz
matches "but tells where the verbs are" "heaptape --help" "$TMP/err"
exits 2 "refuses an unknown option" "$HEAPTAPE" --nosuch
exits 2 "refuses help on an unknown verb" "$HEAPTAPE" help nosuch

for verb in $verbs; do
	check "$verb --help exits 0" "$HEAPTAPE" "$verb" --help
	cp "$TMP/out" "$TMP/help"
	check "$verb -h exits 0" "$HEAPTAPE" "$verb" -h
	check "$verb --version exits 0" "$HEAPTAPE" "$verb" --version
	# The codes below 125 are those of the recorded program.
	code=2
	[ "$verb" = record ] && code=125
	exits $code "$verb refuses an unknown option" \
		"$HEAPTAPE" "$verb" --nosuch
	page=$B/man/heaptape-$verb.1
	# Each long option of the help must be in the page.
	sed -n 's/^  .*\(--[a-z][a-z-]*\).*/\1/p' "$TMP/help" |
		sed 's/-/\\-/g' >"$TMP/options"
	check "$verb has at least the common options" test \
		"$(wc -l <"$TMP/options")" -ge 4
	# shellcheck disable=SC2016 # $o, $1, $2 are for the inner shell
	check "the page of $verb has each option" sh -c \
		'while read -r o; do grep -qF -e "$o" "$2" || exit 1; done <"$1"' \
		sh "$TMP/options" "$page"
	awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' \
		"$TMP/help" >"$TMP/out"
	tap_result $? "$verb --help fits 80 columns"
done

if command -v man >/dev/null; then
	for page in "$B"/man/*.1; do
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" \
			>/dev/null 2>"$TMP/err"
		test ! -s "$TMP/err"
		tap_result $? "${page##*/} has no warnings"
	done
	check "help VERB shows the page" "$HEAPTAPE" help info
	matches "with its name" 'HEAPTAPE-INFO\(1\)' "$TMP/out"
else
	skip "manual pages have no warnings" "no man"
fi

ln -s "$HEAPTAPE" "$TMP/link"
check "works through a symbolic link" "$TMP/link" allocators --version

mkdir -p "$TMP/a b/bin" "$TMP/a b/lib/heaptape"
cp "$HEAPTAPE" "$TMP/a b/bin/"
cp "$B/heaptape-allocators" "$TMP/a b/lib/heaptape/"
check "works installed, in a folder with a space" \
	"$TMP/a b/bin/heaptape" allocators --version
exits 5 "tells which part is missing" "$TMP/a b/bin/heaptape" replay
matches "by its path" 'lib/heaptape/heaptape-replay is missing' "$TMP/err"
finish
