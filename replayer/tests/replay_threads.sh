#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay with more threads than CPUs, and with histories that cannot
# have been: it waits, but it never stands still.
. scripts/tap.sh

cd "$TMP" || exit 1

for tape in many lossy; do
	# Making ten thousand threads takes a while in each pass.
	passes=time,alone,memory
	[ $tape = lossy ] && passes=$passes,latency,calls
	"$B/replayer/tests/make_calls" $tape $tape.tape || exit 1
	check "$tape: it is replayed in time" timeout 300 "$B/heaptape" replay \
		-q -n 1 --idle 1ms --passes $passes -a glibc -o $tape \
		$tape.tape
	check "$tape: on the null allocator too" timeout 300 "$B/heaptape" \
		replay -q -n 1 --passes time,alone -a null -o $tape/null \
		$tape.tape
	check "$tape: all runs are ok" jq -s -e '[.[].runs[].status] |
		length >= 5 and all(. == "ok")' $tape/$tape-r001.json \
		$tape/null/$tape-r001.json
done
check "10000 threads, each of which frees what another made" jq -e \
	'.runs[0].metrics | .ops == 599970 and .skipped_ops == 0 and
	.repaired_ops == 0' many/many-r001.json
check "most of a history that cannot have been" jq -e \
	'.runs[0].metrics | .ops > 100000 and .skipped_ops > 1000 and
	.repaired_ops > 1000' lossy/lossy-r001.json
finish
