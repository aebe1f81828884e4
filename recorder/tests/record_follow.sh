#!/bin/sh
# SPDX-License-Identifier: MIT
# Children and their tapes: --follow, names of tapes, ends of all kinds.
. scripts/tap.sh

P=$B/recorder/tests/rec_follow
cd "$TMP" || exit 1

# Record a family into a folder of its own.
# shellcheck disable=SC2317 # called through check and exits
family()
{
	rm -rf tapes
	mkdir tapes
	"$HEAPTAPE" record -o tapes/%e-%p.tape "$@"
}

nr_tapes()
{
	find tapes -name '*.tape' | wc -l
}

# How many calls of that size are on all tapes.
nr_of()
{
	for tape in tapes/*; do
		"$HEAPTAPE" dump "$tape"
	done | grep -cF "malloc($1)"
}

# shellcheck disable=SC2317 # called through check
all_whole()
{
	for tape in tapes/*; do
		"$HEAPTAPE" check "$tape" >/dev/null || return 1
	done
}

# follow MODE STATUS CHILDREN'S-OPTION TAPES NR-7001 NR-7002 NR-7003
expect()
{
	exits "$2" "$1, $3: the exit status" family --follow="$3" "$P" "$1"
	check "$1, $3: $4 tapes" test "$(nr_tapes)" -eq "$4"
	check "$1, $3: all events" test \
		"$(nr_of 7001) $(nr_of 7002) $(nr_of 7003)" = "$5 $6 $7"
	check "$1, $3: all whole" all_whole
}

expect fork 6 none 1 10 0 0
expect fork 6 exec 1 10 0 0
expect fork 6 all 2 10 10 0
expect forkexec 7 none 1 10 0 0
expect forkexec 7 exec 2 10 0 10
expect forkexec 7 all 2 10 0 10
expect vfork 7 none 1 10 0 0
expect vfork 7 exec 2 10 0 10
expect vfork 7 all 2 10 0 10
expect spawn 7 exec 2 10 0 10
expect spawn 7 all 2 10 0 10
expect orphan 5 all 2 10 10 0
expect thread-exec 7 none 1 0 0 10
expect thread-exec 7 all 1 0 0 10
exits 2 "an unknown family" family "$P" nonsense

# Who is who.
family --follow=all "$P" fork
for tape in tapes/*; do
	"$HEAPTAPE" info --json "$tape"
done >"$TMP/info"
matches "a forked child inherits its heap" \
	'"heap_at_start": "inherited"' "$TMP/info"
matches "a program begins with an empty one" \
	'"heap_at_start": "empty"' "$TMP/info"
matches "its parent is known" '"parent_pid"' "$TMP/info"
family --follow=all sh -c 'sleep 0.3; true'
for tape in tapes/*; do
	"$HEAPTAPE" info --json "$tape"
done >"$TMP/info"
check "nothing of the heap before an exec is left" \
	sh -c "! grep inherited '$TMP/info'"
matches "the command is the child's" '"command": "sleep 0.3"' \
	"$TMP/info"

exits 10 "100 workers, ten killed" family --follow=all "$P" prefork 100
check "101 tapes" test "$(nr_tapes)" -eq 101
check "all events, also of killed ones" test "$(nr_of 7002)" -eq 15050
check "whole tapes, also of killed ones" all_whole
for tape in tapes/*; do
	"$HEAPTAPE" info --json "$tape"
done >"$TMP/info"
check "which tell of the signal" \
	test "$(grep -c 'signal 9' "$TMP/info")" -eq 10

exits 4 "a daemon" family --follow=all "$P" daemon 1
check "three tapes" test "$(nr_tapes)" -eq 3
check "all events, also after all parents are gone" \
	test "$(nr_of 7003)" -eq 20
check "whole tapes" all_whole

# Once only daemons are left, a signal ends the recording, not them.
rm -rf tapes && mkdir tapes
"$HEAPTAPE" record -o 'tapes/%p.tape' --follow=all "$P" daemon 4 2>err &
recorder=$!
sleep 2
kill -INT $recorder
wait $recorder
check "the exit status is the first program's" test $? -eq 4
check "the daemon goes on" pgrep -f "$P daemon 4"
check "whole tapes all the same" all_whole
for tape in tapes/*; do
	"$HEAPTAPE" info --json "$tape"
done >"$TMP/info"
matches "the reason is told" '"reason": "stopped"' "$TMP/info"
pkill -f "$P daemon 4"

exits 0 "500 children, one after the other" \
	family --follow=all "$P" forks 500
check "501 tapes" test "$(nr_tapes)" -eq 501
check "all events" test "$(nr_of 7002)" -eq 5000

exits 3 "main leaves" family "$P" main-leaves
"$HEAPTAPE" info --json tapes/* >"$TMP/info"
check "its memory is seen all the same" sh -c "grep -o \
	'\"rss_peak_bytes\": [0-9]*' '$TMP/info' |
	awk '{ exit !(\$2 > 40000000) }'"

# Names.
rm -rf tapes && mkdir tapes
check "a name without %p" "$HEAPTAPE" record -o tapes/x.tape --follow=all \
	sh -c "'$P' work; '$P' work; true"
check "children's have it" sh -c 'ls tapes/x-*[0-9].tape'
check "the first one has the name" test -e tapes/x.tape
check "three tapes" test "$(nr_tapes)" -eq 3
exits 125 "an unknown letter" "$HEAPTAPE" record -o '%z.tape' true
matches "is told of" "'%z' in '%z.tape'" "$TMP/err"
exits 125 "a folder's name by process" \
	"$HEAPTAPE" record -o 'tapes/%p/x.tape' true
exits 125 "an unknown way to follow" "$HEAPTAPE" record --follow=some true
matches "the ways are told" 'none, exec or all' "$TMP/err"
cp "$P" "$(printf 'we\n %%p;ird')"
exits 7 "a hostile name" "$HEAPTAPE" record -o 'tapes/h-%e.tape' \
	"$(printf './we\n %%p;ird')" work
check "is made harmless" test -e 'tapes/h-we__%p;ird.tape'

# Processes that call themselves 1, 2, 3.
if unshare -p -f true 2>/dev/null; then
	check "another pid namespace" family --follow=all unshare -p -f \
		sh -c "'$P' work; sleep 1; '$P' work; true"
	check "processes in it are known by their true numbers" sh -c \
		"! ls tapes/sh-1.tape"
	check "all events" test "$(nr_of 7003)" -eq 20
	check "whole tapes" all_whole
else
	skip "another pid namespace" "not permitted"
fi

# Programs that are not recorded.
echo 'int main(void) { return 0; }' >none.c
sed 's/return 0/return !sleep(2)/' none.c >sleeper.c
if cc -static -w -o sleeper sleeper.c 2>/dev/null; then
	check "a static program among children" family --follow=exec \
		sh -c './sleeper; true'
	matches "is told of" 'sleeper .*is not recorded: .*statically' \
		"$TMP/err"
fi
cc -w -o sleeper sleeper.c
check "a cleared environment" family --follow=exec \
	sh -c 'env -i ./sleeper; true'
matches "is told of" 'sleeper: LD_PRELOAD was ignored or removed' "$TMP/err"
check "a forked child is no stranger" family --follow=exec \
	sh -c '(read -r line <nothing; sleep 2) 2>/dev/null; true'
check "is not told of" sh -c "! grep 'not recorded:' '$TMP/err'"

# Nothing that a program does to the shared memory harms the recorder.
for how in 1 ones; do
	for follow in none all; do
		exits 3 "scribbling, $how, $follow" family --follow=$follow \
			"$B/recorder/tests/rec_scribble" $how
		check "the tape is readable" sh -c \
			"'$HEAPTAPE' info tapes/rec_scribble-*"
		check "there are not many" test "$(nr_tapes)" -lt 10
	done
done

# shellcheck disable=SC2016,SC2317,SC3045 # called; n is sh's; dash has -n
crowd()
{
	(ulimit -n 64 && family --follow=exec sh -c 'n=40
		while [ $n -gt 0 ]; do sleep 0.5 & n=$((n - 1)); done; wait')
}

exits 0 "more processes than descriptors" crowd
matches "it is told" 'no tape for process .*ulimit -n' "$TMP/err"
check "some have tapes" test "$(nr_tapes)" -gt 4
check "which are whole" all_whole

if command -v python3 >/dev/null; then
	cat >pool.py <<-'END'
		import multiprocessing
		def f(n):
		    return sum(len(str(i)) for i in range(n))
		if __name__ == '__main__':
		    with multiprocessing.Pool(3) as p:
		        print(sum(p.map(f, [5000] * 12)))
	END
	check "python's multiprocessing" family --follow=all python3 pool.py
	matches "counts well" '^226680$' "$TMP/out"
	check "whole tapes" all_whole
else
	skip "python's multiprocessing" "no python3"
fi
finish
