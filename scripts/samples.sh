#!/bin/sh
# SPDX-License-Identifier: MIT
# Record the small tapes of traces/samples/ anew: five programs, each with a
# heap traffic of its own kind. Replaces the tapes that are there.
# usage: B=build scripts/samples.sh
set -eu

heaptape=$(cd "${B:-build}" && pwd)/heaptape
out=${OUT:-traces/samples}
port=${PORT:-7791}

record()
{
	name=$1
	shift
	"$heaptape" record -f -o "$out/$name.tape" -- "$@" >/dev/null
}

# One thread; an index, deletes and groups: few sizes, some large reallocs.
record sqlite-orders sqlite3 :memory: <<'SQL'
create table orders(id integer primary key, who text, cents int);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into orders select i, hex(randomblob(8 + i % 64)), i * 37 % 10007 from n;
create index who on orders(who);
delete from orders where cents % 3 = 0;
select count(*), sum(cents) from orders;
select count(*) from (select sum(cents) from orders group by substr(who, 1, 3));
SQL

# One thread; small tables and strings that a collector frees in bursts.
record lua-tables lua5.4 - <<'LUA'
local t = {}
for i = 1, 60000 do
	t[(i * 7919) % 5000 + 1] = { i, tostring(i), { i } }
end
print(#t)
LUA

# Five threads; documents of many small objects, some freed by others.
PYTHONMALLOC=malloc record python-threads /usr/bin/python3 - <<'PY'
import json
import threading
documents = [{"k%d" % i: [i * 0.5] * 5, "s": "x" * (i % 200)}
             for i in range(1500)]


def work():
    for _ in range(2):
        json.loads(json.dumps(documents))


threads = [threading.Thread(target=work) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(len(documents))
PY

# One thread; strings in hashes of lists, growing arrays.
record perl-words perl - <<'PERL'
my %words;
for my $i (1 .. 30000) {
	push @{$words{($i * 7919) % 997}}, "w$i";
	delete $words{$i % 997} if $i % 11 == 0;
}
print scalar(keys %words), "\n";
PERL

# A server over jemalloc: network buffers beside a growing set of keys.
record redis-set redis-server --port "$port" --save '' --appendonly no &
trap 'redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || :' EXIT INT TERM
for _ in $(seq 100); do
	redis-cli -p "$port" ping >/dev/null 2>&1 && break
	sleep 0.1
done
redis-benchmark -p "$port" -t set,lpush -n 20000 -r 5000 -d 100 -P 16 -q \
	>/dev/null
redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || :
trap - EXIT
wait
