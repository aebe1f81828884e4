#!/bin/sh
# SPDX-License-Identifier: MIT
# The verify pass: each allocator that does something wrong is found, with the
# words that tell what; those that are right pass.
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check and exits
verify()
{
	timeout 100 "$B/heaptape" replay -q -n 1 --passes verify "$@"
}

# An allocator that never reuses memory and does all right, but for what the
# macros change. Each block has its size before it.
cat >"$TMP/base.c" <<'C'
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifndef SKEWED
#define SKEWED(p, n) (p)
#endif
#ifndef KEPT
#define KEPT(p, n) (n)
#endif
#ifndef ZERO
#define ZERO(p, n) memset(p, 0, n)
#endif
#ifndef ALIGN
#define ALIGN(a) (a)
#endif
#ifndef USABLE
#define USABLE(n) (n)
#endif
#ifndef FREE
#define FREE(p) ((void)(p))
#endif
#ifndef REFUSED
#define REFUSED(p) 0
#endif
static _Atomic uintptr_t used;
static _Atomic unsigned calls;
static char heap[1 << 30];
static size_t size_of(void *p) { return ((size_t *)p)[-1]; }
static char *take(size_t align, size_t n)
{
	size_t all = (n + align + 31) & ~(size_t)15;
	uintptr_t p = (uintptr_t)heap + (used += all) - all;
	p = (p + 15 + align) & -align;
	p = (uintptr_t)SKEWED((char *)p, n);
	memcpy((char *)p - sizeof(n), &n, sizeof(n));
	return (char *)p;
}
void *malloc(size_t n) { return take(16, n); }
void free(void *p) { if (p) FREE((char *)p); }
void *calloc(size_t n, size_t m)
{
	char *p = memset(take(16, n * m), 1, n * m);
	ZERO(p, n * m);
	return p;
}
void *memalign(size_t a, size_t n) { return take(ALIGN(a < 16 ? 16 : a), n); }
void *aligned_alloc(size_t a, size_t n) { return memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { *p = memalign(a, n); return 0; }
size_t malloc_usable_size(void *p) { return USABLE(size_of(p)); }
void *realloc(void *p, size_t n)
{
	char *q;
	if (p && REFUSED((char *)p)) return NULL;
	if (p && size_of(p) >= n) return p;
	q = take(16, n);
	if (p) memcpy(q, p, KEPT(p, size_of(p)));
	free(p);
	return q;
}
C

# broken NAME DEFINITION...: build the allocator with that mistake.
broken()
{
	broken_name=$1
	shift
	for definition; do
		echo "#define $definition"
	done | cat - "$TMP/base.c" >"$TMP/$broken_name.c"
	${CC:-cc} -shared -fPIC -O1 -fno-builtin -o "$TMP/$broken_name.so" \
		"$TMP/$broken_name.c"
}

# finds NAME TAPE PATTERN: the mistake is found and told.
finds()
{
	exits 4 "$1 fails" verify -a "$TMP/$1.so" -o "$TMP/run-$1" \
		"$TMP/$2.tape"
	jq -r '.runs[0] | select(.status == "failed" and
		(.metrics | length) == 0) | .message' \
		"$TMP/run-$1/$2-r001.json" >"$TMP/message"
	matches "and it is told: $3" \
		"$3.*slot [0-9]+, thread [0-9]+, call [0-9]+, tape time [0-9.]+ s\$" \
		"$TMP/message"
	sed 's/^/# /' "$TMP/message"
}

for pattern in cross realloc aligned; do
	"$B/traces/tests/make_tape" --events 20000 --threads 4 \
		--pattern $pattern "$TMP/$pattern.tape" || exit 1
done
"$B/traces/tests/make_tape" --events 20000 --threads 1 --pattern churn \
	"$TMP/alone.tape" || exit 1
for tape in every inverted lossy threads; do
	"$B/replayer/tests/make_calls" $tape "$TMP/$tape.tape" || exit 1
done
block='[0-9]+ bytes at 0x[0-9a-f]+'

# --- what is right passes ---------------------------------------------------

broken right
check "an allocator that does all right" verify -a "$TMP/right.so" \
	-o "$TMP/right" "$TMP/cross.tape" "$TMP/realloc.tape" \
	"$TMP/aligned.tape" "$TMP/every.tape" "$TMP/lossy.tape"
check "all of its blocks were checked" jq -e '.runs[0] | .pass == "verify" and
	.status == "ok" and .metrics.verified_ops == .metrics.ops and
	.metrics.verified_blocks > 7000' "$TMP/right/cross-r001.json"
