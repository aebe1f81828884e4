#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape compare: verdicts on made-up campaigns, failures, bad input.
# shellcheck disable=SC2016,SC2317 # functions called by way of check; inner shells
. scripts/tap.sh

make_results=$B/results/tests/make_results
run=$TMP/run

compare()
{
	"$HEAPTAPE" compare "$@"
}

# Print the cells that match "arm metric", as "verdict ratio n".
cell()
{
	python3 - "$TMP/json" "$1" "$2" <<'END'
import json, sys
for c in json.load(open(sys.argv[1]))["cells"]:
    if c["arm"] == sys.argv[2] and c["metric"] == sys.argv[3]:
        print(c["verdict"], c["ratio"] and round(c["ratio"], 2), c["n"])
END
}

is()
{
	printf '%s\n' "$2" >"$TMP/expected"
	printf '%s\n' "$3" >"$TMP/out"
	cmp -s "$TMP/expected" "$TMP/out"
	tap_result $? "$1"
}

"$make_results" "$run" tapes=tapes/lua.tape

check "prints a table" compare "$run"
cp "$TMP/out" "$TMP/table"
matches "with the base and its unit" '^wall time +[0-9.]+ s ' "$TMP/table"
matches "with change, interval and word" \
	'^RSS peak .* -1[45]\.[0-9] % \+-[0-9.]+ BETTER' "$TMP/table"
matches "with what is worse" \
	'^RSS mean .* \+[0-9.]+ % \+-[0-9.]+ WORSE' "$TMP/table"
matches "with realloc, as some programs call nothing else" \
	'^realloc p99 .* ns ' "$TMP/table"
! grep -q '^calloc' "$TMP/table"
tap_result $? "without what nobody called"
matches "with rounds and machine" 'ci-7.* 10 rounds x 4 arms' "$TMP/table"
matches "with the front" '^Pareto front \(wall time, RSS peak, malloc p99.9\)' \
	"$TMP/table"
matches "with where the bytes are, and what is not told" \
	'^jemalloc +[0-9.]+ +[0-9.]+ +[0-9.]+ +- +- +- +- +[0-9.]+$' "$TMP/table"
matches "what is left may be negative" '^glibc( +[0-9.]+){7} +-[0-9.]+$' \
	"$TMP/table"
! grep -q '^arena  *[0-9.]*  *[0-9.]*  *[0-9.]*  *-' "$TMP/table"
tap_result $? "without arms that tell nothing"
awk 'length($0) > 100 { print; bad = 1 } END { exit bad }' "$TMP/table" \
	>"$TMP/out"
tap_result $? "fits 100 columns"
! grep -q "$(printf '\033')" "$TMP/table"
tap_result $? "has no colour in a file"
CLICOLOR_FORCE=1 check "has colour when forced" compare "$run"
matches "and it is green" "$(printf '\033')\[32mBETTER" "$TMP/out"

check "shows both ends of intervals" compare "$run" -i
matches "in brackets" \
	'^RSS peak .* -1[45]\.[0-9] % \[-1[0-9.]+, -1[0-9.]+\] BETTER' "$TMP/out"

check "prints JSON" compare "$run" --json
cp "$TMP/out" "$TMP/json"
is "base cells are same" "same 1 10" "$(cell glibc wall_ns)"
is "finds the effect on time" BETTER "$(cell jemalloc wall_ns | cut -d' ' -f1)"
is "finds the effect on memory" "BETTER 0.85 10" \
	"$(cell jemalloc rss_peak_bytes)"
check "splits in JSON" jq -e '.splits | length == 3 and
	all(.at == "peak" and .rss_bytes > .requested_bytes) and
	(map(select(.arm == "glibc")) | all(.cached_bytes > 0)) and
	(map(select(.arm == "jemalloc")) | all(.cached_bytes == null))' "$TMP/json"
