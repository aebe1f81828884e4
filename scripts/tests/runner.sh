#!/bin/sh
# SPDX-License-Identifier: MIT
# The runner of the tests, on a small tree of its own: it must not call a
# test good that failed, hung, died, ended early or said nothing.
. scripts/tap.sh

runner=$PWD/scripts/check.sh

# Run the runner on scripts given as NAME=TEXT; its last line is in $last.
run_tree()
{
	rm -rf "$TMP/tree"
	mkdir -p "$TMP/tree/room/tests" "$TMP/tree/out"
	for script; do
		echo "${script#*=}" >"$TMP/tree/room/tests/${script%%=*}.sh"
	done
	(cd "$TMP/tree" && B=out T='' LIMIT=2 "$runner") >"$TMP/out" 2>"$TMP/err"
	status=$?
	last=$(tail -n 1 "$TMP/out")
}

expect()
{
	test "$last" = "$2" && test $status -eq "$3"
	tap_result $? "$1: $last"
}

good='echo 1..2; echo ok 1 - a; echo ok 2 - b'
run_tree "a=$good" "b=$good"
expect "adds up what passed" "4 passed, 0 failed" 0
run_tree "a=$good" 'b=echo ok 1 - a; echo not ok 2 - b; echo 1..2; exit 1'
expect "counts a failure" "3 passed, 1 failed" 1
matches "and shows it" 'not ok 2 - b' "$TMP/out"
run_tree "a=$good" 'b=sleep 30'
expect "ends a test that hangs" "2 passed, 1 failed" 1
matches "and says so" 'ran longer than 2 s' "$TMP/out"
# shellcheck disable=SC2016 # $$ is of the inner shell
run_tree "a=$good" 'b=echo ok 1; kill -SEGV $$'
expect "counts a death by signal" "3 passed, 1 failed" 1
run_tree "a=$good" 'b=echo 1..3; echo ok 1; exit 0'
expect "counts an early end" "3 passed, 1 failed" 1
run_tree "a=$good" 'b=true'
expect "counts a test that says nothing" "2 passed, 1 failed" 1
run_tree "a=$good" 'b=echo ok 1; exit 3'
expect "counts a bad exit status" "3 passed, 1 failed" 1
run_tree "a=$good" 'b=exit 77' 'c=echo "ok 1 - c # SKIP no disk"; echo 1..1'
expect "tells skips apart" "2 passed, 0 failed, 2 skipped" 0
matches "with the reason" 'no disk' "$TMP/out"
run_tree
expect "does not call nothing good" "0 passed, 0 failed" 1
finish
