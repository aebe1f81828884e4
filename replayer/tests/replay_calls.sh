#!/bin/sh
# SPDX-License-Identifier: MIT
# The calls pass: an allocator whose system calls are known is counted exactly,
# with threads too; what a machine forbids is told.
# shellcheck disable=SC2016 # $n and $page are for jq
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check and exits
replay()
{
	timeout 60 "$B/heaptape" replay -q -n 1 --idle 1ms "$@"
}

so()
{
	${CC:-cc} -shared -fPIC -O1 -pthread -x c -o "$TMP/$1.so" -
}

# holds "what" FILTER FILE: jq says so, with $n mallocs of the tape.
holds()
{
	check "$1" jq -e --argjson n "$mallocs" --argjson page "$page" "$2" "$3"
}

page=$(getconf PAGESIZE)
"$B/traces/tests/make_tape" --events 3000 --threads 4 --pattern cross \
	"$TMP/cross.tape" || exit 1
mallocs=$("$HEAPTAPE" dump "$TMP/cross.tape" | grep -cw malloc)

so asks <<'C'
// Each malloc makes one known set of system calls; memory is never reused.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static char heap[256 << 20];
static _Atomic size_t used;
static _Atomic int lock;
static void grow(void)
{
	static char *at;
	while (atomic_exchange(&lock, 1)) sched_yield();
	at = (char *)syscall(SYS_brk, 0);
	at = (char *)syscall(SYS_brk, at + 3 * 4096);
	at = (char *)syscall(SYS_brk, at - 4096);
	atomic_store(&lock, 0);
}
static void ask(void)
{
	const int rw = PROT_READ | PROT_WRITE;
	const int anon = MAP_PRIVATE | MAP_ANONYMOUS;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct timespec ms = { 0, 1000000 }, now;
	int word = 0;
	char *p = mmap(NULL, 3 * page, rw, anon, -1, 0);
	if (mmap(NULL, 0, rw, anon, -1, 0) != MAP_FAILED) return; // fails
	p = mremap(p, 3 * page, 8 * page, MREMAP_MAYMOVE);
	p = mremap(p, 8 * page, 6 * page, 0);
	madvise(p, 2 * page, MADV_DONTNEED);
	madvise(p, page, MADV_FREE);
	madvise(p + 1, page, MADV_FREE); // fails
	madvise(p, 4 * page, MADV_NORMAL);
	mprotect(p, page, PROT_READ);
	mprotect(p, page, rw);
	munmap(p, 5 * page);
	munmap(p + 5 * page, page);
	grow();
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ms);
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, NULL); // no sleep
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
	clock_gettime(CLOCK_MONOTONIC, &now);
}
static void *take(size_t n)
{
	size_t all = (n + 31) & ~(size_t)15;
	char *p = heap + atomic_fetch_add(&used, all);
	memcpy(p, &n, sizeof(n));
	return p + 16;
}
void *malloc(size_t n) { ask(); return take(n); }
void *calloc(size_t n, size_t m) { return take(n * m); }
void *realloc(void *p, size_t n)
{
	void *q = take(n);
	size_t old = 0;
	if (p) memcpy(&old, (char *)p - 16, sizeof(old));
	return memcpy(q, p, old < n ? old : n);
}
void free(void *p) { (void)p; }
C

check "a calls pass" replay --passes calls -a "$TMP/asks.so" -o "$TMP/asks" \
	"$TMP/cross.tape"
doc=$TMP/asks/cross-r001.json
holds "threads waited for each other" '.runs[0] | .pass == "calls" and
	.status == "ok" and .metrics.harness_waits > 0' "$doc"
holds "mmap, munmap and mremap" '.runs[0].metrics
	| .mmap_calls == 2 * $n and .mmap_bytes == 3 * $n * $page and
	.munmap_calls == 2 * $n and .munmap_bytes == 6 * $n * $page and
	.mremap_calls == 2 * $n and .mremap_grown_bytes == 5 * $n * $page and
	.mremap_shrunk_bytes == 2 * $n * $page' "$doc"
holds "madvise by advice, mprotect" '.runs[0].metrics
	| .madvise_dontneed_calls == $n and
	.madvise_dontneed_bytes == 2 * $n * $page and
	.madvise_free_calls == 2 * $n and
	.madvise_free_bytes == $n * $page and
	.madvise_hugepage_calls == 0 and .madvise_hugepage_bytes == 0 and
	.madvise_other_calls == $n and
	.madvise_other_bytes == 4 * $n * $page and
	.mprotect_calls == 2 * $n' "$doc"
holds "brk" '.runs[0].metrics | .brk_calls == 3 * $n and
	.brk_grown_bytes == 12288 * $n and .brk_shrunk_bytes == 4096 * $n' \
	"$doc"
