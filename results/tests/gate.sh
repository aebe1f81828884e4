#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape gate: exit codes on made-up and real campaigns, policies, budgets,
# second sessions, what CI reads, hostile names; how often it is wrong.
# shellcheck disable=SC2317 # functions are called by way of check
. scripts/tap.sh

make_results=$B/results/tests/make_results

gate()
{
	"$HEAPTAPE" gate "$@"
}

# made NAME ARMS [MORE]...: a campaign of one tape in $TMP/NAME.
made()
{
	made_dir=$TMP/$1
	made_arms=$2
	shift 2
	"$make_results" "$made_dir" tapes=tapes/lua.tape \
		"arms=glibc:1:1:1,$made_arms" "$@"
}

# --- the codes -----------------------------------------------------------------

made same 'other:1:1:1'
exits 0 "an arm that is the same passes" gate "$TMP/same"
matches "and the verdict says so" \
	'^PASS: 5 checks: 5 pass; against glibc$' "$TMP/out"
exits 0 "each check is shown on demand" gate "$TMP/same" --all
matches "with its interval" '^pass .*other / RSS peak: .*\[.*\].*: same$' \
	"$TMP/out"
made slow 'slow:1.2:1:1,other:1:1:1'
exits 1 "20 % slower fails" gate "$TMP/slow"
matches "with change, threshold and the p of all checks" \
	'^fail .*slow / wall time: \+.*threshold 5 %, Holm\(10\) p 0\.' "$TMP/out"
exits 0 "not when another arm is judged" gate "$TMP/slow" -a other
exits 0 "nor by another metric" gate "$TMP/slow" -m rss_peak
exits 0 "nor with a wider threshold" gate "$TMP/slow" --threshold wall=40
exits 0 "nor against itself as the base" gate "$TMP/slow" --against slow -a other
exits 1 "more memory fails, too" sh -c "
	'$make_results' '$TMP/fat' tapes=t.tape arms=glibc:1:1:1,fat:1:1.1:1 &&
	'$HEAPTAPE' gate '$TMP/fat' -m rss_peak"
made few 'slow:1.04:1:1' rounds=4
exits 3 "too few rounds to tell" gate "$TMP/few" -m wall
matches "and how many would do" 'unclear .*about [0-9]+ rounds decide' \
	"$TMP/out"
exits 0 "may pass, when asked to" gate "$TMP/few" -m wall \
	--inconclusive=pass
exits 3 "an arm that is not there" gate "$TMP/same" -a absent
matches "is named" "'absent' was not measured" "$TMP/err"
exits 3 "a base that is not there" gate "$TMP/same" --against absent
exits 3 "a metric that was not measured" gate "$TMP/same" -m fragmentation_peak \
	-m futex_waits
mkdir "$TMP/empty"
exits 3 "no results at all" gate "$TMP/empty"
exits 2 "no folder" gate
exits 2 "a folder that is not there" gate "$TMP/none"
exits 2 "an unknown metric" gate "$TMP/same" -m speed
exits 2 "another word than pass and fail" gate "$TMP/same" --inconclusive=maybe
made broken 'other:1:1:1' fail=other
exits 4 "an allocator that crashes" gate "$TMP/broken"
matches "is told" '^crashed .*other' "$TMP/out"
made both 'other:1:1:1,slow:1.3:1:1' fail=other
exits 1 "a regression beside it stays one" gate "$TMP/both"

long=/opt/lib/allocators/of/a/long/path/libmymalloc.so.2
"$make_results" "$TMP/long" tapes=t.tape "arms=base=$long:1:1:1,new:1:1:1"
exits 0 "a base with a long name" gate "$TMP/long"
matches "is named in full" "against base=/opt/.*\.so\.2" "$TMP/out"

# --- budgets -------------------------------------------------------------------

exits 0 "within a budget" gate "$TMP/same" --budget 'rss_peak<=10GiB' \
	--budget 'wall <= 1h'
exits 1 "beyond one" gate "$TMP/same" --budget 'rss_peak<=1MiB'
matches "is told with both figures" \
	'fail .*other / rss_peak<=1MiB: .* MiB, beyond 1.00 MiB in 10 rounds' \
	"$TMP/out"
