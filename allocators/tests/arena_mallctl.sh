#!/bin/sh
# SPDX-License-Identifier: MIT
# The names that servers ask jemalloc for are answered: redis-server 8 ends
# when one is not known.
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check and exits
ask()
{
	LD_PRELOAD=$B/libarena.so "$B/allocators/tests/arena_mallctl" "$@"
}

check "process figures" ask epoch stats.allocated stats.active stats.resident \
	stats.retained arenas.narenas arenas.nbins arenas.page
check "figures of an arena" ask stats.arenas.4096.pactive \
	stats.arenas.4096.pmuzzy stats.arenas.0.small.allocated \
	stats.arenas.0.small.resident stats.arenas.0.large.allocated
matches "small blocks are counted" '^stats.arenas.0.small.allocated [1-9]' \
	"$TMP/out"
check "arenas and caches can be made" ask arenas.create tcache.create
check "size classes" ask arenas.bin.6.size arenas.bin.6.nregs \
	stats.arenas.0.bins.6.curregs stats.arenas.0.bins.6.curslabs
matches "the hundred blocks are in theirs" \
	'^stats.arenas.0.bins.6.curregs [1-9][0-9][0-9]' "$TMP/out"
exits 1 "an unknown name" ask stats.arenas.0.nothing
finish
