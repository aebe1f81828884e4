#!/bin/sh
# SPDX-License-Identifier: MIT
# Real families of processes with all children recorded: one tape for each,
# every one sound, and one that replays.
. scripts/tap.sh
. recorder/tests/compare.inc

RECORD_OPTIONS="-q --follow=all ${RECORD_OPTIONS-}"
port=$((20000 + $$ % 20000))

nr_tapes()
{
	find "$TMP/tapes" -name '*.tape' | wc -l
}

# Every tape is the beginning of a replay.
# shellcheck disable=SC2317 # called through check
all_replay()
{
	for each in "$TMP"/tapes/*; do
		[ "$(field events "$each")" -gt 0 ] || continue
		"$HEAPTAPE" replay -q -a glibc -n 1 --passes=time --idle=0 \
			--touch=none -f -o "$TMP/replay" "$each" || return 1
	done
}

# family "what" TAPES MIN
family()
{
	check "$1: $2 tapes" test "$(nr_tapes)" -eq "$2"
	sound "$1" "$3"
	check "$1: all replay" all_replay
}

cat >"$TMP/pool.py" <<'END'
import multiprocessing as mp, os, subprocess, sys

def work(n):
    return len([bytearray(i) for i in range(n)])

if __name__ == "__main__":
    with mp.get_context("fork").Pool(3) as pool:
        print(sum(pool.map(work, [1000] * 6, 1)))
        pool.close()
        pool.join()
    subprocess.run([sys.executable, "-c", "print(len([str(i) for i in range(999)]))"])
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], os.environ)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
if have python3; then
	python=$(python3 -c 'import sys; print(sys.executable)')
	PYTHONMALLOC=malloc
	export PYTHONMALLOC
	check "python, its pool and programs" record "$python" "$TMP/pool.py"
	matches "python: it worked" '^6000$' "$TMP/out"
	family "python, its pool and programs" 6 10000
fi

# A daemon that forks twice and makes its own session; its parents are gone.
cat >"$TMP/daemon.py" <<'END'
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.chdir("/")
os.closerange(0, 100)
keep = [bytearray(i) for i in range(2000)]
time.sleep(0.3)
keep += [bytearray(i) for i in range(2000)]
open(sys.argv[1], "w").write("done")
os.kill(os.getpid(), 9)
END
if have python3; then
	check "a daemon that forks twice" record "$python" "$TMP/daemon.py" \
		"$TMP/done"
	check "the recorder stays until it is over" test -s "$TMP/done"
	family "a daemon that forks twice" 3 1000
	for each in "$TMP"/tapes/*; do
		"$HEAPTAPE" info --json "$each"
	done >"$TMP/info"
	matches "its tape tells how it ended" '"reason": "signal 9' "$TMP/info"
fi

nginx=$(PATH=$PATH:/usr/sbin command -v nginx)
if [ "$nginx" ] && command -v curl >/dev/null; then
	chmod 755 "$TMP"
	mkdir "$TMP/www"
	seq 1 20000 >"$TMP/www/lines"
	cat >"$TMP/nginx.conf" <<-END
		worker_processes 3;
		pid $TMP/pid;
		error_log $TMP/error;
		events { worker_connections 64; }
		http {
			access_log off;
			client_body_temp_path $TMP/body;
			proxy_temp_path $TMP/proxy;
			fastcgi_temp_path $TMP/fastcgi;
			uwsgi_temp_path $TMP/uwsgi;
			scgi_temp_path $TMP/scgi;
			server { listen 127.0.0.1:$port; root $TMP/www; }
		}
	END
	# As a daemon: master and workers outlive the process that we started.
	rm -f "$TMP"/tapes/*
	# shellcheck disable=SC2086 # a list of options
	"$HEAPTAPE" record $RECORD_OPTIONS -f -o "$tape" "$nginx" \
		-e "$TMP/error" -p "$TMP" -c "$TMP/nginx.conf" \
		>"$TMP/nginx.out" 2>&1 &
	recorder=$!
	for _ in $(seq 100); do
		curl -sf "http://127.0.0.1:$port/lines" >"$TMP/got" && break
		sleep 0.1
	done
	check "nginx as a daemon answers" cmp "$TMP/got" "$TMP/www/lines"
	for _ in 1 2 3 4 5 6; do
		curl -s "http://127.0.0.1:$port/lines" >/dev/null
	done
	[ -s "$TMP/pid" ] && kill -QUIT "$(cat "$TMP/pid")"
	wait $recorder
	check "nginx: exit status" test $? -eq 0
	# The first process, the master, three workers.
	family nginx 5 100
else
	skip nginx "nginx or curl is not installed"
fi

# A shell, its pipes and all that it starts.
# shellcheck disable=SC2016 # this is for sh -c
check "a pipeline" record sh -c 'seq 1000 | sort -rn | head -n 1; (exit 3);
	echo "$(printf %s sub)"'
check "a pipeline: the output" test "$(cat "$TMP/out")" = "1000
sub"
sound "a pipeline" 1
check "a pipeline: all replay" all_replay
finish
