#!/bin/sh
# SPDX-License-Identifier: MIT
# Real programs do the same with and without the recorder: output, words,
# exit status. And their tapes are sound, whatever allocator is underneath.
. scripts/tap.sh

tape=$TMP/p.tape

same()
{
	what=$1
	shift
	command -v "$1" >/dev/null || {
		skip "$what" "$1 is not installed"
		return
	}
	"$@" >"$TMP/plain.out" 2>"$TMP/plain.err" </dev/null
	plain=$?
	"$HEAPTAPE" record -q -f -o "$tape" "$@" \
		>"$TMP/rec.out" 2>"$TMP/rec.err" </dev/null
	recorded=$?
	check "$what: exit status $plain" test $recorded -eq $plain
	check "$what: output" cmp "$TMP/plain.out" "$TMP/rec.out"
	check "$what: words" cmp "$TMP/plain.err" "$TMP/rec.err"
	check "$what: tape" "$HEAPTAPE" check "$tape"
}

same sqlite3 sqlite3 :memory: 'create table t(a integer primary key, b);
	with recursive n(i) as (select 1 union all select i+1 from n
	where i<20000) insert into t select i, hex(i) from n;
	create index x on t(b); select count(*), sum(length(b)) from t;'
same lua lua5.4 -e 'local t = {} for i = 1, 100000 do t[i] = tostring(i) end
	print(#t) error("words")'
same python python3 -c 'import subprocess, threading
def work(): return [bytearray(i) for i in range(3000)]
ts = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]
print(subprocess.run(["echo", "child"], capture_output=True).stdout)
raise SystemExit(3)'
# shellcheck disable=SC2016  # the program is perl
same perl perl -e 'my @a = map { "x" x $_ } 1 .. 1000; print scalar(@a);
	my $p = fork(); exit 3 unless $p; wait; print $? >> 8; warn "words"'
same gcc gcc -O2 -S -o - -x c scripts/tests/../../recorder/tests/rec_calls.c
same sort sort -r --parallel=2 -S 1M Makefile
same xz xz -T2 -kc Makefile
same git git log -p -3 --stat
same sh sh -c 'seq 1000 | grep 7 | wc -l; exit 9'

check "an LD_PRELOAD that is there already" sh -c "
	LD_PRELOAD=libm.so.6 '$HEAPTAPE' record -q -f -o '$tape' \\
		sh -c 'echo \"\$LD_PRELOAD\"' | grep -q 'heaptape.so:libm.so.6\$'"

# Run something under the recorder with another library behind ours; the
# recorder itself, which may be sanitized, is left alone.
# shellcheck disable=SC2317 # called through check
over()
{
	behind=$1
	shift
	"$HEAPTAPE" record -q -f -o "$tape" sh -c \
		"LD_PRELOAD=\$LD_PRELOAD:$behind exec \"\$@\"" sh "$@"
}

# Allocators underneath, preloaded behind us.
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	if ! LD_PRELOAD=$library sh -c : 2>"$TMP/e" || [ -s "$TMP/e" ]; then
		skip "over $library" "not installed"
		continue
	fi
	check "over $library" over "$library" \
		"$B/recorder/tests/rec_threads" long 8 1000
	"$HEAPTAPE" info --json "$tape" >"$TMP/info"
	matches "$library serves malloc" \
		"\"allocator\": \".*${library%.so*}" "$TMP/info"
	matches "$library: no free is unknown" '"unknown_frees": 0,' "$TMP/info"
done

cat >"$TMP/new.cc" <<'END'
#include <cstdio>
#include <new>
#include <stdexcept>
struct alignas(256) wide { char c[7168]; };
int main()
{
	for (int i = 0; i < 3; i++) {
		delete[] new char[7001];
		delete new wide;
	}
	volatile size_t huge = ~(size_t)0 / 2;
	try {
		delete[] new char[huge];
	} catch (const std::bad_alloc &) {
		puts("caught");
	}
	return new (std::nothrow) char[huge - 1] != nullptr;
}
END
if command -v c++ >/dev/null; then
	check "a C++ program" c++ -std=c++17 -w -o "$TMP/new" "$TMP/new.cc"
	for library in '' libjemalloc.so.2 libtcmalloc_minimal.so.4; do
		check "operator new and delete over ${library:-libc}" \
			over "$library" "$TMP/new"
		matches "exceptions pass through us" caught "$TMP/out"
		"$HEAPTAPE" dump "$tape" >"$TMP/dump"
		check "three blocks, told once" \
			test "$(grep -cF '(7001)' "$TMP/dump")" -eq 3
		check "three aligned blocks, told once" test \
			"$(grep -cE 'align 256, 7168\) = ' "$TMP/dump")" -eq 3
		"$HEAPTAPE" info --json "$tape" >"$TMP/info"
		matches "no free is told twice" '"unknown_frees": 0,' \
			"$TMP/info"
	done
else
	skip "operator new and delete" "no C++ compiler"
fi

if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null
then
	port=$((20000 + $$ % 20000))
	"$HEAPTAPE" record -q -f -o "$tape" redis-server --port $port \
		--save '' --appendonly no >"$TMP/redis.out" 2>&1 &
	server=$!
	for _ in $(seq 100); do
		redis-cli -p $port ping >/dev/null 2>&1 && break
		sleep 0.1
	done
	check "redis-server serves" redis-benchmark -p $port -t set,lpush \
		-n 20000 -r 10000 -d 120 -P 16 -c 10 -q
	redis-cli -p $port shutdown nosave >/dev/null 2>&1
	wait $server
	check "redis-server ends well" test $? -eq 0
	check "redis-server: tape" "$HEAPTAPE" check "$tape"
	"$HEAPTAPE" info --json "$tape" >"$TMP/info"
	matches "redis-server: jemalloc underneath" jemalloc "$TMP/info"
else
	skip redis-server "not installed"
fi
finish
