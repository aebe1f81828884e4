#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape replay on histories made by chance: whoever waits for whom, and
# however little of it can have been, it comes to its end in every pass.
# SEED=n begins at that one.
. scripts/tap.sh

cd "$TMP" || exit 1

first=${SEED:-$(date +%s)}
echo "# seeds from $first on; SEED=$first runs these again"
for i in 0 1 2; do
	seed=$((first + i))
	"$B/replayer/tests/make_calls" random r.tape $seed || exit 1
	rm -rf out
	check "seed $seed: it is replayed in time, in part and in copies too" \
		timeout 120 "$B/heaptape" replay -q -n 1 --idle 1ms -a glibc \
		--passes time,alone,memory --threads 1,3,80 -o out r.tape
	check "seed $seed: all runs are ok" jq -s -e '[.[].runs[].status] |
		length >= 6 and all(. == "ok")' out/r@t1-r001.json \
		out/r@t3-r001.json out/r@t80-r001.json
	check "seed $seed: as it is, on the null allocator" timeout 120 \
		"$B/heaptape" replay -q -n 1 --idle 1ms -a null \
		--passes time,latency,calls -o out/null r.tape
done
finish
