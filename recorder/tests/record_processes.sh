#!/bin/sh
# SPDX-License-Identifier: MIT
# How processes begin and end, and what happens to children.
. scripts/tap.sh

T=$B/recorder/tests
tape=$TMP/p.tape

# shellcheck disable=SC2317 # called through check and exits
record()
{
	"$HEAPTAPE" record -f -o "$tape" "$@"
}

nr_with()
{
	"$HEAPTAPE" dump "$tape" | grep -cF -- "$1"
}

while read -r how status; do
	exits "$status" "$how: the exit status" record "$T/rec_processes" end "$how"
	check "$how: every block is there" \
		test "$(nr_with 'malloc(7001)')" -eq 1000
	check "$how: every free is there" test "$(nr_with ' free(')" -ge 500
	check "$how: the tape is whole" "$HEAPTAPE" check "$tape"
done <<'END'
return 0
exit 3
_exit 4
quick_exit 5
thread 9
abort 134
segv 139
kill 137
END
"$HEAPTAPE" info --json "$tape" >"$TMP/info"
matches "the tape tells of the signal" '"reason": "signal 9' "$TMP/info"

for how in fork clone spawn; do
	exits 6 "$how: the exit status" record "$T/rec_processes" $how
	matches "$how: the child is told of" '1 child process ' "$TMP/err"
	check "$how: the parent's blocks" \
		test "$(nr_with 'malloc(7001)')" -eq 10
	check "$how: not the child's" test "$(nr_with 'malloc(7002)')" -eq 0
done
exits 6 "vfork: the exit status" record "$T/rec_processes" vfork
check "vfork: the child is the parent until it executes" \
	test "$(nr_with 'malloc(7002)')" -eq 10

check "a chain of programs" record "$T/rec_processes" chain 5
matches "the events of earlier ones are counted" ' 1000 events of ' \
	"$TMP/err"
check "the last one is on the tape" test "$(nr_with 'malloc(7001)')" -eq 10
check "the others are not" test "$(nr_with 'malloc(7002)')" -eq 0

check "sh -c exec" record sh -c "exec '$T/rec_processes' end return"
check "env" record env A=1 "$T/rec_processes" end return
matches "env is told of" ' events of (env|an earlier program), which became ' "$TMP/err"
check "env: every block is there" test "$(nr_with 'malloc(7001)')" -eq 1000

# Descriptors that the test itself inherited do not count.
"$T/rec_processes" close
exits $? "no descriptor of ours is left open" record "$T/rec_processes" close

# The recorder dies: the program goes on, the tape is readable.
slow='for i in 1 2 3 4 5; do :; done; sleep 1; exit 7'
"$HEAPTAPE" record -q -f -o "$tape" bash -c "echo \$\$ >'$TMP/pid'; $slow
	" >/dev/null 2>&1 &
recorder=$!
sleep 0.5
kill -9 $recorder
wait $recorder 2>/dev/null
check "the program survives its recorder" kill -0 "$(cat "$TMP/pid")"
# Busy programs notice by themselves.
"$HEAPTAPE" record -q -f -o "$tape" lua5.4 -e "
	local t = {}
	for i = 1, 6000000 do t[i % 1000] = {i} end
	io.open('$TMP/done', 'w'):close()" 2>/dev/null &
recorder=$!
sleep 0.7
kill -9 $recorder
wait $recorder 2>/dev/null
for _ in $(seq 100); do
	[ -e "$TMP/done" ] && break
	sleep 0.1
done
check "also when its rings are full" test -e "$TMP/done"
exits 4 "the cut tape is told of" "$HEAPTAPE" check "$tape"
"$HEAPTAPE" info "$tape" >"$TMP/info" 2>&1
matches "and its events are readable" 'events +[1-9]' "$TMP/info"
finish