is "finds a small harm" "WORSE 1.05 10" "$(cell tcmalloc rss_peak_bytes)"

check "takes another base" compare "$run" --base jemalloc --json
cp "$TMP/out" "$TMP/json"
is "and turns the ratio" "WORSE 1.18 10" "$(cell glibc rss_peak_bytes)"
check "takes metrics and thresholds" compare "$run" --json \
	-m rss_peak_bytes -m malloc_p50_ns --threshold rss_peak_bytes=20%
cp "$TMP/out" "$TMP/json"
is "the threshold decides" "same 0.85 10" "$(cell jemalloc rss_peak_bytes)"
is "nothing else is there" "" "$(cell jemalloc wall_ns)"
check "selects tapes by name" compare "$run" --tape 'lua*'

# Several tapes, filters, other formats.
"$make_results" "$TMP/both" tapes=tapes/lua.tape,tapes/db.tape
check "several tapes" compare "$TMP/both"
matches "have their geometric mean" '^Geometric mean over 2 tapes' "$TMP/out"
matches "with intervals" '^RSS peak +-15.0 % \[-15[.0-9]*, -1[0-9.]+\]' "$TMP/out"
awk 'length($0) > 100 { print; bad = 1 } END { exit bad }' "$TMP/out" \
	>"$TMP/wide"
