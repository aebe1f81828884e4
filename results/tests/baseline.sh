#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape baseline, and heaptape gate against one: what is stored, what may
# be compared, sessions, drift from the anchor, how often it is wrong.
# shellcheck disable=SC2317 # functions are called by way of check
. scripts/tap.sh

make_results=$B/results/tests/make_results
source=$PWD
cd "$TMP" || exit 1

baseline()
{
	"$HEAPTAPE" baseline "$@"
}

gate()
{
	"$HEAPTAPE" gate "$@"
}

# made NAME SEED ARMS [MORE]...: a session, in folder NAME.
made()
{
	made_dir=$1
	made_seed=$2
	made_arms=$3
	shift 3
	"$make_results" "$made_dir" tapes=tapes/lua.tape seed="$made_seed" \
		"arms=glibc:1:1:1,$made_arms" "$@"
}

for i in 1 2 3; do
	made "b$i" "$i" 'new:1:1:1' started="2026-11-0${i}T10:00:00Z"
	made "n$i" "4$i" 'new:1:1:1'
	made "s$i" "5$i" 'new:1.2:1:1'
	made "d$i" "6$i" 'new:1.04:1:1'
	made "e$i" "7$i" 'new:1.08:1:1'
done

# --- save, show, list ------------------------------------------------------------

exits 0 "three sessions are saved" baseline save main b1 b2 b3 --label 2f0c
check "under the name in the folder" test -s heaptape-baselines/main.json
check "as a document with all rounds" jq -e '.format == "heaptape-baseline" and
	.format_version == 1 and .reference == "glibc" and .anchor == null and
	(.sessions | length) == 3 and .sessions[0].label == "2f0c" and
	.tapes[0].hash == "009f31c210" and .tapes[0].options.pace == "asap" and
	.class.thp == "madvise" and (.sessions | all((.rounds |
	map(select(.arm == "new" and .metric == "wall_ns")) |
	.[0].values | length) == 10))' heaptape-baselines/main.json
check "with the values that were measured" test "$(jq '.sessions[1].rounds[] |
	select(.arm == "new" and .metric == "rss_peak_bytes") | .values[3]' \
	heaptape-baselines/main.json)" = "$(jq '.runs[] | select(.arm == "new" and
	.pass == "memory") | .metrics.rss_peak_bytes' b2/tape1-round4.json)"
exits 2 "a second one of that name is refused" baseline save main b1
matches "and the way out is told" 'accept adds to it, --force' "$TMP/err"
exits 0 "unless forced" baseline save main b1 b2 b3 --force
exits 0 "a file has its own name" baseline save other.json b1 -m mmap_calls \
	-m malloc_p50
matches "which has what was asked for" '"malloc_p50_ns"' other.json
exits 0 "it is shown" baseline show main
matches "with its machine" '^machine: .*thp madvise' "$TMP/out"
matches "its sessions" '^  2026-11-02T10:00:00Z .* 10 rounds  glibc, new' \
	"$TMP/out"
matches "and its medians" '^  RSS peak +190 MiB +190 MiB' "$TMP/out"
exits 0 "or printed" baseline show main --json
check "as it is" cmp -s "$TMP/out" heaptape-baselines/main.json
echo '{}' >heaptape-baselines/none.json
exits 0 "they are listed" baseline list
matches "with sessions" '^main.json +3 sessions, the newest of 2026-11-03' \
	"$TMP/out"
check "and nothing else" test "$(wc -l <"$TMP/out")" -eq 1
exits 2 "no action" baseline
exits 2 "an unknown action" baseline keep main
exits 2 "save without results" baseline save x
exits 2 "show with results" baseline show main b1
exits 3 "one that is not there" baseline show none2
matches "is told with how to make it" 'baseline save makes one' "$TMP/err"
exits 2 "a file of another kind" baseline show heaptape-baselines/none.json
exits 3 "failed runs are not saved" sh -c "'$make_results' f \
	tapes=t.tape arms=glibc,new fail=new &&
	'$HEAPTAPE' baseline save failed f"
check "and leave no file" test ! -e heaptape-baselines/failed.json
exits 0 "version 1 is read for ever" baseline show \
	"$source/results/tests/golden/baseline/v1.json"

# --- gate ------------------------------------------------------------------------

exits 0 "the same passes" gate n1 n2 n3 --baseline main --json=g.json
matches "and says against what" \
	'^PASS: 5 checks: 5 pass; against heaptape-baselines/main.json \(3 sessions\), by glibc$' \
	"$TMP/out"
check "in JSON, too" jq -e '.baseline.sessions == 3 and .against == "glibc" and
	.family == 5 and (.checks | all(.kind == "baseline" and
	.stored.n_before == 30 and .stored.sessions_now == 3 and .n == 30))' g.json
