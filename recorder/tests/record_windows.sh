#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape ctl: windows of recording, marks, the status, and its errors.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1

# shellcheck disable=SC2317 # called through check and exits
ctl()
{
	"$HEAPTAPE" ctl "$@"
}

# Wait until the program waits for the step before blocks of that size.
await_step()
{
	for _ in $(seq 100); do
		grep -q "^waiting $1" steps.out && sleep 0.05 && return
		sleep 0.05
	done
	echo "step $1 has not come" >&2
}

step()
{
	kill -USR1 "$program"
	await_step "$1"
}

# Start the program and find it.
begin()
{
	: >steps.out
	"$HEAPTAPE" record "$@" "$T/rec_steady" steps >steps.out 2>rec.err &
	recorder=$!
	await_step 7002
	program=$(cat "/proc/$recorder/task/$recorder/children")
	program=${program%% *}
}

begin -f --start-paused -o w.tape
check "how to start it is told" \
	grep -q "paused; 'heaptape ctl $program start'" rec.err
check "a paused program has a status" ctl "$program" status
matches "which is paused" "^$program .*: paused" "$TMP/out"
sleep 0.3
check "it is started" ctl "$program" start
check "its status as JSON" ctl "$program" status --json
check "is recording" jq -e ".schema == \"heaptape-ctl/1\" and
	(.processes | length) == 1 and .processes[0].state == \"recording\" and
	.processes[0].pid == $program" "$TMP/out"
step 7003
check "a mark" ctl "$program" mark "warm and ready"
check "it is stopped" ctl "$program" stop
step 7004
check "and started again, by the recorder's number" ctl $recorder start
step 7005
kill -USR1 "$program"
wait $recorder
check "its exit status passes through" test $? -eq 7
check "the tape is complete" "$HEAPTAPE" check w.tape
"$HEAPTAPE" dump w.tape >events
check "blocks of the first window" test "$(grep -c 'malloc(7002)' events)" -eq 10
check "none of the pause" test "$(grep -c 'malloc(7003)' events)" -eq 0
check "blocks of the second window" test \
	"$(grep -c 'malloc(7004)' events)" -eq 10
check "and nothing before the first" test "$(grep -c 'malloc(7001)' events)" -eq 0
sed -n 's/.* mark "\(.*\)"/\1/p' events >marks
printf '%s\n' 'recording started' 'warm and ready' 'recording stopped' \
	'recording started' >expected
check "the marks are in order" diff expected marks
awk '/recording started/ { print ($1 < 0.05) ? "early" : "late: " $1; exit }' \
	events >first
matches "time 0 is the first start" early first
"$HEAPTAPE" info --json w.tape >info.json
check "it tells that the heap was running" jq -e \
	'.metadata.heap_at_start == "running"' info.json

# Frees of older blocks tell their size: what a replay must put there.
check "older blocks are freed with their usable size" sh -c \
	"'$HEAPTAPE' dump --json w.tape | jq -es '
	[.[] | select(.usable_bytes != null and .usable_bytes >= 7001 and
		.usable_bytes < 7100)] | length >= 10'"

# A program that ends before anybody starts it.
begin -f --start-paused -o never.tape
for size in 7003 7004 7005; do
	step $size
done
kill -USR1 "$program"
wait $recorder
check "never started" "$HEAPTAPE" check never.tape
"$HEAPTAPE" info never.tape >text
matches "is told of" "never started" text
check "by the recorder, too" grep -q "never started" rec.err

# Marks and stops of a recording that began at once.
begin -f -o n.tape
check "a running recording is stopped" ctl "$program" stop
check "twice does no harm" ctl "$program" stop
step 7003
check "and started" ctl "$program" start
step 7004
exits 2 "a command that does not exist" ctl "$program" stopp
exits 2 "no process id" ctl abc status
exits 2 "a mark without text" ctl "$program" mark
exits 3 "a process that is not recorded" ctl $$ status
matches "is told apart" 'not recorded' "$TMP/err"
sleep 0 &
gone=$!
wait $gone
exits 3 "a process that is gone" ctl $gone status
matches "is told apart" 'no process' "$TMP/err"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$TMP"
	exits 3 "another user" setpriv --reuid=65534 --clear-groups \
		"$HEAPTAPE" ctl "$program" status
	matches "may not ask" 'may not be looked at' "$TMP/err"
fi
kill -KILL "$program"
wait $recorder
check "a stop and a start leave a complete tape" "$HEAPTAPE" check n.tape
"$HEAPTAPE" dump n.tape >events
check "with what was before" test "$(grep -c 'malloc(7001)' events)" -eq 10
check "without what was between" test "$(grep -c 'malloc(7002)' events)" -eq 0
check "and with what was after" test "$(grep -c 'malloc(7003)' events)" -eq 10

# Several processes: the recorder's number means all, another one its own.
cat >two.sh <<'END'
"$1" slow 2500 >/dev/null &
"$1" slow 2500 >/dev/null &
wait
END
"$HEAPTAPE" record -q -f --follow=all -o two.tape sh two.sh "$T/rec_steady" &
recorder=$!
for _ in $(seq 20); do
	sleep 0.1
	"$HEAPTAPE" ctl --json $recorder status >all.json 2>/dev/null || continue
	jq -e '[.processes[] | select(.exe | endswith("rec_steady"))] |
		length == 2' all.json >/dev/null && break
done
check "all processes have a status" jq -e '[.processes[] |
	select(.exe | endswith("rec_steady")) | select(.events > 0)] |
	length == 2' all.json
child=$(jq '[.processes[] | select(.exe | endswith("rec_steady"))][0].pid' \
	all.json)
check "one of them is stopped" ctl "$child" stop
check "all are marked" ctl $recorder mark "all of us"
check "their status" ctl $recorder status --json
check "the others go on" jq -e '[.processes[] | select(.state == "paused")] |
	length == 1 and .[0].pid == '"$child" "$TMP/out"
wait $recorder
for tape in two-*.tape; do
	"$HEAPTAPE" dump "$tape" | grep -c 'mark "all of us"'
done >marks
check "each tape has the mark" test "$(grep -c '^1$' marks)" -eq 2
check "and all are complete" "$HEAPTAPE" check two*.tape

# What is paused costs at most 2 ns per call.
for round in 1 2 3 4; do
	"$HEAPTAPE" record -q -f --start-paused -o c.tape "$T/rec_steady" cost >>with
	"$T/rec_steady" cost >>without
done

# The best of each; a third nanosecond is for the noise of the machine.
# shellcheck disable=SC2317 # called through check
costs_little()
{
	echo "$round rounds"
	sort -n with | head -n 1 >best
	sort -n without | head -n 1 >>best
	awk '{ ns[NR] = $1 } END { print ns[1] - ns[2]
		exit !(ns[1] - ns[2] < 3) }' best
}
check "a paused program pays at most 2 ns per call" costs_little
finish
