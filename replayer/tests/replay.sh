#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay from end to end: tapes on allocators, bad arms, bad tapes,
# interruption and resumption.
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check and exits
replay()
{
	timeout 60 "$B/heaptape" replay "$@"
}

tape()
{
	"$B/traces/tests/make_tape" --events "$1" --threads "$2" \
		--pattern "$3" "$TMP/$3.tape"
}

# so NAME: build a preloadable library of the C code on stdin.
so()
{
	${CC:-cc} -shared -fPIC -O1 -x c -o "$TMP/$1.so" - -ldl
}

# holds "what" FILTER FILE: jq says that it is so.
holds()
{
	check "$1" jq -e "$2" "$3"
}

so count <<'C'
// A wrapper that writes down each call: name and what it was given.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
void *__libc_malloc(size_t); void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t); void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
static void say(const char *what, size_t a, size_t b)
{
	static int fd = -2;
	char buf[128], *p = buf + sizeof(buf);
	if (fd == -2) { const char *f = getenv("LOG"); fd = f ? open(f, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1; }
	*--p = '\n';
	do *--p = '0' + b % 10; while (b /= 10);
	*--p = ' ';
	do *--p = '0' + a % 10; while (a /= 10);
	*--p = ' ';
	p -= strlen(what); memcpy(p, what, strlen(what));
	if (fd >= 0 && write(fd, p, buf + sizeof(buf) - p)) {}
}
void *malloc(size_t n) { say("malloc", n, 0); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { say("calloc", n, m); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { say("realloc", !!p, n); return __libc_realloc(p, n); }
void *reallocarray(void *p, size_t n, size_t m) { say("reallocarray", !!p, n * m); return __libc_realloc(p, n * m); }
void *memalign(size_t a, size_t n) { say("memalign", a, n); return __libc_memalign(a, n); }
void *aligned_alloc(size_t a, size_t n) { say("aligned_alloc", a, n); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) { say("posix_memalign", a, n); *p = __libc_memalign(a, n); return *p ? 0 : ENOMEM; }
void *valloc(size_t n) { say("valloc", n, 0); return __libc_memalign(4096, n); }
void *pvalloc(size_t n) { say("pvalloc", n, 0); return __libc_memalign(4096, n); }
void free(void *p) { say("free", !!p, 0); __libc_free(p); }
void free_sized(void *p, size_t n) { say("free_sized", !!p, n); __libc_free(p); }
void free_aligned_sized(void *p, size_t a, size_t n) { say("free_aligned_sized", a, n); __libc_free(p); }
C

so crash <<'C'
#include <stdlib.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int nr;
void *malloc(size_t n)
{
	if (++nr == 5000) { if (write(2, "heap is broken\n", 15)) {} abort(); }
	return __libc_malloc(n);
}
C

so null <<'C'
#include <stdlib.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int nr;
void *malloc(size_t n) { return ++nr % 1000 ? __libc_malloc(n) : NULL; }
C

so hang <<'C'
#include <stdlib.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static int nr;
void *malloc(size_t n) { while (++nr > 5000) sleep(1); return __libc_malloc(n); }
C

# A library that needs one that is not there: the loader leaves it out.
echo 'int gone;' | so gone
${CC:-cc} -shared -fPIC -x c -o "$TMP/orphan.so" - -x none "$TMP/gone.so" <<'C'
#include <stdlib.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
extern int gone;
void *malloc(size_t n) { return __libc_malloc(n + gone); }
C
rm "$TMP/gone.so"

for pattern in churn cross realloc aligned; do
	tape 60000 3 $pattern || exit 1
done
for tape in every inverted threads; do
	"$B/replayer/tests/make_calls" $tape "$TMP/$tape.tape" || exit 1
done
arms='-a glibc'
for name in jemalloc tcmalloc mimalloc; do
	"$B/heaptape-allocators" --json 2>/dev/null |
		jq -e --arg n $name 'tostring | contains("lib" + $n)' \
			>/dev/null && arms="$arms -a $name"
done
quick='-q -n 1 --idle 1ms'

# --- every call as it was recorded -----------------------------------------

# shellcheck disable=SC2086
check "every kind of call is replayed" replay $quick --passes time \
	--touch first -a "$TMP/count.so,LOG=$TMP/calls" -o "$TMP/every" \
	"$TMP/every.tape"
# Only the last run's calls, from the first malloc of the tape on.
tac "$TMP/calls" | awk '{ print } /^malloc 100 0$/ { exit }' | tac \
	>"$TMP/last"
cat >"$TMP/expected" <<'LIST'
malloc 100 0
malloc 0 0
malloc 41943040 0
calloc 1 200
realloc 0 300
realloc 1 40000
reallocarray 1 500
reallocarray 0 600
aligned_alloc 256 1024
posix_memalign 64 1100
memalign 4096 1200
valloc 1300 0
pvalloc 4096 0
free 0 0
free 0 0
realloc 1 0
free_sized 1 100
free_aligned_sized 256 1024
free 1 0
LIST
check "each call has its own function and arguments" \
	diff "$TMP/expected" "$TMP/last"

# --- tapes on allocators ---------------------------------------------------

for pattern in churn cross realloc aligned; do
	# shellcheck disable=SC2086
	check "$pattern on allocators" replay $quick $arms -a null \
		-o "$TMP/$pattern" "$TMP/$pattern.tape"
	holds "$pattern: all runs are ok" \
		'[.runs[].status] | length > 3 and all(. == "ok")' \
		"$TMP/$pattern/$pattern-r001.json"
done
doc=$TMP/cross/cross-r001.json
holds "time pass" '.runs[] | select(.arm == "glibc" and .pass == "time")
	.metrics | .wall_ns > 0 and .cpu_ns > 0 and .ops > 50000 and
	.ns_per_op > 0 and has("voluntary_switches")' "$doc"
holds "latency pass" '.runs[] | select(.arm == "glibc" and .pass == "latency")
	| .metrics.malloc_p50_ns > 0 and .metrics.free_p99_ns > 0 and
	.metrics.malloc_max_ns >= .metrics.malloc_p99_ns and
	.metrics.timer_floor_ns > 0 and
	(.metrics | has("malloc_p9999_ns") | not) and
	([.histograms[] | select(.size_group == "all" and .op != "touch")
		| .count | add] | add) == .metrics.ops' "$doc"
holds "the touching of blocks is timed apart" '.runs[]
	| select(.arm == "glibc" and .pass == "latency")
	| .metrics.touch_max_ns >= .metrics.touch_p50_ns and
	.metrics.touch_mean_ns > 0 and
	([.histograms[] | select(.size_group == "all") | {(.op): .count | add}]
	| add | .touch > 20000 and .touch <= .malloc + .calloc + .realloc)' \
	"$doc"
holds "a block that is not touched takes no time" '[.runs[]
	| select(.arm == "null") | .metrics | has("touch_max_ns")]
	| all(. == false)' "$doc"
holds "memory pass" '.runs[] | select(.arm == "glibc" and .pass == "memory")
	| .metrics.rss_peak_bytes >= .metrics.live_peak_bytes and
	.metrics.rss_mean_bytes <= .metrics.rss_peak_bytes and
	.metrics.rss_mean_bytes > 0 and .metrics.rss_freed_bytes >= 0 and
	.metrics.floor_rss_bytes > 0 and (.curve.live_bytes | max)
		== .metrics.live_peak_bytes' "$doc"
holds "the null allocator has no memory" '.runs[]
	| select(.arm == "null" and .pass == "memory")
	| .metrics.rss_peak_bytes < 65536' "$doc"
holds "identity, configuration and environment" '
	(.runs[0].path | contains("libc.so")) and .config.pace == "asap" and
	.config.touch == "pages" and .config.prediction != "" and
	.environment.page_size_bytes != "" and .seed != ""' "$doc"
check "no plan stays behind" test ! -e "$TMP/cross/.plans"
for touch in none first all; do
	# shellcheck disable=SC2086
	check "touch policy $touch" replay $quick -a glibc --touch $touch \
		--passes memory -o "$TMP/touch-$touch" "$TMP/realloc.tape"
done

# --- the process's memory ---------------------------------------------------

${CC:-cc} -O1 -x c -o "$TMP/grow" - <<'C'
// Half of its memory never sees malloc; prints its peak RSS in KiB.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
int main(void)
{
	static char *blocks[40000];
	struct rusage u;
	char *map = mmap(NULL, 40 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(map, 1, 40 << 20);
	for (int i = 0; i < 40000; i++)
		memset(blocks[i] = malloc(1000), 1, 1000);
	usleep(100000);
	for (int i = 0; i < 40000; i += 2)
		free(blocks[i]);
	getrusage(RUSAGE_SELF, &u);
	printf("%ld\n", u.ru_maxrss);
	return 0;
}
C
# predicts ARM FOLDER: within 5 % of what the program itself had.
# shellcheck disable=SC2317 # called through check
predicts()
{
	peak=$(jq '.runs[] | select(.arm == "'"$1"'") |
		.metrics.predicted_rss_peak_bytes / 1024' \
		"$TMP/$2/grow-r001.json")
	echo "real $real KiB, predicted $peak KiB"
	awk -v a="$real" -v b="$peak" 'BEGIN { d = b / a - 1
		exit !(d > -0.05 && d < 0.05) }'
}
"$HEAPTAPE" record -q -o "$TMP/grow.tape" -- "$TMP/grow" >"$TMP/peak"
real=$(cat "$TMP/peak")
check "a recorded program" replay -q -n 1 --idle 1ms -a glibc \
	--passes memory -o "$TMP/grow1" "$TMP/grow.tape"
check "its peak is predicted" predicts glibc grow1
holds "and its mean and end, which half of the memory lives to see" \
	'.runs[0].metrics | .predicted_rss_end_bytes > 60000000 and
	.predicted_rss_end_bytes <= 1.01 * .predicted_rss_peak_bytes and
	.predicted_rss_mean_bytes > 40000000 and
	.predicted_rss_mean_bytes < .predicted_rss_peak_bytes' \
	"$TMP/grow1/grow-r001.json"
holds "and drawn" '.recorded.rss_bytes | length > 3 and max > 60000000' \
	"$TMP/grow1/grow-r001.json"
check "without its allocator among the arms" replay -q -n 1 --idle 1ms \
	--passes memory -a "$TMP/count.so" -o "$TMP/grow2" "$TMP/grow.tape"
check "its peak is predicted too" predicts "$TMP/count.so" grow2
holds "by a reference that is no run" '.config.prediction == "glibc" and
	(.runs | length == 1)' "$TMP/grow2/grow-r001.json"

# --- damaged histories and many threads ------------------------------------

# shellcheck disable=SC2086
check "an inverted history does not hang" replay $quick -v $arms \
	-o "$TMP/inverted" "$TMP/inverted.tape"
holds "its repairs are counted" '.runs[0].metrics
	| .repaired_ops > 0 and .skipped_ops > 0' \
	"$TMP/inverted/inverted-r001.json"
# shellcheck disable=SC2086
check "300 threads that come and go" replay $quick $arms --passes time,memory \
	-o "$TMP/threads" "$TMP/threads.tape"
holds "nothing of them is lost" '[.runs[]] | all(.status == "ok" and
	.metrics.ops == 119800 and .metrics.skipped_ops == 0)' \
	"$TMP/threads/threads-r001.json"

so leaves <<'C'
// Each thread has 8 MiB, which its exit gives back after a while.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
void *__libc_malloc(size_t); void __libc_free(void *);
void free(void *p) { __libc_free(p); }
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread int known;
static void leave(void *p) { usleep(20000); munmap(p, 8 << 20); }
static void init(void) { pthread_key_create(&key, leave); }
void *malloc(size_t n)
{
	if (!known++) {
		void *p = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pthread_once(&once, init);
		pthread_setspecific(key, memset(p, 1, 8 << 20));
	}
	return __libc_malloc(n);
}
C
# shellcheck disable=SC2086
check "threads that take a while to exit" replay $quick --passes memory \
	-a "$TMP/leaves.so" -o "$TMP/leaves" "$TMP/cross.tape"
holds "are gone when the end is measured" '.runs[0].metrics
	| .rss_end_bytes < 16000000 and .rss_peak_bytes > 20000000' \
	"$TMP/leaves/cross-r001.json"

# --- arms that fail --------------------------------------------------------

# shellcheck disable=SC2086
exits 4 "an allocator that aborts" replay $quick -a glibc -a "$TMP/crash.so" \
	-o "$TMP/crash" "$TMP/churn.tape"
holds "is told by signal and last words; the others are measured" '
	([.runs[] | select(.arm == "glibc") | .status] | all(. == "ok")) and
	([.runs[] | select(.arm != "glibc")] | length == 5 and
	all(.status == "crashed" and (.metrics | length) == 0 and
	(.message | contains("SIGABRT during the replay: heap is broken"))))' \
	"$TMP/crash/churn-r001.json"
# shellcheck disable=SC2086
exits 4 "an allocator that returns NULL" replay $quick --passes time \
	-a "$TMP/null.so" -o "$TMP/null" "$TMP/churn.tape"
holds "is told by count" '.runs[0] | .status == "failed" and
	(.message | test("^[0-9]+ calls returned NULL"))' \
	"$TMP/null/churn-r001.json"
# shellcheck disable=SC2086
exits 4 "an allocator that hangs" replay $quick --passes time --timeout 1s \
	-a "$TMP/hang.so" -o "$TMP/hang" "$TMP/churn.tape"
holds "is ended" '.runs[0].status == "timeout"' "$TMP/hang/churn-r001.json"
# shellcheck disable=SC2086
exits 4 "a library that the loader leaves out" replay $quick --passes time \
	-a "$TMP/orphan.so" -o "$TMP/orphan" "$TMP/churn.tape"
holds "is not measured as glibc" '.runs[0] | .status == "missing" and
	(.message | contains("cannot be preloaded"))' \
	"$TMP/orphan/churn-r001.json"
echo 'no library' >"$TMP/text.so"
exits 5 "a text file as an allocator" replay -a "$TMP/text.so" \
	-o "$TMP/text" "$TMP/churn.tape"
matches "is told before anything runs" 'text.so' "$TMP/err"
exits 2 "an unknown allocator" replay -a nomalloc -o "$TMP/x" "$TMP/churn.tape"
matches "the message names it" 'nomalloc' "$TMP/err"
check "and no folder is made" test ! -e "$TMP/x"

# --- bad input -------------------------------------------------------------

exits 2 "a missing tape" replay -a glibc -o "$TMP/x" "$TMP/absent.tape"
matches "is named" 'absent.tape' "$TMP/err"
head -c 3000 "$TMP/every.tape" | tr 'a-m' 'n-z' >"$TMP/corrupt.tape"
exits 4 "a corrupt tape" replay -a glibc -o "$TMP/x" "$TMP/corrupt.tape"
exits 2 "no tape" replay -a glibc
exits 2 "an unknown pass" replay --passes speed "$TMP/churn.tape"
exits 2 "an unknown touch policy" replay --touch some "$TMP/churn.tape"
exits 2 "no rounds" replay -n 0 "$TMP/churn.tape"
: >"$TMP/file"
exits 5 "a folder that cannot be made" replay -a glibc -o "$TMP/file/run" \
	"$TMP/churn.tape"

# --- a campaign goes on where it stopped ------------------------------------

one="-n 2 --idle 1ms --passes time -a glibc -o $TMP/again"
# shellcheck disable=SC2086
check "two rounds" replay -q $one "$TMP/churn.tape"
rm "$TMP/again/churn-r002.json"
before=$(stat -c %Y.%i "$TMP/again/churn-r001.json")
# shellcheck disable=SC2086
check "a missing round is made good" replay $one "$TMP/churn.tape"
matches "and the others are skipped" '1 of 2 rounds' "$TMP/err"
check "they are not touched" test "$before" = \
	"$(stat -c %Y.%i "$TMP/again/churn-r001.json")"
# shellcheck disable=SC2086
exits 2 "another campaign is refused" replay -q $one --touch all \
	"$TMP/churn.tape"
matches "the message says why" "touch is 'pages'" "$TMP/err"
# shellcheck disable=SC2086
check "-f replaces it" replay -q -f $one --touch all "$TMP/churn.tape"
holds "by the new one" '.config.touch == "all"' "$TMP/again/churn-r001.json"

check "the tape by another path" replay -q -n 3 --idle 1ms --passes time \
	-a glibc --touch all -o "$TMP/again" "$TMP/../${TMP##*/}/churn.tape"
check "keeps its name" test "$(jq -r .tape "$TMP/again/churn-r001.json")" = \
	"$(jq -r .tape "$TMP/again/churn-r003.json")"
mkdir "$TMP/other"
cp "$TMP/cross.tape" "$TMP/other/churn.tape"
# shellcheck disable=SC2086
exits 2 "another tape of that name is refused" replay -q $one --touch all \
	"$TMP/other/churn.tape"
matches "with its name" 'churn had another content' "$TMP/err"
# shellcheck disable=SC2086
exits 4 "failures of before still count" replay $quick -a glibc \
	-a "$TMP/crash.so" -o "$TMP/crash" "$TMP/churn.tape"

# long FOLDER: start a campaign that takes a while; sets $pid.
long()
{
	"$B/heaptape" replay -n 50 --idle 1ms -a glibc -o "$1" \
		"$TMP/churn.tape" >/dev/null 2>"$TMP/words" &
	pid=$!
}

# Wait for a file; then keep the ids of the driver's workers.
workers_when()
{
	for _ in $(seq 200); do
		[ -e "$1" ] && break
		sleep 0.05
	done
	pgrep -P $pid >"$TMP/workers"
}

# Whether a worker that was seen still runs.
workers_live()
{
	sleep 0.2
	while read -r worker; do
		# A zombie that nobody has fetched yet does not count.
		ps -o stat= -p "$worker" | grep -q '^[^Z]' && return 0
	done <"$TMP/workers"
	return 1
}

tape 2000000 2 churn
long "$TMP/stop"
workers_when "$TMP/stop/churn-r001.json"
exits 5 "a second campaign in the folder" replay -n 50 --idle 1ms -a glibc \
	-o "$TMP/stop" "$TMP/churn.tape"
matches "is told to wait" 'another heaptape replay works in' "$TMP/err"
kill -INT $pid
wait $pid
check "SIGINT ends a campaign with 130" test $? -eq 130
matches "it tells how to go on" 'run the same command again' "$TMP/words"
holds "what is complete stays" '.round == 1' "$TMP/stop/churn-r001.json"
workers_live
check "no worker outlives it" test $? -eq 1
long "$TMP/ended"
workers_when "$TMP/ended/churn-r001.json"
kill -TERM $pid
wait $pid
check "SIGTERM ends one with 143" test $? -eq 143
long "$TMP/killed"
workers_when "$TMP/killed/churn-r001.json"
kill -KILL $pid
wait $pid 2>/dev/null
workers_live
check "nor a driver that is killed" test $? -eq 1

mkdir "$TMP/table"
echo '{}' >"$TMP/table/notes.json"
check "a table at the end" replay -n 1 --idle 1ms --passes latency -a glibc \
	-o "$TMP/table" "$TMP/realloc.tape"
matches "has the calls of the tape" 'realloc.tape .*realloc p99' "$TMP/out"
# shellcheck disable=SC2086
check "--json" replay $quick --passes time -a glibc --json -o "$TMP/json" \
	"$TMP/every.tape"
cp "$TMP/out" "$TMP/summary"
check "prints one document" jq -e '.documents == 1 and .failed == 0' \
	"$TMP/summary"
finish
