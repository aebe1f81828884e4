#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay at the tape's pace and in its time: what an allocator's
# clocks show, when calls are made, what is told of those out of reach.
. scripts/tap.sh

cd "$TMP" || exit 1

# A program that lives 3 s, and calls malloc every 100 ms.
${CC:-cc} -O1 -fno-builtin -x c -o steps - <<'C'
#include <stdlib.h>
#include <time.h>
int main(void)
{
	const struct timespec step = { 0, 100000000 };
	for (int i = 0; i < 30; i++) {
		free(malloc(1000));
		nanosleep(&step, NULL);
	}
	free(malloc(1000));
	return 0;
}
C
"$HEAPTAPE" record -q -o steps.tape -- ./steps || exit 1

# An allocator that writes down what each clock shows at each malloc.
${CC:-cc} -shared -fPIC -O1 -x c -o clocks.so - <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static long long ns(struct timespec ts) { return ts.tv_sec * 1000000000LL + ts.tv_nsec; }
static long long read_clock(clockid_t id) { struct timespec ts; clock_gettime(id, &ts); return ns(ts); }
static char *put(char *p, long long v)
{
	*--p = ' ';
	do *--p = (char)('0' + v % 10); while (v /= 10);
	return p;
}
static void say(void)
{
	static int fd = -2;
	char buf[512], *p = buf + sizeof(buf);
	struct timespec raw, iso;
	struct timeval tv;
	if (fd == -2) { const char *f = getenv("LOG"); fd = f ? open(f, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1; }
	gettimeofday(&tv, NULL);
	timespec_get(&iso, TIME_UTC);
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC_COARSE, &raw);
	*--p = '\n';
	p = put(p, read_clock(CLOCK_PROCESS_CPUTIME_ID));
	p = put(p, ns(raw));
	p = put(p, ns(iso));
	p = put(p, (long long)time(NULL) * 1000000000LL);
	p = put(p, tv.tv_sec * 1000000000LL + tv.tv_usec * 1000LL);
	p = put(p, read_clock(CLOCK_REALTIME));
	p = put(p, read_clock(CLOCK_MONOTONIC_COARSE));
	p = put(p, read_clock(CLOCK_MONOTONIC));
	if (fd >= 0 && write(fd, p, (size_t)(buf + sizeof(buf) - p))) {}
}
void *malloc(size_t n) { if (n == 1000) say(); return __libc_malloc(n); }
C

# An allocator with a thread that wakes each 100 ms, by HOW, and counts.
${CC:-cc} -shared -fPIC -O1 -pthread -x c -o waker.so - <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static const char *how, *file;
static void nap(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
	struct timespec ts = { 0, 100000000 };
	if (!strcmp(how, "sleep")) { nanosleep(&ts, NULL); return; }
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 100000000;
	if (ts.tv_nsec >= 1000000000) { ts.tv_nsec -= 1000000000; ts.tv_sec++; }
	pthread_mutex_lock(&lock);
	while (!pthread_cond_timedwait(&cond, &lock, &ts)) {}
	pthread_mutex_unlock(&lock);
}
static void *run(void *arg)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	for (;;) { nap(); if (write(fd, "x", 1)) {} }
	return arg;
}
void *malloc(size_t n) { return __libc_malloc(n); }
static __attribute__((constructor)) void start(void)
{
	pthread_t t;
	how = getenv("HOW"); file = getenv("LOG");
	if (how) pthread_create(&t, NULL, run, NULL);
}
C

# measure PACE ARM [OPTION...]: one pass on that arm; the milliseconds in took.
# shellcheck disable=SC2317 # called through check
measure()
{
	pace=$1
	arm=$2
	shift 2
	rm -rf run log
	began=$(date +%s%N)
	timeout 120 "$HEAPTAPE" replay -f -n 1 --idle 1ms --pace "$pace" \
		-a "$arm" --passes time "$@" -o run steps.tape
	status=$?
	took=$((($(date +%s%N) - began) / 1000000))
	return "$status"
}

# shellcheck disable=SC2317 # called through check
run_holds()
{
	jq -e "$1" run/steps-r001.json
}

# spans COLUMN LOW HIGH: from the first to the last line of log, in ms.
# shellcheck disable=SC2317 # called through check
spans()
{
	awk -v c="$1" -v low="$2" -v high="$3" '
	NR == 1 { first = $c }
	$c < last { print "goes back in line " NR; bad = 1 }
	{ last = $c }
	END { ms = (last - first) / 1e6; print ms " ms"
		exit bad || ms < low || ms > high }' log
}

# --- virtual: at once, but the clocks show the tape's 3 s --------------------

check "virtual pace on an allocator that reads clocks" \
	measure virtual "c=./clocks.so,LOG=$TMP/log"
matches "tells of system calls for clocks" \
	'read clocks by system calls of its own' "$TMP/err"