tap_result $? "and fit 100 columns"
# shellcheck disable=SC2016 # they are for the inner program
check "means in JSON" sh -c '"$1" compare "$2" --json | jq -e "
	(.means | map(select(.arm == \"jemalloc\" and
		.metric == \"rss_peak_bytes\")) | length == 1 and
		(.[0] | .ratio > 0.84 and .ratio < 0.86 and
		.ratio_low < .ratio and .n == 10))
	and (.rounds | length == 2 and all(.min_rounds == 9))"' sh \
	"$HEAPTAPE" "$TMP/both"
check "a filter" compare "$TMP/both" --csv \
	--filter 'tape:lua* arm:je* metric:rss_* metric:wall_ns'
tr -d '\r' <"$TMP/out" | cut -d, -f1-3 | sed 1d | sort -u >"$TMP/rows"
test "$(cut -d, -f2 "$TMP/rows" | sort -u | tr '\n' ' ')" = \
	'"glibc" "jemalloc" '
tap_result $? "takes arms, and the base"
grep -q rss_mean_bytes "$TMP/rows" && grep -q wall_ns "$TMP/rows" &&
	! grep -qE 'db.tape|malloc_p' "$TMP/rows"
tap_result $? "takes metrics and tapes"
exits 2 "a filter of another kind" compare "$run" --filter 'verdict:WORSE'
exits 2 "a filter that matches no arm" compare "$run" --filter arm:nosuch
exits 2 "a filter that matches no metric" compare "$run" --filter metric:no
exits 2 "two formats at once" compare "$run" --json --csv

check "CSV" compare "$run" --csv
python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
cell = [r for r in rows
        if r["arm"] == "jemalloc" and r["metric"] == "rss_peak_bytes"]
assert len(cell) == 1 and cell[0]["verdict"] == "BETTER", cell
assert cell[0]["unit"] == "bytes" and float(cell[0]["median"]) > 1e6, cell
low, mid, high = (float(cell[0][k + "_percent"])
                  for k in ("low", "change", "high"))
assert low < mid < high < -14, cell
' "$TMP/out"
tap_result $? "reads as a table, with units and intervals"
check "Markdown" compare "$run" --markdown
matches "has the table" \
	'^\| RSS peak \| 190 MiB \| -15.1 % \[-15.4, -14.7\] \*\*BETTER' "$TMP/out"
matches "and the verdict" '^- jemalloc&#58; least RSS peak' "$TMP/out"

# Which one, and why: sentences with their figures.
check "the verdict" compare "$run"
matches "chooses" '^- jemalloc: least RSS peak' "$TMP/out"
matches "with figures under it" \
	'^    RSS peak: 161 MiB against 190 MiB of glibc, -15.1 % \[.*\], BETTER' \
	"$TMP/out"
matches "tells what speaks for another" '^- arena only if less wall time' \
	"$TMP/out"
matches "tells what nothing speaks for" '^- Nothing speaks for glibc: jemalloc' \
	"$TMP/out"
matches "tells churn and lifetime" 'churn: 60.0, a byte lives 63.9 ms' "$TMP/out"
matches "RSS is no leak" 'RSS above the live bytes is no leak' "$TMP/out"
matches "frees need not shrink RSS" 'A free need not shrink RSS at once' \
	"$TMP/out"
# shellcheck disable=SC2016 # they are for the inner program
check "in JSON" sh -c '"$1" compare "$2" --json | jq -e "
	.verdicts[0] | .kind == \"choice\" and .arm == \"jemalloc\" and
	(.figures | length == 3)"' sh "$HEAPTAPE" "$run"

"$make_results" "$TMP/few" rounds=3 tapes=t
check "few rounds choose nothing" compare "$TMP/few"
matches "and tell how many would" 'No choice yet: 3 rounds .* -n 9 or more' \
	"$TMP/out"
check "few rounds are compared" compare "$TMP/few" --json
cp "$TMP/out" "$TMP/json"
is "but times stay unclear" unclear "$(cell arena wall_ns | cut -d' ' -f1)"
is "memory is judged when all agree" BETTER \
	"$(cell arena rss_peak_bytes | cut -d' ' -f1)"

"$make_results" "$TMP/fail" fail=jemalloc tapes=t
check "an arm that fails does not stop it" compare "$TMP/fail"
matches "the reason is told" \
	'^failed: jemalloc crashed in 27 of 30 runs, .*round 2.*signal 11' \
	"$TMP/out"
matches "and it is no choice" '^- jemalloc is out: it crashed' "$TMP/out"
check "a failed arm in JSON" compare "$TMP/fail" --json
cp "$TMP/out" "$TMP/json"
is "is never averaged" "crashed None 0" "$(cell jemalloc wall_ns)"
check "a calibration of the first version is read" compare "$run" \
	--calibration results/tests/golden/calibration/v1.json
matches "with its noise" '^  RSS peak 0.13 %' "$TMP/out"
matches "and told to be another machine's" 'of another machine, its kernel' \
	"$TMP/out"
"$make_results" "$TMP/mixed" mixed=arena tapes=t
check "an arm whose library was replaced in between" compare "$TMP/mixed"
matches "is not comparable" \
	'^wall time .*BETTER +not comparable' "$TMP/out"
matches "which is told with both builds" \
	'^not comparable: the rounds of arena are of two builds, .*4711' "$TMP/out"
matches "and it is no choice, either" '^- arena is out: its rounds' "$TMP/out"
check "in JSON" sh -c '"$1" compare "$2" --json | jq -e "[.cells[] |
	select(.arm == \"arena\") | .verdict == \"not comparable\" and
	.ratio == null] | all and length > 5"' sh "$HEAPTAPE" "$TMP/mixed"
"$make_results" "$TMP/nobase" fail=glibc tapes=t
check "a base that fails does not stop it" compare "$TMP/nobase"

"$make_results" "$TMP/hostile" hostile=1 rounds=2
check "hostile names are shown" compare "$TMP/hostile"
! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037]')" "$TMP/out"
tap_result $? "without their control characters"
check "hostile names in Markdown" compare "$TMP/hostile" --markdown
# shellcheck disable=SC2016 # they are for the inner program
! grep -qE '<script|<img|`id`' "$TMP/out"
tap_result $? "are text"
check "hostile names in CSV" compare "$TMP/hostile" --csv
python3 -c '
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
assert len(rows) > 50 and all(len(r) == 14 for r in rows)' "$TMP/out"
tap_result $? "keep to their fields"
check "hostile names in JSON" compare "$TMP/hostile" --json
python3 -m json.tool <"$TMP/out" >/dev/null
tap_result $? "are valid JSON"

exits 2 "no folder is a usage error" compare
exits 2 "two folders are, too" compare "$run" "$run"
exits 2 "a folder that is not there" compare "$TMP/nosuch"
matches "is named" "$TMP/nosuch: No such file" "$TMP/err"
mkdir "$TMP/empty"
exits 3 "a folder without results" compare "$TMP/empty"
matches "says what to do" 'run heaptape replay -o .*/empty first' "$TMP/err"
exits 2 "an unknown base" compare "$run" -b nosuch
matches "names those there are" 'there is glibc, jemalloc' "$TMP/err"
exits 2 "an unknown metric" compare "$run" -m nosuch
exits 2 "a threshold without a number" compare "$run" --threshold wall_ns=x
exits 2 "a pattern that matches nothing" compare "$run" -t nosuch
compare "$run" --json >"$TMP/saved"
cp "$TMP/saved" "$run/saved.json"
check "other JSON in the folder is passed over" compare "$run"
rm "$run/saved.json"

cp -r "$run" "$TMP/into"
sh -c '"$1" compare "$2" --json >"$2/compare.json"' sh "$HEAPTAPE" "$TMP/into"
tap_result $? "its output may lie in the folder"
cp -r "$run" "$TMP/broken"
head -c 5000 "$run/tape1-round2.json" >"$TMP/broken/tape1-round2.json"
exits 4 "a cut document" compare "$TMP/broken"
matches "is named" 'tape1-round2.json:[0-9]+: not valid JSON' "$TMP/err"
cp -r "$run" "$TMP/newer"
sed -i 's/"format_version": 1/"format_version": 9/' \
	"$TMP/newer/tape1-round3.json"
exits 4 "a newer document" compare "$TMP/newer"
matches "is named with both numbers" \
	'tape1-round3.json has result format 9, .* up to 1' "$TMP/err"
cp -r "$run" "$TMP/mixed"
"$make_results" "$TMP/other" tapes=tapes/lua.tape touch=none rounds=1
cp "$TMP/other/tape1-round1.json" "$TMP/mixed/other.json"
exits 3 "two campaigns in one folder" compare "$TMP/mixed"
matches "are told apart" 'several campaigns.*touch is' "$TMP/err"
cp "$run/tape1-round1.json" "$run/twice.json"
exits 3 "a round that is there twice" compare "$run"
rm "$run/twice.json"
# shellcheck disable=SC2016 # $1, $2 are for the inner shell
exits 5 "a full disk" sh -c '"$1" compare "$2" >/dev/full' sh \
	"$HEAPTAPE" "$run"

# Documents as the schema says, and a page that names every metric.
validate="python3 results/tests/validate.py results/schema.json"
# shellcheck disable=SC2086 # a command with its first argument
check "documents are what the schema says" $validate "$run"/*.json \
	"$TMP/hostile"/*.json "$TMP/fail"/*.json results/tests/golden/*.json
sed 's/"round": 1,/"round": 0,/' "$run/tape1-round1.json" >"$TMP/zero.json"
# shellcheck disable=SC2086
exits 1 "and what it forbids is found" $validate "$TMP/zero.json"
check "all metrics" compare "$TMP/hostile" -m all --json
grep -o '"metric": "[a-z0-9_]*"' "$TMP/out" | sort -u | cut -d'"' -f4 |
	sed 's/^\(free\|realloc\|calloc\)_/malloc_/' | sort -u |
	while read -r name; do
		grep -q "^$name	" results/heaptape-compare.1.in || echo "$name"
	done >"$TMP/missing"
cp "$TMP/missing" "$TMP/out"
test ! -s "$TMP/missing"
tap_result $? "the manual page has every metric"

finish
