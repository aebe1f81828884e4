#!/bin/sh
# SPDX-License-Identifier: MIT
# What a program inherits and what its parent sees of it is the same with and
# without the recorder, but for two variables of the environment.
. scripts/tap.sh
. recorder/tests/compare.inc

T=$B/recorder/tests
RECORD_OPTIONS="-q ${RECORD_OPTIONS-}"

# inherits "what" SHELL-COMMAND: all that the program "$@" of that command is
# given is the same either way.
inherits()
{
	sh -c "$2" sh "$T/rec_state" a 'b c' '' \
		>"$TMP/plain.out" 2>"$TMP/plain.err" </dev/null
	rm -f "$TMP"/tapes/*
	# shellcheck disable=SC2086 # a list of options
	sh -c "$2" sh "$HEAPTAPE" record ${RECORD_OPTIONS-} -f -o "$tape" \
		"$T/rec_state" a 'b c' '' \
		>"$TMP/run.out" 2>"$TMP/run.err" </dev/null
	grep -vE '^environment: (LD_PRELOAD|HEAPTAPE_RECORD|_)=' \
		"$TMP/run.out" >"$TMP/run.mine"
	grep -v '^environment: _=' "$TMP/plain.out" >"$TMP/plain.mine"
	check "$1" diff "$TMP/plain.mine" "$TMP/run.mine"
	check "$1: it was looked at" test "$(wc -l <"$TMP/run.mine")" -gt 80
	check "$1: a sound tape" "$HEAPTAPE" check "$tape"
}

# shellcheck disable=SC2016 # these are for sh -c
{
inherits "state by default" 'exec "$@"'
inherits "ignored signals" \
	'trap "" HUP INT QUIT PIPE XFSZ CHLD TERM USR1 TSTP; exec "$@"'
inherits "umask, folder, niceness" 'umask 027; cd /; exec nice -n 7 "$@"'
inherits "limits" 'ulimit -c 0 -n 64; ulimit -s 1024; ulimit -t 600
	exec "$@"'
inherits "a small limit on files" 'ulimit -f 100000; exec "$@"'
inherits "more descriptors" 'exec 3</dev/null 5<>/dev/zero 9>/dev/null; exec "$@"'
inherits "standard input closed" 'exec "$@" <&-'
inherits "standard error closed" 'exec "$@" 2>&-'
inherits "other variables" 'export HOME=/none A= B="
two lines" LC_ALL=de_DE.UTF-8 IFS=x; exec "$@"'
inherits "variables of odd names" 'exec env a.b=1 x-y=2 "BASH_FUNC_f%%=() {
:; }" "$@"'
inherits "no variables" 'exec env -i "$@"'
inherits "processors" 'exec taskset -c 0 "$@"'
inherits "an idle scheduling class" 'exec chrt -i 0 "$@"'
inherits "no randomization" 'exec setarch -R "$@"'
inherits "no new privileges" 'exec setpriv --no-new-privs "$@"'
inherits "death signal" 'exec setpriv --pdeathsig keep "$@"'
inherits "OOM score" 'echo 300 >/proc/self/oom_score_adj; exec "$@"'
}

# A blocked signal stays blocked, and its mask is not left behind by us.
cat >"$TMP/blocked.py" <<'END'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
os.execvp(sys.argv[1], sys.argv[1:])
END
# shellcheck disable=SC2016
inherits "all signals blocked" "exec python3 '$TMP/blocked.py' \"\$@\""

# Every exit status and every signal; one recorder each.
cat >"$TMP/statuses" <<'END'
for i in $(seq 0 8 255) 125 126 127 128 129 255; do
	$1 sh -c "exit $i"
	echo "exit $i: $?"
done
for i in 1 2 3 4 6 7 8 9 10 11 12 13 14 15 16 24 25 26 27 29 30 31 34 64; do
	$1 sh -c "kill -$i \$\$"
	echo "signal $i: $?"
done
END
sh "$TMP/statuses" "" >"$TMP/plain.out" 2>/dev/null
sh "$TMP/statuses" "$HEAPTAPE record $RECORD_OPTIONS -f -o $tape" \
	>"$TMP/run.out" 2>/dev/null
check "exit statuses, and 128+N for signals" \
	diff "$TMP/plain.out" "$TMP/run.out"
check "of all the signals" test "$(wc -l <"$TMP/run.out")" -eq 62

# A program that the kernel dumps is dumped with us as well.
# A sanitizer in our own tools limits these.
if [ -z "${SAN-}" ] && [ "$(cat /proc/sys/kernel/core_pattern)" = core ] &&
	prlimit --core=unlimited true 2>/dev/null; then
	mkdir "$TMP/core" "$TMP/core2"
	(cd "$TMP/core" && exec prlimit --core=unlimited \
		"$T/rec_processes" end segv) 2>/dev/null
	(cd "$TMP/core2" && exec prlimit --core=unlimited "$HEAPTAPE" \
		record -q -f -o "$tape" "$T/rec_processes" end segv) 2>/dev/null
	# shellcheck disable=SC2012 # a number of files
	check "as many core files" test "$(ls "$TMP/core" | wc -l)" -eq \
		"$(ls "$TMP/core2" | wc -l)"
	check "without our rings in them" test \
		"$(du -sk "$TMP/core2" | cut -f 1)" -lt \
		$(($(du -sk "$TMP/core" | cut -f 1) + 2000))
else
	skip "core files" "they go elsewhere on this machine"
fi

# Keys on the terminal: ^Z stops program and recorder, fg goes on, ^C ends.
cat >"$TMP/terminal.py" <<'END'
import os, pty, select, signal, sys, time

def expect(fd, word):
    seen = b""
    end = time.time() + 10
    while word not in seen and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]:
            seen += os.read(fd, 4096)
    print(word.decode(), "seen" if word in seen else "not seen", flush=True)

def shell(argv, tell):
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if not job:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    try:
        os.setpgid(job, job)
    except OSError:
        pass
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.write(tell, b"stopped by %d\n" % os.WSTOPSIG(status))
            time.sleep(0.2)
            os.killpg(job, signal.SIGCONT)
            continue
        os.write(tell, b"ended with %d\n" % (os.WEXITSTATUS(status)
            if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)))
        os._exit(0)

told, tell = os.pipe()
pid, fd = pty.fork()
if not pid:
    shell(sys.argv[1:], tell)
os.close(tell)
expect(fd, b"ready")
os.write(fd, b"\x1a")
expect(told, b"stopped by 20")
expect(fd, b"continued")
os.write(fd, b"\x03")
expect(fd, b"interrupted")
expect(told, b"ended with 7")
os.waitpid(pid, 0)
END
cat >"$TMP/job.sh" <<'END'
trap 'echo continued' CONT
trap 'echo interrupted; exit 7' INT
echo ready
while :; do sleep 0.05; done
END
python3 "$TMP/terminal.py" bash "$TMP/job.sh" >"$TMP/plain.out" 2>&1
# shellcheck disable=SC2086 # a list of options
python3 "$TMP/terminal.py" "$HEAPTAPE" record $RECORD_OPTIONS -f -o "$tape" \
	bash "$TMP/job.sh" >"$TMP/run.out" 2>&1
check "keys on the terminal stop, continue and interrupt" \
	diff "$TMP/plain.out" "$TMP/run.out"
check "all five of them" test "$(grep -c ' seen' "$TMP/run.out")" -eq 5
check "and leave a sound tape" "$HEAPTAPE" check "$tape"

# Children live on in an environment that differs by two variables.
same "a child's environment" 0 env -i PATH="$PATH" sh -c 'sh -c env |
	grep -vE "^(LD_PRELOAD|HEAPTAPE_RECORD)=" | sort'
same "descriptors of a child" 0 sh -c 'ls /proc/self/fd'
same "a pipe without a reader" 0 sh -c 'yes | head -n 1'
same "a file that may not grow" 0 sh -c 'ulimit -f 1
	trap "" XFSZ; head -c 9999 /dev/zero >big; echo $?'
finish