check "takes no 3 s" test "$took" -lt 2500
column=0
for name in CLOCK_MONOTONIC CLOCK_MONOTONIC_COARSE CLOCK_REALTIME \
	gettimeofday; do
	column=$((column + 1))
	check "$name shows the time of the tape" spans $column 2950 3400
done
check "time() does" spans 5 2000 4000
check "timespec_get does" spans 6 2950 3400
check "a system call of its own is answered alike" spans 7 2950 3400
check "the CPU's time stays what it is" spans 8 0 1500
# shellcheck disable=SC2016 # awk's dollars
check "each step of the tape is one of the clock" awk '
	NR > 1 && NR < 31 && ($1 - last < 90e6 || $1 - last > 200e6) {
		print NR ": " $1 - last; bad = 1 }
	{ last = $1 }
	END { exit bad }' log
check "and they are counted" \
	run_holds '.runs[0].metrics.raw_clock_reads >= 31 and
		(.config.raw_clock_reads | test("^c=.*: [0-9]+$"))'
check "the pace is in the document" run_holds '.config.pace == "virtual"'

for how in sleep wait; do
	check "virtual pace on one with a thread that sleeps ($how)" \
		measure virtual "w=./waker.so,HOW=$how,LOG=$TMP/log"
	matches "tells of it" 'has threads of its own' "$TMP/err"
	check "which wakes as often as in 3 s" test "$(wc -c <log)" -ge 28
	check "and no more often" test "$(wc -c <log)" -le 34
	check "takes no 3 s" test "$took" -lt 2500
	check "its thread is noted" run_holds \
		'.runs[0].metrics.foreign_threads == 1'
done

check "idling takes no time either" \
	measure virtual glibc --passes memory --idle 1000s
check "nor 1000 s" test "$took" -lt 10000

for pass in latency memory calls; do
	check "virtual pace in the $pass pass" \
		measure virtual "c=./clocks.so,LOG=$TMP/log" --passes $pass
	check "its clocks show the tape's time" spans 1 2950 3400
done
check "system calls for clocks count in the calls pass, too" \
	run_holds '.runs[0].metrics.raw_clock_reads >= 31'

# --- recorded, and faster ---------------------------------------------------

check "recorded pace" measure recorded "c=./clocks.so,LOG=$TMP/log"
check "takes 3 s" run_holds '.runs[0].metrics.wall_ns | . > 2.95e9 and . < 4e9'
check "the clocks are the real ones" spans 1 2950 4000
# shellcheck disable=SC2016 # awk's dollars
check "calls come when they did" awk '
	NR == 1 { first = $1 }
	{ late = ($1 - first) / 1e6 - (NR - 1) * 100
	  if (late < -20 || late > 300) { print NR ": " late; bad = 1 } }
	END { exit bad }' log

check "ten times as fast" measure x10 "c=./clocks.so,LOG=$TMP/log"
check "takes a tenth" \
	run_holds '.runs[0].metrics.wall_ns | . > 0.295e9 and . < 1.5e9'
check "its clocks run ten times as fast" spans 1 2950 15000
check "and that of its own system calls" spans 7 2900 15000
check "the pace is in the document" run_holds '.config.pace == "x10"'

check "latency at recorded pace" measure x10 glibc --passes latency
check "tells the lag of the calls" run_holds '.runs[0] |
	.metrics.malloc_lag_max_ns > 0 and .metrics.free_lag_max_ns > 0 and
	([.histograms[] | select(.op == "malloc_lag" and .size_group == "all")]
	| length == 1)'
check "latency at virtual pace" measure virtual glibc --passes latency
check "has no lag to tell of" run_holds \
	'[.runs[0].metrics | keys[] | select(test("lag"))] == []'

# --- threads, other tapes ---------------------------------------------------

"$B/traces/tests/make_tape" --events 60000 --threads 4 --pattern cross \
	cross.tape || exit 1
for pace in virtual recorded x100; do
	check "several threads at pace $pace" timeout 60 "$HEAPTAPE" replay \
		-q -f -n 1 --idle 1ms --pace $pace -a glibc -a arena -o many \
		cross.tape
	check "all passes are fine" jq -e '[.runs[].status] | unique == ["ok"]' \
		many/cross-r001.json
done

exits 2 "a pace that there is not" "$HEAPTAPE" replay --pace soon steps.tape
matches "names it" "unknown pace 'soon'; there are asap, recorded" "$TMP/err"
for bad in x x0 x-1 x1e9 xnan x10y; do
	exits 2 "pace $bad" "$HEAPTAPE" replay --pace $bad steps.tape
done
exits 2 "another pace in the same folder" "$HEAPTAPE" replay -n 1 --idle 1ms \
	--pace asap -a glibc -a arena -o many cross.tape
matches "is another campaign" "pace is 'x100' there, not 'asap'" "$TMP/err"

finish
