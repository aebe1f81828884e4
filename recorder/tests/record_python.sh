#!/bin/sh
# SPDX-License-Identifier: MIT
# Python passes and fails the same of its own tests, those about processes and
# threads first of all, with and without the recorder.
. scripts/tap.sh
. recorder/tests/compare.inc

# Every object is a block of malloc's.
export PYTHONMALLOC=malloc

# Prints the outcome of each test of the modules or classes that are named,
# "NAME/PATTERN" for those that match.
cat >"$TMP/outcomes.py" <<'END'
import io, re, sys, unittest

def flat(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from flat(t)
        else:
            yield t

suite = unittest.TestSuite()
for word in sys.argv[1:]:
    name, _, pattern = word.partition("/")
    for t in flat(unittest.defaultTestLoader.loadTestsFromName(name)):
        if re.search(pattern, t.id()):
            suite.addTest(t)
tests = list(flat(suite))
result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
bad = {t.id() for t, _ in result.failures + result.errors}
left = {t.id() for t, _ in result.skipped}
for t in tests:
    print("outcome:", t.id(), "failed" if t.id() in bad else
          "skipped" if t.id() in left else "ok")
END

# The tests of python wait most of the time: both ways run at once.
own_tests()
{
	what=$1
	least=$2
	shift 2
	mkdir -p "$TMP/a" "$TMP/b"
	(cd "$TMP/a" && exec "$python" "$TMP/outcomes.py" "$@") \
		>"$TMP/plain.out" 2>/dev/null </dev/null &
	(cd "$TMP/b" && record -q "$python" "$TMP/outcomes.py" "$@") \
		>"$TMP/run.out" 2>"$TMP/run.err" </dev/null
	wait
	grep '^outcome: ' "$TMP/plain.out" >"$TMP/plain.mine"
	grep '^outcome: ' "$TMP/run.out" >"$TMP/run.mine"
	check "python's own: $what" diff "$TMP/plain.mine" "$TMP/run.mine"
	check "python's own: $what: some pass" grep -q ' ok$' "$TMP/run.mine"
	sound "python's own: $what" "$least"
}

# One that has them; a distribution may ship python without.
python=
for each in $(command -v -a python3 2>/dev/null ||
	command -v python3) /usr/bin/python3; do
	python=$("$each" -c 'import sys, test.test_fork1, test.test_threading
print(sys.executable)' 2>/dev/null) && break
done
if [ "$python" ]; then
	own_tests "forks, signals and threads" 10000 test.test_fork1 \
		test.test_os.ForkTests test.test_threadsignals/send
	own_tests "threads" 10000 test.test_threading.ThreadTests \
		test.test_threading.ThreadJoinOnShutdown test.test_thread \
		test.test_threading_local
	own_tests "processes" 10000 test.test_posix.TestPosixSpawn \
		test.test_subprocess.POSIXProcessTestCase/'preexec|vfork|pass_fds|
		|close_fds_[0w]|restore_sig|session|umask|exception|closed_fds'
	own_tests "others" 10000 test.test_pty test.test_mmap test.test_ctypes
else
	skip "python's own tests" "python3 has no package test"
fi

finish