"$B/heaptape-allocators" --json 2>/dev/null >"$TMP/allocators"
arms='-a glibc -a arena'
for name in jemalloc tcmalloc mimalloc tbbmalloc; do
	jq -e --arg n $name 'tostring | contains("lib" + $n)' \
		"$TMP/allocators" >/dev/null && arms="$arms -a $name"
done
# shellcheck disable=SC2086
check "allocators on all kinds of tapes" verify $arms -a null \
	-o "$TMP/good" "$TMP/cross.tape" "$TMP/realloc.tape" \
	"$TMP/inverted.tape" "$TMP/lossy.tape" \
	traces/samples/redis-set.tape traces/samples/python-threads.tape
check "the null allocator has nothing to verify" jq -e \
	'[.runs[].arm] | index("null") == null' "$TMP/good/cross-r001.json"
# Versions of mimalloc fail at alignments of 256 bytes.
# shellcheck disable=SC2086
check "allocators on aligned blocks" verify ${arms%-a mimalloc*} \
	-o "$TMP/good-aligned" "$TMP/aligned.tape" "$TMP/every.tape"
check "--verify beside other passes" timeout 60 "$B/heaptape" replay -n 1 \
	--passes time --verify -a glibc -o "$TMP/both" "$TMP/cross.tape"
matches "the table tells of it" 'verified' "$TMP/out"
check "both passes are in the document" jq -e '[.runs[].pass] ==
	["time", "verify"]' "$TMP/both/cross-r001.json"

# --- what is wrong is found -------------------------------------------------

broken overlap 'SKEWED(p, n) (++calls % 20 ? (p) : (p) - 64)'
finds overlap alone "of $block: overlaps a live block of $block \(slot"
exits 4 "beside another pass" timeout 60 "$B/heaptape" replay -q -n 1 \
	--passes time --verify -a "$TMP/overlap.so" -a glibc \
	-o "$TMP/beside" "$TMP/alone.tape"
check "that one keeps its numbers, and so does another arm" jq -e '
	[.runs[] | .pass + " " + .status] == ["time ok", "verify failed",
	"time ok", "verify ok"] and .runs[0].metrics.wall_ns > 0' \
	"$TMP/beside/alone-r001.json"
broken same 'SKEWED(p, n) (n == 48 && ++calls > 500 ? heap + 64 : (p))'
finds same threads "malloc of 48 bytes at 0x[0-9a-f]+: overlaps a live block"
broken aligned 'SKEWED(p, n) ((p) + (n == 1024 ? 128 : 0))'
finds aligned every "aligned_alloc of 1024 bytes at 0x[0-9a-f]+: not aligned to 256"
broken eight 'SKEWED(p, n) ((p) + (++calls % 500 ? 0 : 8))'
finds eight cross "[a-z]*alloc of $block: not aligned to 16"
broken zero 'ZERO(p, n) memset(p, 0, (n) - ((n) > 3))'
finds zero every "calloc of 200 bytes at 0x[0-9a-f]+: byte 199 is not zero"
broken tail 'KEPT(p, n) ((n) - ((n) > 40))'
finds tail realloc "realloc of $block: byte [0-9]+ was not kept from [a-z]+, call [0-9]+ of thread"
broken head 'KEPT(p, n) ((n) > 40 ? 0 : (n))'
finds head realloc "realloc of $block: byte 0 was not kept from"
broken refused 'REFUSED(p) (++calls % 10 == 0)'
exits 4 "a realloc that fails" verify -a "$TMP/refused.so" \
	-o "$TMP/refused" "$TMP/realloc.tape"
check "and keeps the block is only that" jq -e '.runs[0].message
	| test("^[0-9]+ calls returned NULL")' \
	"$TMP/refused/realloc-r001.json"
broken lost 'REFUSED(p) (++calls % 10 == 0 && (*(p) ^= 1, 1))'
finds lost realloc "realloc of $block: byte 0 was not kept from"
broken moved 'SKEWED(p, n) ((n) == 40000 ? (p) - 400 : (p))'
finds moved every "realloc of 40000 bytes at 0x[0-9a-f]+: overlaps a live block"
broken scribbles 'FREE(p) (++calls % 10 ? 0 : ((p)[size_of(p) + 56] ^= 1))'
finds scribbles alone "(free|free-all) of $block: byte [0-9]+ has changed since [a-z]+, call [0-9]+ of thread"
broken usable 'USABLE(n) ((n) > 99 ? (n) - 1 : (n))'
finds usable every "malloc of 100 bytes at 0x[0-9a-f]+: its usable size is 99"
broken gone 'SKEWED(p, n) ((n) == 40 << 20 ? mprotect( \
	(void *)(((uintptr_t)(p) + 65536) & -65536), 65536, PROT_READ), \
	(p) : (p))'
finds gone every "malloc of 41943040 bytes at 0x[0-9a-f]+: its memory cannot be used: signal 11"
finish