exits 2 "a budget without a limit" gate "$TMP/same" --budget 'rss_peak'
exits 2 "one that is no number" gate "$TMP/same" --budget 'rss_peak<=much'
matches "is refused with the metric" "'much' is no value of RSS peak" \
	"$TMP/err"
made two 'other:1:1:1' rounds=2
exits 3 "two rounds above a budget prove nothing" gate "$TMP/two" \
	-m rss_peak --budget 'rss_peak<=1MiB' --inconclusive=fail

# --- a policy ------------------------------------------------------------------

cat >"$TMP/policy.json" <<'END'
{
 "against": "other",
 "arms": ["slow"],
 "metrics": {"wall": 5, "rss_peak_bytes": null},
 "budgets": ["rss_peak<=10GiB"],
 "inconclusive": "fail"
}
END
exits 1 "a policy" gate "$TMP/slow" --policy "$TMP/policy.json" \
	--json="$TMP/gate.json"
check "judges what it says" jq -e '.schema == "heaptape-gate/1" and
	.verdict == "FAIL" and .exit_code == 1 and .against == "other" and
	.family == 2 and ([.checks[] | .arm] | unique) == ["slow"] and
	([.checks[] | select(.state == "fail") | .metric]) == ["wall_ns"] and
	([.checks[] | select(.kind == "budget")] | length) == 1 and
	(.checks | all(has("p_adjusted") and has("ratio_low") and
	has("message"))) and .counts.fail == 1' "$TMP/gate.json"
exits 0 "options go before it" gate "$TMP/slow" -p "$TMP/policy.json" \
	--threshold wall=50
printf '{\n "against": "glibc",\n "treshold": 3\n}\n' >"$TMP/bad.json"
exits 2 "a key that it may not have" gate "$TMP/slow" -p "$TMP/bad.json"
matches "is told with its line" 'bad.json: line 3: "treshold": unknown' \
	"$TMP/err"
printf '{\n "against": \n}\n' >"$TMP/bad.json"
exits 2 "no JSON" gate "$TMP/slow" -p "$TMP/bad.json"
matches "is told with its line, too" 'bad.json: line 3: ' "$TMP/err"
exits 2 "a policy that is not there" gate "$TMP/slow" -p "$TMP/none.json"

# --- a second session ----------------------------------------------------------

made slow2 'slow:1.2:1:1,other:1:1:1' seed=77
exits 1 "what is slow in both sessions fails" gate "$TMP/slow" \
	--confirm "$TMP/slow2"
matches "and is called confirmed" 'fail .*confirmed in a second session' \
	"$TMP/out"
made quick2 'slow:1:1:1,other:1:1:1' seed=78
exits 0 "what is slow in one alone does not" gate "$TMP/slow" \
	--confirm "$TMP/quick2"
matches "and is told all the same" 'warn .*not confirmed in a second session' \
	"$TMP/out"
exits 3 "a session without that arm cannot confirm" gate "$TMP/slow" \
	--confirm "$TMP/same"

# --- for CI --------------------------------------------------------------------

echo "# before" >"$TMP/summary.md"
GITHUB_STEP_SUMMARY=$TMP/summary.md exits 1 "annotations" gate "$TMP/slow" \
	--github --junit "$TMP/g.xml" --markdown "$TMP/g.md" \
	--codequality "$TMP/g.cq" --openmetrics "$TMP/g.om"
matches "of GitHub" '^::error title=tapes/lua.tape / slow / wall time::\+.*%25' \
	"$TMP/out"
matches "the summary is appended to" '^# before$' "$TMP/summary.md"
matches "with the verdict" '^### heaptape gate: FAIL$' "$TMP/summary.md"
matches "and a row" '^\| fail \| tapes/lua.tape \| slow \| wall time \|' \
	"$TMP/g.md"
if command -v xmllint >/dev/null; then
	check "JUnit is XML" xmllint --noout "$TMP/g.xml"
else
	check "JUnit is XML" python3 -c 'import sys, xml.dom.minidom as m
m.parse(sys.argv[1])' "$TMP/g.xml"
fi
matches "with counts" 'tests="10" failures="1" errors="0" skipped="0"' \
	"$TMP/g.xml"
