#!/bin/sh
# SPDX-License-Identifier: MIT
# Servers answer the same with and without the recorder: workers, snapshots
# by forked children, threads, an end by signal.
# shellcheck disable=SC2317 # clients are called through compare
# shellcheck disable=SC2086 # the port is a number
. scripts/tap.sh
. recorder/tests/compare.inc

port=$((20000 + $$ % 20000))
base=$TMP/servers
mkdir "$base"
as=

# serve HOW COMMAND...: start it in $base/run, plain or recorded, by the words
# in $as.
serve()
{
	how=$1
	shift
	rm -rf "$base/run" "$TMP"/tapes/*
	mkdir -m 777 "$base/run"
	cd "$base/run" || exit
	# shellcheck disable=SC2086 # lists of words
	if [ "$how" = plain ]; then
		$as "$@" >"../$how.log" 2>&1 </dev/null &
	else
		$as "$HEAPTAPE" record -q ${RECORD_OPTIONS-} -f -o "$tape" \
			"$@" >"../$how.log" 2>&1 </dev/null &
	fi
	server=$!
	cd - >/dev/null || exit
}

# Wait until a command succeeds.
until_ok()
{
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

# Wait for the server; one that does not end is ended.
await()
{
	for _ in $(seq 100); do
		# A child that nobody has waited for is a zombie.
		case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
		'' | Z) break ;;
		*) sleep 0.1 ;;
		esac
	done
	pkill -9 -P "$1"
	kill -9 "$1" 2>/dev/null
	wait "$1"
}

# both "what" MIN: the two runs left $base/plain.out and recorded.out.
both()
{
	check "$1: the same answers" cmp "$base/plain.out" "$base/recorded.out"
	check "$1: there are some" test -s "$base/recorded.out"
	check "$1: exit status $plain" test "$plain" -eq "$recorded"
	sound "$1" "$2"
}

# Run CLIENT (a function that talks to the server and ends it) both ways.
compare()
{
	client=$1
	shift
	for how in plain recorded; do
		serve $how "$@"
		$client >"$base/$how.out" 2>&1
		await "$server"
		eval "$how=\$?"
	done
}

# Wait until no child writes a snapshot or a log.
redis_quiet()
{
	while redis-cli -p $port info persistence |
		grep -qE '(in_progress|rewrite_scheduled):1'; do
		sleep 0.05
	done
}

redis_client()
{
	until_ok redis-cli -p $port ping || echo "it does not answer"
	seq 1 5000 | awk '{ print "SET key:" $1, "value" $1 * 7 }
		$1 % 10 == 0 { print "LPUSH list", $1 }
		$1 % 50 == 0 { print "DEL key:" $1 / 2 }' |
		redis-cli -p $port | sort | uniq -c
	redis-cli -p $port bgsave >/dev/null
	seq 1 2000 | sed 's/.*/INCR counter/' | redis-cli -p $port | tail -n 1
	redis_quiet
	redis-cli -p $port config set appendonly yes
	redis_quiet
	redis-cli -p $port bgrewriteaof
	redis_quiet
	redis-cli -p $port --raw info persistence | grep -E '^rdb_last_bgsave_st'
	redis-cli -p $port debug digest
	redis-cli -p $port lrange list 0 20
	redis-cli -p $port shutdown save
	# What it wrote is what it held, by its own checker.
	redis-check-rdb "$base/run/dump.rdb" |
		grep -oE '[0-9]+ (keys read|expires)|RDB looks OK'
}

if have redis-server redis-cli redis-check-rdb; then
	compare redis_client redis-server --port $port --save 100000 1 \
		--enable-debug-command yes --dir .
	both "redis-server, its snapshots and rewrites" 10000
fi

memcached_client()
{
	python3 - $port <<-'END'
		import socket, sys, time
		for _ in range(100):
		    try:
		        s = socket.create_connection(("127.0.0.1",
		                                      int(sys.argv[1])))
		        break
		    except OSError:
		        time.sleep(0.1)
		f = s.makefile("rwb")
		for i in range(3000):
		    v = b"v" * (i * 37 % 5000)
		    f.write(b"set k%d 0 0 %d\r\n%s\r\n" % (i, len(v), v))
		f.flush()
		print(sum(f.readline() == b"STORED\r\n" for i in range(3000)))
		for i in range(0, 3000, 7):
		    f.write(b"get k%d\r\n" % i)
		f.write(b"quit\r\n")
		f.flush()
		print(f.read().decode())
	END
	kill -INT "$server"
}

