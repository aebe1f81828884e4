#!/bin/sh
# SPDX-License-Identifier: MIT
# Limits of size, time and memory end the recording, never the program.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1

# shellcheck disable=SC2317 # called through exits
record()
{
	"$HEAPTAPE" record -f "$@"
}

# shellcheck disable=SC2317 # called through check
holds()
{
	"$HEAPTAPE" info --json "$1" >info.json || return 1
	jq -e "$2" info.json
}

exits 7 "a recording of limited size" record --max-size=300K -o s.tape \
	"$T/rec_steady" fast 1500
cp err size.err
matches "tells that it has ended" 'max-size' size.err
check "its tape is complete" "$HEAPTAPE" check s.tape
check "and not larger" test "$(wc -c <s.tape)" -le 307200
check "nor much smaller" test "$(wc -c <s.tape)" -ge 100000
"$HEAPTAPE" info s.tape >text
matches "info tells why it ended" 'max-size' text
check "nothing was dropped" holds s.tape '.dropped == 0'

exits 7 "one of limited time" record --max-time=400ms -o t.tape \
	"$T/rec_steady" slow 1200
check "its tape is complete" "$HEAPTAPE" check t.tape
check "and as long" holds t.tape \
	'.duration_ns > 390000000 and .duration_ns < 1100000000'
check "there is a sample of its end" holds t.tape \
	'.duration_ns - .memory.end.time_ns < 1000000'
"$HEAPTAPE" info t.tape >text
matches "info tells why it ended" 'max-time' text

exits 7 "one of limited memory" record --max-memory=300K -o m.tape \
	"$T/rec_steady" slow 600
check "its tape is complete" "$HEAPTAPE" check m.tape
"$HEAPTAPE" info m.tape >text
matches "info tells why it ended" 'max-memory' text

exits 125 "a limit that is no number" record --max-size=lots -o x.tape true
exits 125 "a limit below any tape" record --max-size=1K -o x.tape true
matches "is told of" 'max-size' "$TMP/err"

# heaptape ctl still knows about it.
"$HEAPTAPE" record -q -f --max-time=100ms -o e.tape "$T/rec_steady" slow 1500 \
	>/dev/null &
recorder=$!
sleep 0.7
check "the status of what has ended" "$HEAPTAPE" ctl $recorder status
matches "tells why" 'ended \(max-time\)' "$TMP/out"
exits 3 "it cannot be started again" "$HEAPTAPE" ctl $recorder start
matches "which is told" 'has ended already: max-time' "$TMP/err"
wait $recorder

# Signals reach the program as before, and its status passes through.
"$HEAPTAPE" record -q -f --max-time=100ms -o k.tape sleep 5 2>err &
recorder=$!
sleep 0.6
kill -TERM $recorder
wait $recorder
check "a signal after the end of recording" test $? -eq 143

# What has ended costs nothing any more.
for round in 1 2 3 4; do
	"$HEAPTAPE" record -q -f --max-time=1ms -o c.tape "$T/rec_steady" cost >>with
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
check "calls cost at most 2 ns more" costs_little
finish
