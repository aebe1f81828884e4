#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape calibrate: an allocator against itself, and who reads what it wrote.
# shellcheck disable=SC2016,SC2317 # for inner shells
. scripts/tap.sh

calibrate()
{
	timeout 100 "$HEAPTAPE" calibrate "$@"
}

tape=traces/samples/sqlite-orders.tape
quick="--passes time,memory --touch none --idle 1ms -n 8"

# shellcheck disable=SC2086
check "glibc against itself" calibrate $quick -o "$TMP/a" "$tape"
matches "tells the noise" \
	'^wall time +[0-9.]+ %  [-+][0-9.]+ % \[[-+][0-9.]+, [-+][0-9.]+\]' \
	"$TMP/out"
matches "and the smallest change for so many metrics" \
	'8 rounds$|[0-9]+ metrics judged' "$TMP/out"
jq -e '.format == "heaptape-calibration" and .format_version == 1 and
	.arm == "glibc" and .checks >= 8 and .environment.kernel != null and
	(.metrics | map(select(.metric == "wall_ns")) | .[0] |
	 .n == 8 and .noise_percent > 0 and
	 .change_low_percent <= .change_percent and
	 .change_percent <= .change_high_percent and
	 .threshold_percent == 5 and .rounds_needed >= 8)' \
	"$TMP/a/calibration.json" >"$TMP/out"
tap_result $? "writes a document"
jq -r '.runs[].arm' "$TMP"/a/*-r001.json | sort -u >"$TMP/out"
printf 'glibc\nglibc (again)\n' | cmp -s - "$TMP/out"
tap_result $? "the arm is there twice"
# The least change that 8 rounds find: (z + 0.842) sd sqrt(pi / 24).
python3 -B - "$TMP/a/calibration.json" >"$TMP/out" 2>&1 <<'PY'
import json, math, statistics, sys
doc = json.load(open(sys.argv[1]))
z = statistics.NormalDist().inv_cdf(1 - 0.05 / doc["checks"])
for m in doc["metrics"]:
    sd = m["noise_percent"] / 100
    expected = math.expm1((z + 0.842) * sd * math.sqrt(math.pi / (3 * m["n"])))
    assert abs(m["smallest_percent"] / 100 - expected) < 1e-9, (m, expected)
PY
tap_result $? "the smallest change is as the formula says"
# shellcheck disable=SC2086
check "again, nothing is measured anew" calibrate $quick -o "$TMP/a" "$tape" \
	--json
matches "and the document is printed" '"heaptape-calibration"' "$TMP/out"

check "a campaign" "$HEAPTAPE" replay -q -a glibc -a arena --passes \
	time,memory --touch none --idle 1ms -n 6 -o "$TMP/run" "$tape"
check "is compared by it" "$HEAPTAPE" compare "$TMP/run" \
	--calibration "$TMP/a/calibration.json"
matches "with the noise floor" '^Noise floor by calibration, glibc' "$TMP/out"
matches "of the metrics of the front" '^  wall time [0-9.e+]+ %$' "$TMP/out"
sed 's/"noise_percent": [0-9.e-]*/"noise_percent": 20.0/' \
	"$TMP/a/calibration.json" >"$TMP/run/calibration.json"
check "one in its folder is read" "$HEAPTAPE" compare "$TMP/run"
matches "too few rounds are told, with the way out" \
	'wall time: underpowered: 5 % asked, [0-9]+ % detectable with 6 rounds; use [0-9]+' \
	"$TMP/out"
check "in JSON, too" sh -c '"$1" compare "$2" --json |
	jq -e ".calibration.metrics[0].noise_percent == 20"' sh \
	"$HEAPTAPE" "$TMP/run"

exits 2 "no tape" calibrate
exits 2 "too few rounds" calibrate -n 5 "$tape"
exits 2 "a calibration that is not there" "$HEAPTAPE" compare "$TMP/run" \
	--calibration "$TMP/nosuch"
exits 2 "a document of another kind" "$HEAPTAPE" compare "$TMP/run" \
	--calibration "$TMP/run/sqlite-orders-r001.json"
matches "is told" 'is no calibration' "$TMP/err"
head -c 300 "$TMP/a/calibration.json" >"$TMP/cut.json"
exits 4 "a cut one" "$HEAPTAPE" compare "$TMP/run" --calibration "$TMP/cut.json"
sed 's/"format_version": 1/"format_version": 9/' "$TMP/a/calibration.json" \
	>"$TMP/newer.json"
exits 4 "a newer one" "$HEAPTAPE" compare "$TMP/run" \
	--calibration "$TMP/newer.json"
matches "is told with both numbers" 'format 9, this reads 1' "$TMP/err"
sed 's/"n": 8/"n": "x"/' "$TMP/a/calibration.json" >"$TMP/broken.json"
exits 4 "one with a hole" "$HEAPTAPE" compare "$TMP/run" \
	--calibration "$TMP/broken.json"

finish
