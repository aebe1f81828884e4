#!/bin/sh
# SPDX-License-Identifier: MIT
# Real programs give the same output with arena preloaded as without it.
. scripts/tap.sh

library=$B/libarena.so

# same NAME COMMAND...: run as a shell command with and without arena
same()
{
	what=$1
	shift
	if ! command -v "$1" >/dev/null 2>&1; then
		skip "$what" "$1 is not installed"
		return
	fi
	(cd "$TMP" && "$@") <"${input:-/dev/null}" >"$TMP/want" 2>&1
	want=$?
	(cd "$TMP" && LD_PRELOAD=$library "$@") <"${input:-/dev/null}" \
		>"$TMP/out" 2>&1
	[ $? -eq $want ] && cmp "$TMP/want" "$TMP/out" >"$TMP/err" 2>&1
	tap_result $? "$what"
}

cat >"$TMP/table.sql" <<'END'
create table t(a integer primary key, b text);
with recursive n(i) as (select 1 union all select i+1 from n where i<40000)
  insert into t select i, printf('%0*d', 20 + i % 300, i * 7919 % 65537) from n;
create index ib on t(b);
select count(*), sum(length(b)) from t where b like '%77%';
delete from t where a % 3 = 0;
select b, count(*) from t group by substr(b, -3) order by 1 limit 20;
END
input=$TMP/table.sql
same "sqlite3: tables, index, groups" sqlite3 :memory:
input=

same "lua: tables and strings" lua5.4 -e '
	local t = {}
	for i = 1, 300000 do t[i * 7919 % 20000 + 1] = {i, tostring(i)} end
	local n = 0
	for _, v in pairs(t) do n = n + v[1] + #v[2] end
	print(#t, n)'

cat >"$TMP/documents.py" <<'END'
import hashlib, json, threading
def work(seed, out):
    d = [{"k%d" % (i * seed): "x" * (i % 700), "n": list(range(i % 40))}
         for i in range(6000)]
    s = json.dumps(d)
    out[seed] = hashlib.sha1(json.dumps(json.loads(s)).encode()).hexdigest()
out = {}
threads = [threading.Thread(target=work, args=(k, out)) for k in (1, 2, 3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(out.items()))
END
PYTHONMALLOC=malloc
export PYTHONMALLOC
same "python3: documents in threads" python3 documents.py
same "python3: child processes" python3 -c '
import subprocess, multiprocessing
print(subprocess.check_output(["echo", "a child"]))
with multiprocessing.Pool(2) as p: print(p.map(abs, range(-50, 50)))'

# shellcheck disable=SC2016 # a Perl program
same "perl: hashes and patterns" perl -e '
	my %h;
	for my $i (1 .. 100000) { $h{"k" . $i % 7001} .= chr(65 + $i % 26) }
	my $n = 0;
	for (sort keys %h) { $n += length($h{$_}) * (/7/ ? 2 : 1) }
	print "$n ", scalar(keys %h), "\n"'

awk 'BEGIN { for (i = 0; i < 200000; i++) print i * 7919 % 100003, i }' \
	>"$TMP/lines"
same "sort: two threads" sort --parallel=2 -S 4M lines
head=$(git rev-parse HEAD 2>/dev/null)
same "git: log and diff of this repository" \
	git -C "$PWD" log --stat -n 20 "$head"
same "tar and its compressor" tar -czf - --mtime=@0 lines

check "200 MB of address space are enough to sort" \
	prlimit --as=200000000 env LD_PRELOAD="$library" \
	sort -S 4M --parallel=2 -o "$TMP/sorted" "$TMP/lines"
cat >"$TMP/greedy.py" <<'END'
kept = []
try:
    while True: kept.append(b"x" * (1000 + len(kept) % 100000))
except MemoryError:
    n = len(kept)
    kept = None
kept = [b"y" * 100000 for i in range(1000)]
print("enough" if n > 1000 else n, len(kept))
END
check "300 MB of address space run out, and are used again" \
	prlimit --as=300000000 env LD_PRELOAD="$library" \
	python3 "$TMP/greedy.py"
matches "after a good part of them was used" '^enough 1000$' "$TMP/out"

cat >"$TMP/program.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct node { struct node *l, *r; int v; };
static struct node *add(struct node *n, int v)
{
	if (!n) { n = calloc(1, sizeof(*n)); n->v = v; return n; }
	if (v < n->v) n->l = add(n->l, v); else n->r = add(n->r, v);
	return n;
}
int main(void)
{
	struct node *n = NULL;
	for (int i = 0; i < 1000; i++) n = add(n, i * 37 % 1009);
	printf("%d\n", n->v);
	return 0;
}
END
same "gcc: assembly of a program" gcc -O2 -g -S -o - program.c

cat >"$TMP/program.cc" <<'END'
#include <iostream>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>
struct alignas(256) wide { char c[256]; };
int main()
{
	std::map<std::string, std::vector<int>> m;
	for (int i = 0; i < 50000; i++) m[std::to_string(i % 999)].push_back(i);
	std::thread t([&] { m.erase("7"); });
	t.join();
	wide *w = new wide[3];
	std::cout << m.size() << ' ' << (long)w % 256 << '\n';
	delete[] w;
	try {
		std::cout << (void *)new char[(size_t)1 << 62];
	} catch (const std::bad_alloc &e) {
		std::cout << "caught " << e.what() << '\n';
	}
	std::cout << (new (std::nothrow) char[(size_t)1 << 62] == nullptr);
}
END
if g++ -O1 -pthread -Wno-all -w -o "$TMP/program" "$TMP/program.cc" \
	>"$TMP/out" 2>"$TMP/err"; then
	same "C++: containers, aligned new, bad_alloc" "$TMP/program"
else
	skip "C++: containers, aligned new, bad_alloc" "no C++ compiler"
fi

start_redis()
{
	LD_PRELOAD=$library redis-server --port "$port" --save "" \
		--appendonly no --dir "$TMP" >"$TMP/redis.log" 2>&1 &
	pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		redis-cli -p "$port" ping >/dev/null 2>&1 && break
		sleep 0.2
	done
}

use_redis()
{
	redis-cli -p "$port" bgsave >/dev/null 2>&1
	sleep 0.5
	redis-cli -p "$port" info all >"$TMP/info" 2>&1
	redis-cli -p "$port" memory malloc-stats >"$TMP/stats" 2>&1
	redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
}

# number NAME: its value in redis' INFO
number()
{
	sed -n "s/^$1:\([0-9]*\).*/\1/p" "$TMP/info"
}

if command -v redis-server >/dev/null 2>&1 &&
	command -v redis-benchmark >/dev/null 2>&1; then
	port=$((20000 + $$ % 20000))
	start_redis
	check "redis-server: serves" \
		redis-benchmark -p "$port" -t set,lpush,lrange_100 \
		-n 20000 -r 5000 -d 200 -P 16 -q
	use_redis
	check "redis-server: ends in order" wait "$pid"
	matches "redis-server: the child could save" \
		'^rdb_last_bgsave_status:ok' "$TMP/info"
	used=$(number used_memory)
	held=$(number allocator_allocated)
	resident=$(number allocator_resident)
	check "redis-server: INFO memory adds up ($used $held $resident)" \
		test "$((used * 9 / 10))" -lt "$held" -a \
		"$held" -le "$resident" -a "$resident" -lt "$((used * 3))"
	matches "redis-server: statistics are arena's" '^arena 1' "$TMP/stats"
else
	skip "redis-server" "redis is not installed"
fi
finish
