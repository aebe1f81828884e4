#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay --threads: the first threads of a tape, copies of it side by
# side; and what the threads of an allocator cost each other.
# shellcheck disable=SC2016 # $n is for jq
. scripts/tap.sh

cd "$TMP" || exit 1

# shellcheck disable=SC2317 # called through check and exits
replay()
{
	timeout 100 "$B/heaptape" replay -q -n 1 --idle 1ms "$@"
}

so()
{
	${CC:-cc} -shared -fPIC -O1 -x c -o "$TMP/$1.so" -
}

# holds "what" FILTER FILE...: jq says so of all files together.
holds()
{
	holds_what=$1
	holds_filter=$2
	shift 2
	check "$holds_what" jq -s -e "$holds_filter" "$@"
}

so log <<'C'
// Writes one letter down for each malloc, calloc, realloc and free.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
void *__libc_malloc(size_t); void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t); void __libc_free(void *);
static void say(const char *letter)
{
	static int fd = -2;
	if (fd == -2) { const char *f = getenv("LOG"); fd = f ? open(f, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1; }
	if (fd >= 0 && write(fd, letter, 1)) {}
}
void *malloc(size_t n) { say("m"); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { say("c"); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { say("r"); return __libc_realloc(p, n); }
void free(void *p) { if (p) say("f"); __libc_free(p); }
C

# The same work in each call, under one lock, and without any.
allocator()
{
	cat <<'C'
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
static _Atomic int lock;
static __thread __attribute__((tls_model("initial-exec"))) char *ring;
static __thread __attribute__((tls_model("initial-exec"))) size_t at;
static char heap[1 << 28];
static _Atomic size_t used;
static void work(void)
{
	uint32_t x = 1;
	for (int i = 0; i < 100; i++) { __asm__ volatile("" : "+r"(x)); x = x * 5 + 1; }
}
static void enter(void)
{
#ifdef LOCK
	while (atomic_exchange(&lock, 1)) while (atomic_load(&lock)) ;
#endif
	work();
}
static void leave(void) { atomic_store(&lock, 0); }
#ifndef LOCK
# define leave()
#endif
// The tape's blocks are free again long before the thread's ring is through.
static void *take(size_t n)
{
	char *p;
	if (!ring) ring = heap + atomic_fetch_add(&used, 1 << 20);
	at = at + n + 32 > 1 << 20 ? 0 : at;
	p = ring + at;
	at += (n + 31) & ~(size_t)15;
	*(size_t *)p = n;
	return p + 16;
}
void *malloc(size_t n) { void *p; enter(); p = take(n); leave(); return p; }
void free(void *p) { if (p) { enter(); leave(); } }
// The C library's.
void *calloc(size_t n, size_t m) { return heap + atomic_fetch_add(&used, (n * m + 31) & ~(size_t)15) + 16; }
void *realloc(void *p, size_t n)
{
	void *q = malloc(n);
	if (p && q) { size_t old = *(size_t *)((char *)p - 16); memcpy(q, p, old < n ? old : n); }
	return q;
}
C
}
allocator | so free
{ echo '#define LOCK 1'; allocator; } | so lock

# letters LETTER LOG: how many of those calls there were.
# shellcheck disable=SC2317 # called through check
letters()
{
	tr -dc "$1" <"$2" | wc -c
}

make_tape="$B/traces/tests/make_tape --events 40000 --threads 4"
$make_tape --pattern cross cross.tape || exit 1
"$B/replayer/tests/make_calls" apart apart.tape 400000 || exit 1

# Names, and what each thread count is.
check "thread counts of two tapes" replay --passes time,alone,memory \
	-a glibc --threads 4,2,1,8,9 -o counts cross.tape apart.tape
check "as recorded" replay --passes time,memory -a glibc -o whole cross.tape
holds "each is a tape of its own" '[.[].tape] == ["apart.tape@t1",
	"apart.tape@t2", "apart.tape@t4", "apart.tape@t8", "apart.tape@t9"]' \
	counts/apart@t[12489]-r001.json
holds "threads and copies are told" '[.[].config | .threads + "x" + .copies] ==
	["1x1", "2x1", "4x1", "8x2", "12x3", "4x1", "1x1", "2x1", "4x2", "8x4",
	"10x5"]' counts/cross@t[12489]-r001.json whole/cross-r001.json \
	counts/apart@t[12489]-r001.json
holds "all runs are ok" '[.[].runs[].status] | all(. == "ok")' counts/*.json
holds "all of its threads are the tape" \
	'(.[0].runs[0].metrics.ops) as $n | $n > 30000 and
	.[1].runs[0].metrics.ops == $n and
	.[2].runs[0].metrics.ops == 2 * $n and
	.[3].runs[0].metrics.ops == 3 * $n' whole/cross-r001.json \
	counts/cross@t[489]-r001.json
holds "half of them are half of it, where they share nothing" \
	'[.[].runs[0].metrics | .ops, .skipped_ops] == [200000, 0, 400000, 0]' \
	counts/apart@t[12]-r001.json
holds "no prediction, and no memory of the program, where it is another" \
	'all(.config.prediction | startswith("none: other threads")) and
	all(.recorded.op == [])' counts/cross@t[1289]-r001.json
holds "one thread has no alone pass" '.[0].config.alone ==
	"none: one thread has no other" and
	all(.[0].runs[]; .pass != "alone")' counts/cross@t1-r001.json
check "no plan is left" test ! -e counts/.plans
check "one table for each of them" sh -c '"$HEAPTAPE" compare counts --json |
	jq -e "[.cells[].tape] | unique | length == 10"'
check "the same again does nothing" replay --passes time,alone,memory \
	-a glibc --threads 4,2,1,8,9 -o counts cross.tape apart.tape
cp -r counts mixed
jq '.tape = "cross.tape@t8" | .round = 2' whole/cross-r001.json \
	>mixed/cross@t8-r002.json
exits 3 "other threads under one name do not compare" \
	"$HEAPTAPE" compare mixed

# What the copies do, call by call.
"$B/replayer/tests/make_calls" pile pile.tape || exit 1
for n in 2 6; do
	check "calls of $n threads" replay --passes time --touch none \
		-a "$TMP/log.so,LOG=$TMP/log$n" --threads $n -o calls$n pile.tape
done
# Warm-up and round; the rest is the C library's.
# shellcheck disable=SC2317 # called through check
grown()
{
	test $(($(letters "$1" log6) - $(letters "$1" log2))) \
		-ge $((2 * 2 * $2)) &&
		test $(($(letters "$1" log6) - $(letters "$1" log2))) \
			-le $((2 * 2 * $2 + 200))
}
check "two more copies make as many mallocs more" grown m 20000
check "and as many frees" grown f 18000

check "memory of copies" replay --passes memory -a glibc --threads 2,4,6 \
	-o pile pile.tape
holds "live bytes are those of all" '[.[].runs[0] |
	.metrics.live_peak_bytes, (.curve.live_bytes | max)] | .[0] > 1000000
	and . == [.[0], .[0], 2 * .[0], 2 * .[0], 3 * .[0], 3 * .[0]]' \
	pile/pile@t2-r001.json pile/pile@t4-r001.json pile/pile@t6-r001.json
holds "memory is that of all, too, on the way as at the peak" \
	'[.[].runs[0].curve.rss_bytes] | .[0] as $one | .[1] as $two |
	.[2] as $three | ($one | length / 4 | floor) as $i |
	$two[$i] > 1.5 * $one[$i] and $two[$i] < 2.7 * $one[$i] and
	$three[$i] > 2.2 * $one[$i] and $three[$i] < 4 * $one[$i] and
	($three | max) > 2.7 * ($one | max) and
	($three | max) < 3.3 * ($one | max)' \
	pile/pile@t2-r001.json pile/pile@t4-r001.json pile/pile@t6-r001.json
holds "all is freed at the end" '.[0].runs[0].metrics |
	.rss_freed_bytes < 0.5 * .rss_end_bytes' pile/pile@t6-r001.json

check "a calls pass" replay --passes time,calls -a "$TMP/free.so" --threads 12 \
	-o futex cross.tape
if jq -e '.config.calls' futex/cross@t12-r001.json >/dev/null; then
	skip "the copies' own waits are left out" "no calls pass here"
else
	holds "the copies' own waits are left out" '.[0].runs[] |
		select(.pass == "calls").metrics |
		.futex_waits == 0 and .harness_waits > 0' \
		futex/cross@t12-r001.json
fi

for bad in 0 -1 '2,0' '1,' ',1' two '1,1' 10001 '' 1.5; do
	exits 2 "--threads '$bad'" replay --threads "$bad" -a glibc cross.tape
done
"$B/replayer/tests/make_calls" every only.tape && cp cross.tape only@t2.tape
exits 2 "a tape that is named as another's threads" replay --threads 2,4 \
	-a glibc -o twice only.tape only@t2.tape cross@t2.tape

# ratios ARM: the ratios of its rounds.
# shellcheck disable=SC2317 # called through check
ratios()
{
	jq -s "map(.runs[] | select(.pass == \"alone\" and
		(.arm | endswith(\"$1\"))) | .metrics.contention_ratio)" \
		contention/*.json
}
# On a busy machine threads may not meet at the lock: not always so often.
# shellcheck disable=SC2317 # called through check
dearer()
{
	for _ in 1 2 3 4 5; do
		rm -rf contention
		replay -n 5 --touch none --passes time,alone -a null \
			-a "$TMP/lock.so" -a "$TMP/free.so" -o contention \
			apart.tape || return
		echo "lock $(ratios lock.so) free $(ratios free.so)"
		[ "$(ratios lock.so | jq 'max > 1.5')" = true ] && return
	done
	[ "$(nproc)" -eq 1 ]
}
check "one lock for all makes calls dearer than alone" dearer
holds "without a lock they cost what they cost alone" \
	'map(.runs[] | select(.pass == "alone" and (.arm | endswith("free.so")))
	| .metrics.contention_ratio) | sort | .[2] < 1.35 and .[2] > 0.7' \
	contention/*.json
holds "the null allocator has no cost to compare" \
	'map(.runs[] | select(.arm == "null").metrics) |
	length == 10 and all(has("contention_ratio") | not)' contention/*.json
holds "what the harness costs is told" 'all(.[].runs[] |
	select(.pass == "alone").metrics; .floor_cpu_ns > 0 and
	.floor_alone_cpu_ns > 0 and .alone_cpu_ns > .floor_alone_cpu_ns / 2)' \
	contention/*.json
check "the ratio is compared" sh -c '"$HEAPTAPE" compare contention |
	grep -q "cost against alone"'
exits 5 "alone, with one thread" replay --passes alone -a glibc --threads 1 \
	-o lone apart.tape
finish
