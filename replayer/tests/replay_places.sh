#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the bytes are: checkpoints of the memory pass, on allocators that are
# installed, and on some whose answers are known.
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check
replay()
{
	timeout 120 "$B/heaptape" replay -q -n 1 --idle 1ms --passes memory "$@"
}

# holds "what" FILTER FILE: jq says that it is so.
holds()
{
	check "$1" jq -e "$2" "$3"
}

# --- what is known of installed allocators ----------------------------------

# Parts add up, and what stays unexplained has its bounds: the pages that
# libraries dirty themselves, and records that were never touched.
# shellcheck disable=SC2016 # jq's variables
sums='def near(a; b): (a - b) as $d | $d > -1000 and $d < 1000;
	.runs[] | .metrics as $m | .checkpoints as $c |
	($c.name | index("peak")) as $p |
	($c.name | map(select(. == "mark")) | length) > 30 and
	$c.name[-3:] == ["end", "idle", "freed"] and
	$c.usable_bytes[$p] == $m.usable_peak_bytes and
	$m.rounding_peak_bytes ==
		$m.usable_peak_bytes - $m.requested_peak_bytes and
	near($m.rss_live_peak_bytes; $m.requested_peak_bytes +
		$m.rounding_peak_bytes + ($m.cached_peak_bytes // 0) +
		($m.internal_free_peak_bytes // 0) + ($m.metadata_peak_bytes // 0) +
		($m.dirty_peak_bytes // 0) + $m.unexplained_peak_bytes) and
	$c.requested_bytes[-1] == 0 and $c.usable_bytes[-1] == 0'
"$B/heaptape-allocators" >"$TMP/list" 2>/dev/null
while read -r name bound; do
	grep -q "^$name  *[^ ]*  *[(/]" "$TMP/list" || {
		skip "$name" "not installed"
		continue
	}
	for tape in sqlite-orders python-threads; do
		check "$name: $tape" replay -a "$name" -o "$TMP/$name-$tape" \
			"traces/samples/$tape.tape"
		doc=$TMP/$name-$tape/$tape-r001.json
		holds "its parts add up" "$sums" "$doc"
		holds "less than $bound MiB are unexplained" ".runs[].metrics
			.unexplained_peak_bytes | fabs < $bound * 1048576" \
			"$doc"
	done
	holds "it lacks no block of a single thread" '.runs[].metrics |
		.requested_peak_bytes == .live_peak_bytes' \
		"$TMP/$name-sqlite-orders/sqlite-orders-r001.json"
done <<'LIST'
glibc 1
arena 1
jemalloc 6
tcmalloc 4
mimalloc 16
LIST

# --- answers that are known -------------------------------------------------

so()
{
	${CC:-cc} -shared -fPIC -O1 -x c -o "$TMP/$1.so" - -ldl
}

# Blocks are twice as large as was asked for, and nothing is ever freed.
cat >"$TMP/bump.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#define BYTES (64ULL << 30)
static _Atomic uintptr_t next;
static void *take(size_t a, size_t n)
{
	uintptr_t at = atomic_load(&next), p;
	if (!at) {
		void *map = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (map == MAP_FAILED) return NULL;
		atomic_compare_exchange_strong(&next, &at, (uintptr_t)map);
		at = atomic_load(&next);
	}
	do p = (at + 16 + a - 1) & ~(a - 1);
	while (!atomic_compare_exchange_weak(&next, &at, p + 2 * n + 1));
	((size_t *)p)[-1] = n;
	return (void *)p;
}
void *malloc(size_t n) { return take(16, n); }
void *calloc(size_t n, size_t m) { return take(16, n * m); }
void free(void *p) { (void)p; }
void *realloc(void *p, size_t n)
{
	size_t old = p ? ((size_t *)p)[-1] : 0;
	void *to = take(16, n);
	if (to && p) memcpy(to, p, old < n ? old : n);
	return to;
}
void *memalign(size_t a, size_t n) { return take(a < 16 ? 16 : a, n); }
void *aligned_alloc(size_t a, size_t n) { return memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { return (*p = memalign(a, n)) ? 0 : ENOMEM; }
#ifndef SILENT
size_t malloc_usable_size(void *p) { return p ? 2 * ((size_t *)p)[-1] : 0; }
#endif
C
so double <"$TMP/bump.c"
{
	echo '#define SILENT'
	cat "$TMP/bump.c"
} | so silent

for pattern in churn realloc aligned; do
	"$B/traces/tests/make_tape" --events 60000 --threads 1 \
		--pattern $pattern "$TMP/$pattern.tape"
	check "$pattern on blocks of twice the size" replay -a "$TMP/double.so" \
		-o "$TMP/$pattern" "$TMP/$pattern.tape"
	holds "rounding is what was asked for, everywhere" '.runs[] |
		.metrics.rounding_peak_bytes == .metrics.live_peak_bytes and
		.metrics.rounding_mean == 2 and
		(.checkpoints | [.usable_bytes, .requested_bytes] | transpose |
			all(.[0] == 2 * .[1]))' "$TMP/$pattern/$pattern-r001.json"
done
"$B/traces/tests/make_tape" --events 60000 --threads 3 --pattern cross \
	"$TMP/cross.tape"
check "threads that free each other's blocks" replay -a "$TMP/double.so" \
	-a null -o "$TMP/cross" "$TMP/cross.tape"
holds "are counted right in the end" '.runs[0].checkpoints |
	.usable_bytes[-3] == 2 * .requested_bytes[-3] and
	(.requested_bytes | max > 0) and .usable_bytes[-1] == 0' \
	"$TMP/cross/cross-r001.json"
holds "the null allocator tells nothing" '.runs[1] |
	(.metrics | has("rounding_peak_bytes") or has("unexplained_peak_bytes")
		| not) and ([.checkpoints | .usable_bytes, .cached_bytes,
		.metadata_bytes] | flatten | all(. == null))' \
	"$TMP/cross/cross-r001.json"
check "an allocator without malloc_usable_size" replay -a "$TMP/silent.so" \
	-o "$TMP/silent" "$TMP/churn.tape"
holds "tells nothing of it either" '.runs[0] |
	(.metrics | has("rounding_peak_bytes") | not) and
	(.checkpoints.usable_bytes | all(. == null)) and
	(.checkpoints.requested_bytes | max > 0)' "$TMP/silent/churn-r001.json"

# 8 MiB that it has given back lazily, before the first mark.
so lazy <<'C'
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int known;
void *malloc(size_t n)
{
	if (!known++) {
		char *p = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(p, 8 << 20, MADV_NOHUGEPAGE);
		memset(p, 1, 8 << 20);
		madvise(p, 8 << 20, MADV_FREE);
	}
	return __libc_malloc(n);
}
C
check "memory that went back lazily" replay -a "$TMP/lazy.so" -o "$TMP/lazy" \
	"$TMP/churn.tape"
holds "is told apart" '.runs[0] | (.metrics |
	.lazyfree_end_bytes > 7000000 and .lazyfree_freed_bytes > 7000000 and
	.rss_end_bytes > .lazyfree_end_bytes) and
	(.checkpoints.lazyfree_bytes | min > 7000000)' "$TMP/lazy/churn-r001.json"
check "compare" "$HEAPTAPE" compare "$TMP/lazy" \
	-m rss_freed_kept_bytes
matches "has the rest" 'less LazyFree  .*[0-9]' "$TMP/out"
finish
