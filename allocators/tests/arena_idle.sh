#!/bin/sh
# SPDX-License-Identifier: MIT
# A process that stops calling malloc gives its memory back, and has no thread
# of arena's once that is done; a fork child does the same.
. scripts/tap.sh

idle=$B/allocators/tests/arena_idle

# under CONF [fork]: what the program saw, one line for each process
under()
{
	LD_PRELOAD=$B/libarena.so ARENA_CONF=decay_ms:400,$1 "$idle" "$2" \
		>"$TMP/out" 2>&1
}

# in_reach FACTOR: every process is idle within FACTOR percent of the pages of
# its survivors
in_reach()
{
	awk -v most="$1" '{ n++; bad += 100 * $4 > most * $6 }
		END { exit !n || bad }' "$TMP/out"
}

under background:auto ''
tap_result $? "a heap of holes is left idle"
in_reach 130
tap_result $? "then it holds little but the pages of survivors"
awk '{ exit $8 != 1 }' "$TMP/out"
tap_result $? "and the thread that did it has ended"

under background:off ''
! in_reach 200
tap_result $? "without the thread most of it stays"

under background:auto fork
tap_result $? "the same in a process and its fork child"
[ "$(wc -l <"$TMP/out")" -eq 2 ] && in_reach 130
tap_result $? "both give back"
finish
