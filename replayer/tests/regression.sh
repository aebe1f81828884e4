#!/bin/sh
# SPDX-License-Identifier: MIT
# A regression that is known, an allocator that is slower by a delay, from the
# replay to the words; make bench-stats does it at 20 %, many times.
. scripts/tap.sh

tape=traces/samples/redis-set.tape
slow="slow=$TMP/libdelay.so,DELAY_LOOPS=400"

${CC:-cc} -O2 -shared -fPIC -o "$TMP/libdelay.so" scripts/bench/delay.c
tap_result $? "an allocator with a delay"
check "is replayed beside the one without" timeout 100 "$HEAPTAPE" replay -q \
	-a glibc -a "$slow" --passes time,memory --touch first --idle 1ms -n 10 \
	-o "$TMP/run" "$tape"
check "and compared" "$HEAPTAPE" compare "$TMP/run" --json
cp "$TMP/out" "$TMP/json"
cell()
{
	jq -r --arg metric "$1" '.cells[] | select(.arm != "glibc" and
		.metric == $metric) | .verdict' "$TMP/json"
}
test "$(cell wall_ns)" = WORSE
tap_result $? "it is WORSE in time"
test "$(cell rss_peak_bytes)" = same
tap_result $? "and the same in memory"
check "the verdict" "$HEAPTAPE" compare "$TMP/run" --base "$slow"
matches "takes the other, for its time" '^- glibc: least wall time' "$TMP/out"
matches "and nothing speaks for the slow one" \
	'^- Nothing speaks for .*slow=.*: glibc has less wall time' "$TMP/out"

finish