if have memcached; then
	compare memcached_client memcached -u "$(id -un)" -p $port -U 0 -t 4 \
		-l 127.0.0.1
	both "memcached on four threads" 100
fi

nginx_client()
{
	until_ok curl -sf http://127.0.0.1:$port/ || echo "it does not answer"
	for i in 1 2 3 4 5 6 7 8; do
		curl -s "http://127.0.0.1:$port/lines?$i" | md5sum
	done
	curl -s --compressed http://127.0.0.1:$port/lines | md5sum
	curl -s -r 100-199 http://127.0.0.1:$port/lines
	curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:$port/none
	# New workers by a reload; the others end.
	kill -HUP "$(cat "$base/run/pid")"
	sleep 0.3
	curl -s http://127.0.0.1:$port/
	# What it logs, whoever of the workers did.
	kill -QUIT "$(cat "$base/run/pid")"
	until_ok test ! -e "$base/run/pid"
	grep -c 'GET' "$base/run/access"
	grep -oE '\[(emerg|alert|crit|error)\].*' "$base/run/error" |
		sed 's/ [0-9#]*: \*[0-9]*//' | sort
}

nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
if [ "$nginx" ] && command -v curl >/dev/null; then
	mkdir "$base/html"
	chmod 755 "$TMP" "$base" "$base/html"
	echo hello >"$base/html/index.html"
	seq 1 50000 >"$base/html/lines"
	cat >"$base/nginx.conf" <<-END
		daemon off;
		worker_processes 3;
		pid $base/run/pid;
		error_log $base/run/error;
		events { worker_connections 64; }
		http {
			access_log $base/run/access;
			gzip on;
			gzip_types *;
			client_body_temp_path $base/run/body;
			proxy_temp_path $base/run/proxy;
			fastcgi_temp_path $base/run/fastcgi;
			uwsgi_temp_path $base/run/uwsgi;
			scgi_temp_path $base/run/scgi;
			server { listen 127.0.0.1:$port; root $base/html; }
		}
	END
	compare nginx_client "$nginx" -e "$base/run/error" -p "$base/run" \
		-c "$base/nginx.conf"
	both "nginx and its workers" 100
else
	skip nginx "nginx or curl is not installed"
fi

postgres_client()
{
	until_ok psql -h "$base/run" -p $port -U postgres -c 'select 1' ||
		echo "it does not answer"
	psql -h "$base/run" -p $port -U postgres -X -q <<-'END'
		create table t as select i, md5(i::text) as m
			from generate_series(1, 20000) i;
		create index on t(m);
		set max_parallel_workers_per_gather = 2;
		set parallel_setup_cost = 0;
		set min_parallel_table_scan_size = 0;
		select count(*), sum(length(m)), max(m) from t where i % 3 = 1;
		vacuum analyze t;
		select 1 / 0;
		do $$ begin raise notice 'words'; end $$;
		drop table t;
	END
	kill -INT "$server"
}

bin=$(for each in /usr/lib/postgresql/*/bin; do echo "$each"; done | tail -n 1)
if [ -x "$bin/initdb" ] && [ "$(id -u)" -eq 0 ] && id -u postgres >/dev/null 2>&1
then
	# The server and its recorder run as that user.
	as="setpriv --reuid postgres --regid postgres --clear-groups"
	chmod 755 "$TMP" "$base"
	chmod 777 "$TMP/tapes"
	mkdir -m 777 "$base/db"
	# shellcheck disable=SC2086 # a list of words
	if (cd / && $as "$bin/initdb" -D "$base/db/data" -N \
		--no-instructions -A trust) >"$base/initdb.log" 2>&1; then
		compare postgres_client "$bin/postgres" -D "$base/db/data" \
			-p $port -k "$base/run" -c listen_addresses= \
			-c fsync=off
		both "postgres and its workers" 1000
	else
		skip postgres "initdb failed"
	fi
else
	skip postgres "not installed, or no right to be its user"
fi
finish
