#!/bin/sh
# SPDX-License-Identifier: MIT
# Every kind of misuse is stopped with one line that names the pointer, SIGABRT.
. scripts/tap.sh

misuse=$B/allocators/tests/arena_misuse
library=$B/libarena.so

# expect HOW TEXT: the program prints the pointer, arena complains of it
expect()
{
	LD_PRELOAD=$library "$misuse" "$1" >"$TMP/out" 2>"$TMP/err"
	code=$?
	want="arena: bad free of $(cat "$TMP/out"): $2"
	# Some shells report the signal, too.
	[ $code -eq 134 ] && [ "$(grep -v '^Aborted' "$TMP/err")" = "$want" ]
	tap_result $? "$1: $2"
}

check "no misuse, no complaint" env LD_PRELOAD="$library" "$misuse" none
expect double "double free"
expect double-later "double free"
expect double-elsewhere "double free"
expect double-here-and-there "double free"
expect double-large "not the start of a block, or freed before"
expect double-huge "not the start of a block, or freed before"
expect inside "not the start of a block"
expect inside-elsewhere "not the start of a block"
expect inside-large "not the start of a block, or freed before"
expect inside-huge "not the start of a block"
expect inside-huge-later-block "not the start of a block, or freed before"
expect static "not from this heap"
expect stack "not from this heap"
expect realloc-foreign "not from this heap"
expect usable-foreign "not from this heap"

LD_PRELOAD=$library ARENA_CONF=decay:1,decay_ms:9 "$misuse" none \
	>"$TMP/out" 2>"$TMP/err"
matches "an unknown knob is named" \
	"^arena: ARENA_CONF: unknown option 'decay:1', ignored$" "$TMP/err"
[ "$(wc -l <"$TMP/err")" -eq 1 ]
tap_result $? "and nothing else is printed"

LD_PRELOAD=$library ARENA_CONF=stats:exit "$misuse" none \
	>"$TMP/out" 2>"$TMP/err"
matches "statistics at exit" '^  allocated +[1-9][0-9]+$' "$TMP/err"
finish
