#!/bin/sh
# SPDX-License-Identifier: MIT
# Interpreters that fork, thread and spawn do the same with and without the
# recorder.
. scripts/tap.sh
. recorder/tests/compare.inc

# Every object of python is a block of malloc's.
export PYTHONMALLOC=malloc

cat >"$TMP/pools.py" <<'END'
import ctypes, multiprocessing as mp, os, signal, subprocess, sys, threading

def square(x):
    return sum(len(str(i)) for i in range(x % 500)) + x * x

def under(kind):
    c = mp.get_context(kind)
    with c.Pool(3) as pool:
        print(kind, sum(pool.imap_unordered(square, range(100), 7)))
    q = c.Queue()
    p = c.Process(target=q.put, args=([1] * 1000,))
    p.start()
    print(kind, len(q.get()), p.join(), p.exitcode)

if __name__ == "__main__":
    stop = threading.Event()
    def churn():
        while not stop.is_set():
            [bytearray(i) for i in range(600)]
    busy = [threading.Thread(target=churn) for _ in range(1)]
    for t in busy: t.start()
    for kind in ("fork", "spawn", "forkserver"):
        under(kind)
    for i in range(10):
        pid = os.fork()
        if not pid:
            [bytearray(j) for j in range(900)]
            os._exit(i)
        assert os.waitpid(pid, 0)[1] == i << 8
    print(subprocess.run(["sh", "-c", "echo $1; kill -9 $$", "sh", "x"],
                         capture_output=True))
    stop.set()
    for t in busy: t.join()
    open("file", "w").write("done")
    sys.stderr.write("words\n")
    os.kill(os.getpid(), signal.SIGTERM)
END
same "python: pools, forks beside busy threads" 10000 \
	python3 -W ignore "$TMP/pools.py"
# shellcheck disable=SC2016 # the programs are perl and bash
{
same "perl: forks, pipes, exec" 20 perl -e 'my @a = map { "x" x $_ } 1..1000;
	for my $i (1 .. 5) { my $p = fork(); if (!$p) { my %h = map { $_ => 1 }
	1..2000; exit 3 + $i } waitpid $p, 0; print $? >> 8, "\n" }
	open my $f, "-|", "echo", "child"; print <$f>; close $f;
	print `sh -c "exit 7"`, $? >> 8; warn "words"; exec "sh", "-c", "exit 9"'
if perl -Mthreads -e 1 2>/dev/null; then
	same "perl: threads" 10000 perl -Mthreads -Mthreads::shared -e '
	my $n :shared = 0; my @t = map { threads->create(sub { my @b = map { "y"
	x $_ } 1..500; lock $n; $n += @b; return shift }, $_) } 1..6;
	print join(",", map { $_->join } @t), " $n\n"; kill 9, $$'
else
	skip "perl: threads" "this perl has none"
fi
same "bash: a tree of processes" 100 bash -c 'f() { [ "$1" = 0 ] || { f $(($1 -
	1)) & wait; echo "$1"; }; }; f 6; exec 3< <(seq 100); wc -l <&3
	trap "echo bye" EXIT; ( exit 5 ); echo $?; kill -USR1 $$'
}
finish