holds "futexes, and those of the harness left out" '.runs[0].metrics
	| .futex_waits == 2 * $n and .futex_wakes == $n and
	.futex_wait_ns >= 1e6 * $n and .futex_wait_ns < 100e6 * $n' "$doc"
holds "clock reads past the vDSO" '.runs[0].metrics.raw_clock_reads == $n and
	(.config.raw_clock_reads | contains("asks.so"))' "$doc"

# --- how workers end --------------------------------------------------------

so crash <<'C'
#include <stdlib.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int nr;
void *malloc(size_t n) { if (++nr == 500) abort(); return __libc_malloc(n); }
C
so hang <<'C'
#include <stdlib.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int nr;
void *malloc(size_t n) { while (++nr > 500) sleep(1); return __libc_malloc(n); }
C
exits 4 "one that aborts" replay --passes calls -a "$TMP/crash.so" \
	-o "$TMP/crash" "$TMP/cross.tape"
holds "is told by its signal" '.runs[0] | .status == "crashed" and
	(.message | contains("SIGABRT during the replay"))' \
	"$TMP/crash/cross-r001.json"
exits 4 "one that hangs" replay --passes calls --timeout 1s \
	-a "$TMP/hang.so" -o "$TMP/hang" "$TMP/cross.tape"
holds "is ended" '.runs[0].status == "timeout"' "$TMP/hang/cross-r001.json"
"$B/replayer/tests/make_calls" threads "$TMP/threads.tape"
check "300 threads that come and go" replay --passes calls -a glibc \
	-o "$TMP/threads" "$TMP/threads.tape"
holds "are traced to their ends" '.runs[0] | .status == "ok" and
	.metrics.mmap_calls > 0 and .metrics.futex_wait_ns >= 0' \
	"$TMP/threads/threads-r001.json"

# --- what a machine forbids -------------------------------------------------

# A leak checker in the driver would need ptrace itself.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}"

for call in ptrace seccomp; do
	check "without $call the other passes go on" \
		"$B/replayer/tests/forbid" $call "$B/heaptape" replay -n 1 \
		--idle 1ms --passes time,calls -a glibc -o "$TMP/$call" \
		"$TMP/cross.tape"
	matches "which is told in one line" \
		"calls pass is left out: $call is forbidden" "$TMP/err"
	holds "and in the document" '(.runs | length == 1) and
		(.config.calls | startswith("none: '$call'"))' \
		"$TMP/$call/cross-r001.json"
done
exits 5 "a campaign of such a pass alone" "$B/replayer/tests/forbid" ptrace \
	"$B/heaptape" replay -q -n 1 --passes calls -a glibc -o "$TMP/alone" \
	"$TMP/cross.tape"
matches "says why" 'ptrace is forbidden here' "$TMP/err"

# --- instructions -----------------------------------------------------------

check "without counters the other passes go on" \
	"$B/replayer/tests/forbid" perf_event_open "$B/heaptape" replay -q \
	-n 1 --passes time,instructions -a glibc -o "$TMP/perf" \
	"$TMP/cross.tape"
holds "which the document notes" '(.runs | length == 1) and
	(.config.instructions | startswith("none: perf_event_open is"))' \
	"$TMP/perf/cross-r001.json"
"$B/traces/tests/make_tape" --events 20000 --threads 1 --pattern churn \
	"$TMP/churn.tape"
# works FOLDER: between 10 and 1000 instructions per call, glibc.
works()
{
	holds "has the instructions of the calls" '.runs[0].metrics
		| .instructions / .ops | . > 10 and . < 1000' \
		"$1/churn-r001.json"
}
if replay --passes instructions -a glibc -o "$TMP/counter" "$TMP/churn.tape" \
	2>"$TMP/err"; then
	works "$TMP/counter"
else
	skip "instructions by a counter" "this CPU lends none"
	matches "one line says so" 'no pass is left: ' "$TMP/err"
fi
if command -v valgrind >/dev/null; then
	check "instructions by valgrind" replay --passes callgrind -a glibc \
		-o "$TMP/callgrind" "$TMP/churn.tape"
	works "$TMP/callgrind"
	check "and again" replay --passes callgrind -a glibc \
		-o "$TMP/callgrind2" "$TMP/churn.tape"
	check "they are nearly the same" jq -en --argjson again "$(jq \
		'.runs[0].metrics.instructions' \
		"$TMP/callgrind2/churn-r001.json")" \
		'[inputs][0].runs[0].metrics.instructions / $again
		| . > 0.99 and . < 1.01' "$TMP/callgrind/churn-r001.json"
else
	skip "instructions by valgrind" "not installed"
fi
finish