check "Code Quality is a list of one finding" jq -e 'length == 1 and
	.[0].severity == "major" and (.[0].fingerprint | length) == 16 and
	.[0].location.lines.begin == 1' "$TMP/g.cq"
print=$(jq -r '.[0].fingerprint' "$TMP/g.cq")
gate "$TMP/slow2" --codequality "$TMP/g2.cq" >/dev/null
check "whose fingerprint holds from run to run" test "$print" = \
	"$(jq -r '.[0].fingerprint' "$TMP/g2.cq")"
check "OpenMetrics end as they must" test "$(tail -n 1 "$TMP/g.om")" = "# EOF"
matches "and have the medians" \
	'^heaptape_rss_peak_bytes\{tape="tapes/lua.tape",arm="slow"\} [0-9.]+e\+08$' \
	"$TMP/g.om"
exits 5 "a place that cannot be written" gate "$TMP/slow" \
	--junit "$TMP/none/g.xml"
check "an old file stays then" test -s "$TMP/g.xml"

"$make_results" "$TMP/hostile" hostile=1
gate "$TMP/hostile" --all --junit "$TMP/h.xml" --markdown "$TMP/h.md" \
	--codequality "$TMP/h.cq" --openmetrics "$TMP/h.om" --json="$TMP/h.json" \
	>"$TMP/h.txt"
gate "$TMP/hostile" --github >"$TMP/h.gh"
check "hostile names: XML" python3 -c 'import sys, xml.dom.minidom as m
m.parse(sys.argv[1])' "$TMP/h.xml"
check "JSON" jq -e '.checks | length > 0' "$TMP/h.json"
check "and Code Quality" jq -e 'type == "array"' "$TMP/h.cq"
check "no control reaches the terminal" sh -c \
	"! LC_ALL=C grep -q '[[:cntrl:]]' '$TMP/h.txt'"
check "no HTML in Markdown" sh -c "! grep -q '<[a-z]' '$TMP/h.md'"
check "no line of its own in annotations" sh -c \
	"! grep -v '^::' '$TMP/h.gh'"
check "nor in OpenMetrics" sh -c \
	"! grep -Ev '^(# |heaptape_[a-z0-9_]+\{tape=\")' '$TMP/h.om'"

# --- how often it is wrong -----------------------------------------------------

# failing N SEED ARMS: how many of N gates fail.
failing()
{
	failing_nr=0
	for failing_seed in $(seq "$2" $(($1 + $2 - 1))); do
		made sim "$3" seed="$failing_seed" passes=time,memory
		gate "$TMP/sim" >/dev/null 2>&1
		[ $? -eq 1 ] && failing_nr=$((failing_nr + 1))
		rm -rf "$TMP/sim"
	done
	echo "$failing_nr"
}

nr=$(failing 200 1000 'other:1:1:1')
echo "# $nr of 200 gates of equal arms fail"
check "equal arms: at most 5 % fail" test "$nr" -le 10
nr=$(failing 100 3000 'other:1.03:1:1')
echo "# $nr of 100 gates of an arm 3 % slower fail, threshold 5 %"
check "3 % slower: at most 2 % fail" test "$nr" -le 2
nr=$(failing 50 5000 'other:1.2:1:1')
echo "# $nr of 50 gates of an arm 20 % slower fail"
check "20 % slower: all fail" test "$nr" -eq 50

# --- real ones -----------------------------------------------------------------

cat >"$TMP/slow.c" <<'C'
#include <stddef.h>
void *__libc_malloc(size_t size);
void __libc_free(void *p);
void free(void *p)
{
	__libc_free(p);
}
void *malloc(size_t size)
{
	for (volatile int i = 0; i < 300; i++)
		;
	return __libc_malloc(size);
}
C
cc -O2 -shared -fPIC -o "$TMP/slow.so" "$TMP/slow.c"
tape=traces/samples/redis-set.tape
check "a real campaign" "$HEAPTAPE" replay -q -n 6 --passes time,memory \
	--idle 1ms -a glibc -a glibc,NOTHING=1 \
	-a "slow=$TMP/slow.so" -o "$TMP/real" "$tape"
exits 0 "the same allocator takes the same memory" gate "$TMP/real" \
	-a glibc,NOTHING=1 -m rss_peak
exits 1 "a delay in malloc is found" gate "$TMP/real" -a slow -m wall
finish