exits 1 "20 % slower than before fails" gate s1 s2 s3 --baseline main
matches "with the change since then" \
	'new / wall time: \+[12].*since the baseline, threshold 5 %, Holm\(5\) p' \
	"$TMP/out"
exits 0 "unless that metric is not judged" gate s1 s2 s3 --baseline main \
	-m rss_peak
exits 1 "a file is a baseline, too" gate s1 s2 s3 \
	--baseline heaptape-baselines/main.json
exits 3 "one session now is too few" gate s1 --baseline main
matches "which is told" 'measured in 1 of 3 sessions .* --sessions$' "$TMP/out"
exits 1 "unless one does" gate s1 --baseline main --sessions 1
echo '{"sessions": 1, "metrics": {"wall": 5}}' >p.json
exits 1 "as a policy may say" gate s1 --baseline main -p p.json
exits 3 "one session before is too few" gate s1 s2 s3 --baseline other.json
matches "which is told, too" 'the baseline has 1 of 3 sessions' "$TMP/out"
exits 2 "no sessions at all" gate s1 --baseline main --sessions 21
made few 8 'new:1.2:1:1' rounds=5
exits 3 "five rounds are too few" gate few --baseline main --sessions 1
matches "of either side" '5 rounds now and 30 in the baseline; 6 of each' \
	"$TMP/out"
exits 0 "a change that a second session does not find passes" \
	gate s1 s2 s3 --baseline main --confirm n1
matches "and is told" 'not confirmed in a second session' "$TMP/out"
exits 1 "one that it finds fails" gate s1 s2 s3 --baseline main --confirm s1
exits 2 "another reference than the baseline's" gate s1 --baseline main \
	--against new
matches "is told" "reference is 'glibc', not 'new'" "$TMP/err"

# --- what may be compared ----------------------------------------------------------

# changed EXPRESSION: n1, n2, n3 with that change in folders c1, c2, c3.
changed()
{
	rm -rf c1 c2 c3
	for changed_i in 1 2 3; do
		mkdir "c$changed_i"
		for changed_f in "n$changed_i"/*.json; do
			jq -c "$1" "$changed_f" >"c$changed_i/${changed_f##*/}"
		done
	done
}

changed '.environment.thp = "always"'
exits 3 "other huge pages" gate c1 c2 c3 --baseline main
matches "are named" "not comparable: thp is 'always' now, 'madvise'" "$TMP/out"
exits 0 "which may pass, when asked to" gate c1 c2 c3 --baseline main \
	--inconclusive=pass
gate c1 c2 c3 --baseline main --junit g.xml >/dev/null
matches "an error of JUnit" '<error type="not comparable"' g.xml
changed '.tape_hash = "4711"'
exits 3 "another tape of that name" gate c1 c2 c3 --baseline main
matches "is named" "the tape's sha is '4711' now" "$TMP/out"
changed '.config.pace = "virtual"'
exits 3 "another pace" gate c1 c2 c3 --baseline main
matches "is named, too" "pace is 'virtual' now" "$TMP/out"
changed '.environment.cpu = "another"'
exits 3 "another processor" gate c1 c2 c3 --baseline main
matches "makes times incomparable" 'wall time: not comparable: cpu is' \
	"$TMP/out"
exits 0 "but not memory" gate c1 c2 c3 --baseline main -m rss_peak -m rss_mean
changed '(.runs[] | select(.arm == "glibc") | .version) = "2.41"'
exits 3 "another reference" gate c1 c2 c3 --baseline main
matches "is named with its version" "reference glibc is version '2.41' now" \
	"$TMP/out"
changed '.tape = "/builds/77/lua.tape"'
exits 0 "another path to the same tape is none" gate c1 c2 c3 --baseline main
changed '.started = "2026-12-24T18:00:00Z"'
exits 0 "one of long ago passes" gate c1 c2 c3 --baseline main
matches "with a note" '^note: the newest session of the baseline is 51 days' \
	"$TMP/out"
changed '.runs = [.runs[] | select(.arm == "glibc")]'
exits 3 "an arm that is not measured any more" gate c1 c2 c3 --baseline main
matches "is named" "arm 'new' of the baseline was not measured" "$TMP/err"
for i in 1 2 3; do made "o$i" "8$i" 'new:1:1:1,more:2:1:1'; done
exits 0 "an arm that the baseline lacks is not judged" gate o1 o2 o3 \
	--baseline main
matches "which is noted" '^note: more is not in the baseline' "$TMP/out"
exits 3 "unless it is named" gate o1 o2 o3 --baseline main -a more
exits 3 "no baseline of that name" gate n1 --baseline nowhere

# --- accept, prune, drift ----------------------------------------------------------

