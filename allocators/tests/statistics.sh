#!/bin/sh
# SPDX-License-Identifier: MIT
# Allocators' own statistics against blocks of known sizes, on those that are
# installed; each by its own interface, though some have others' too.
. scripts/tap.sh

# read_on NAME ADAPTER PATH
# shellcheck disable=SC2317 # called through check
read_on()
{
	LD_PRELOAD=$1 "$B/allocators/tests/statistics_read" "$2"
}

check "glibc" read_on "" mallinfo2
check "arena, which has a mallctl as well" read_on "$B/libarena.so" arena_ctl
while read -r name adapter; do
	path=$("$B/heaptape-allocators" 2>/dev/null |
		awk -v name="$name" '$1 == name && $3 ~ /^\// { print $3 }')
	if [ -n "$path" ]; then
		check "$name" read_on "$path" "$adapter"
	else
		skip "$name" "not installed"
	fi
done <<'LIST'
jemalloc mallctl
tcmalloc MallocExtension
mimalloc mi_process_info
tbbmalloc none
scudo none
LIST
finish