cp heaptape-baselines/main.json before.json
exits 1 "what fails is not accepted" baseline accept main s1 s2 s3
matches "and it is told what failed" '^fail .*wall time' "$TMP/out"
check "the file is as it was" cmp -s before.json heaptape-baselines/main.json
exits 0 "what passes is" baseline accept main n1 n2 n3
matches "three sessions more" '3 sessions added, it has 6' "$TMP/err"
exits 0 "the same again changes nothing" baseline accept main n1 n2 n3
matches "since it is there" '0 sessions added, it has 6' "$TMP/err"
exits 0 "a young baseline takes what does not fail" baseline accept \
	other.json b2
matches "one by one" '1 sessions added, it has 2' "$TMP/err"
matches "with the metrics that it had" '"label": "", "started": "2026-11-02' \
	other.json
check "of every session" test "$(grep -c '"malloc_p50_ns"' other.json)" -eq 4
exits 1 "but not what fails" baseline accept other.json s1
for i in $(seq 20); do
	made "w$i" "9$i" 'new:1:1:1' rounds=6 passes=time,memory \
		started="2026-11-05T10:00:$((10 + i))Z"
done
# shellcheck disable=SC2046
exits 0 "the window holds 20" baseline accept main $(seq -f 'w%g' 20)
check "the newest" test "$(jq '.sessions | length' \
	heaptape-baselines/main.json)" -eq 20
exits 0 "a release is pinned" baseline save release.json b1 b2 b3 --pin v1.2
exits 0 "4 % slower than it passes" gate d1 d2 d3 --baseline release.json
exits 0 "and is accepted" baseline accept release.json d1 d2 d3
exits 0 "then old sessions go" baseline prune release.json --keep 3
matches "the newest stay" '3 sessions removed, 3 left' "$TMP/err"
exits 1 "8 % slower is only 4 % since then, but drift" gate e1 e2 e3 \
	--baseline release.json
matches "from the anchor" '^fail .*wall time since the anchor: \+' "$TMP/out"
check "and nothing else fails" test "$(grep -c '^fail' "$TMP/out")" -eq 1
gate e1 e2 e3 --baseline release.json >drift.txt
matches "it is named" 'release.json \(3 sessions, anchor v1.2\)' drift.txt
exits 1 "what has drifted is not accepted" baseline accept release.json \
	e1 e2 e3
exits 0 "unless it becomes a new anchor" baseline accept release.json \
	e1 e2 e3 --pin v1.3
matches "of that name" 'it has 6; anchor v1.3' "$TMP/err"
exits 0 "which ends that" gate e1 e2 e3 --baseline release.json
exits 1 "what fails is not made one" baseline accept release.json s1 s2 s3 \
	--pin v1.4

# --- hostile names -----------------------------------------------------------------

for i in 1 2 3; do
	"$make_results" "h$i" hostile=1 seed="$i" \
		started="2026-11-0${i}T10:00:00Z"
done
# shellcheck disable=SC2016 # nothing is to expand here
exits 0 "hostile names are stored" baseline save hostile.json h1 h2 h3 \
	--label "$(printf 'a\033[31m`id`"<b>')"
check "as JSON" jq -e '.sessions | length == 3' hostile.json
exits 0 "and shown" baseline show hostile.json
check "without a control character" sh -c \
	"! LC_ALL=C grep -q '[[:cntrl:]]' '$TMP/out'"
gate h1 h2 h3 --baseline hostile.json --all --markdown h.md --json=h.json \
	>h.txt
check "no control reaches the terminal" sh -c \
	"! LC_ALL=C grep -q '[[:cntrl:]]' h.txt"
check "and no HTML the Markdown" sh -c "! grep -q '<[a-z]' h.md"

# --- how often it is wrong -----------------------------------------------------------

# failing N SEED ARMS: how many of N gates of three sessions fail.
failing()
{
	failing_nr=0
	for failing_seed in $(seq "$2" 10 $(($2 + 10 * ($1 - 1)))); do
		for failing_i in 1 2 3; do
			made "sim$failing_i" $((failing_seed + failing_i)) "$3" \
				passes=time,memory
		done
		gate sim1 sim2 sim3 --baseline main >/dev/null 2>&1
		[ $? -eq 1 ] && failing_nr=$((failing_nr + 1))
		rm -rf sim1 sim2 sim3
	done
	echo "$failing_nr"
}

nr=$(failing 40 1000 'new:1:1:1')
echo "# $nr of 40 gates of equal arms against a baseline fail"
check "equal arms: at most 5 % fail" test "$nr" -le 2
nr=$(failing 40 3000 'new:1.03:1:1')
echo "# $nr of 40 gates of an arm 3 % slower fail, threshold 5 %"
check "3 % slower: none fails" test "$nr" -eq 0
nr=$(failing 20 5000 'new:1.2:1:1')
echo "# $nr of 20 gates of an arm 20 % slower fail"
check "20 % slower: all fail" test "$nr" -eq 20
finish
