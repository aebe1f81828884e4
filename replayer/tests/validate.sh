#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape validate from end to end: real programs against their predictions,
# children, stdin, failures, resuming, interruption.
. scripts/tap.sh

target=$B/replayer/tests/validate_target

# shellcheck disable=SC2317 # called through check and exits
validate()
{
	timeout 100 "$HEAPTAPE" validate -q "$@" </dev/null
}

# holds "what" FILTER FILE: jq says that it is so.
holds()
{
	check "$1" jq -e "$2" "$3"
}

# --- a program whose memory is known ------------------------------------------

check "a program under two allocators" validate -n 2 -a glibc -a arena \
	-o "$TMP/two" --json -- "$target" 20
cp "$TMP/out" "$TMP/two.json"
holds "one document with all values" '.schema == "heaptape-validate/1" and
	.rounds == 2 and .process == "validate_target" and .failed == 0 and
	.exit_status == 0 and (.tapes | unique | length) == 2 and
	.config.pace == "virtual" and
	(.environment | has("kernel")) and (.arms | length) == 2 and
	(.arms | all((.peak, .mean, .end) | (.real_bytes | length) == 2 and
	(.predicted_bytes | length) == 2 and .real_median_bytes > 0 and
	has("real_spread_percent") and has("within_real_runs")))' \
	"$TMP/two.json"
holds "the real peak is what the program has" '.arms | all(
	.peak.real_median_bytes > 41e6 and .peak.real_median_bytes < 53e6)' \
	"$TMP/two.json"
holds "the peak is predicted within 5 %" '.peak.worst_error_percent < 5' \
	"$TMP/two.json"
holds "what was freed is gone at the end, or is not, in both" \
	'.arms | all(.end.error_percent | fabs < 15)' "$TMP/two.json"
holds "the ranking has its pairs" '.ranking | has("pairs") and
	(.agrees == (.wrong | length == 0))' "$TMP/two.json"
check "the document stays in the folder" cmp "$TMP/two.json" \
	"$TMP/two/validate.json"
holds "so do the curves" '[.runs[] | .pass == "real" and .status == "ok" and
	(.curve.rss_bytes | length > 3 and max > 40000000)] | all' \
	"$TMP/two/real/real-r001.json"

# --- again ---------------------------------------------------------------------

before=$(stat -c %Y.%i "$TMP/two/real/real-r001.json")
check "one round more" timeout 100 "$HEAPTAPE" validate -n 3 -a glibc \
	-a arena -o "$TMP/two" -- "$target" 20 </dev/null
matches "prints a table" 'RSS peak +real +predicted +error' "$TMP/out"
matches "with the ranking" 'Ranking by peak' "$TMP/out"
check "without measuring the others again" test "$before" = \
	"$(stat -c %Y.%i "$TMP/two/real/real-r001.json")"
exits 2 "another command in the folder" validate -n 2 -a glibc -a arena \
	-o "$TMP/two" -- "$target" 21
matches "is refused with its name" 'command: .*validate_target 20' "$TMP/err"
exits 2 "another list of arms too" validate -a glibc -o "$TMP/two" \
	-- "$target" 20
check "-f starts over" validate -f -n 1 -a glibc -o "$TMP/two" -- "$target" 21
check "without what was there" test "$(find "$TMP/two/tapes" \
	"$TMP/two/real" "$TMP/two/replay" -name '*.tape' -o -name '*.json' |
	wc -l)" -eq 3
holds "with the new command alone" '(.config.command | test("21$")) and
	(.arms | length) == 1' "$TMP/two/validate.json"
exits 1 "an error above --fail-above" validate -n 1 -a glibc -o "$TMP/two" \
	--fail-above=0 -- "$target" 21
check "and none above it" validate -n 1 -a glibc -o "$TMP/two" \
	--fail-above=50 -- "$target" 21

rm "$TMP/two/tapes/r001.status"
cp "$TMP"/two/tapes/r001-*.tape "$TMP/two/tapes/r001-old-1.tape"
check "a recording that was interrupted" validate -n 1 -a glibc -o "$TMP/two" \
	-- "$target" 21
check "is begun anew" test "$(find "$TMP/two/tapes" -name '*.tape' | wc -l)" -eq 1

# --- children --------------------------------------------------------------------

cat >"$TMP/tree.sh" <<S
"$target" 12 &
sh -c 'exec "$target" 6'
wait
S
check "the largest process of a script" validate -n 1 -a glibc -o "$TMP/tree" \
	-- sh "$TMP/tree.sh"
holds "is the one that is judged" '.process == "validate_target" and
	.arms[0].peak.real_median_bytes > 24e6 and
	.peak.worst_error_percent < 8' "$TMP/tree/validate.json"
cp "$target" "$TMP/small"
cat >"$TMP/names.sh" <<S
"$target" 12
"$TMP/small" 6
S
check "--process" validate -n 1 -a glibc --process=small -o "$TMP/names" \
	-- sh "$TMP/names.sh"
holds "chooses another" '.process == "small" and
	.arms[0].peak.real_median_bytes < 20e6' "$TMP/names/validate.json"
exits 2 "a process that was not there" validate -n 1 -a glibc \
	--process=absent -o "$TMP/absent" -- sh "$TMP/names.sh"
matches "is told" 'absent' "$TMP/err"

# --- stdin --------------------------------------------------------------------------

echo 8 >"$TMP/eight"
check "--stdin is read by every run" validate -n 2 -a glibc \
	--stdin="$TMP/eight" -o "$TMP/in1" -- "$target" 1 read
holds "from its start" '.arms[0].peak.real_bytes | all(. > 16e6)' \
	"$TMP/in1/validate.json"
# shellcheck disable=SC2016 # $HEAPTAPE and $1 are for the inner shell
check "so is a file on stdin" sh -c '"$HEAPTAPE" validate -q -n 2 -a glibc \
	-o "$TMP/in2" -- "$1" 1 read <"$TMP/eight"' sh "$target"
holds "from its start too" '.arms[0].peak.real_bytes | all(. > 16e6)' \
	"$TMP/in2/validate.json"
# shellcheck disable=SC2016
exits 2 "a pipe" sh -c 'echo 8 | "$HEAPTAPE" validate -q -a glibc \
	-o "$TMP/in3" -- "$1" 1 read' sh "$target"
matches "is refused, and what helps" 'stdin must be a file.*--stdin' "$TMP/err"
exits 2 "a file that is not there" validate -a glibc --stdin="$TMP/none" \
	-o "$TMP/in4" -- "$target" 1 read

# --- what fails ---------------------------------------------------------------------

exits 5 "a command that is not there" validate -a glibc -o "$TMP/no1" \
	-- "$TMP/no-such-program"
matches "is named" 'no-such-program' "$TMP/err"
exits 2 "no command" validate -a glibc -o "$TMP/no2"
exits 2 "an unknown allocator" validate -a nomalloc -o "$TMP/no3" -- "$target" 1
exits 5 "an allocator that is not there" validate -a "$TMP/none.so" \
	-o "$TMP/no3" -- "$target" 1
exits 2 "the null allocator" validate -a null -o "$TMP/no3" -- "$target" 1
check "before a folder is made" test ! -e "$TMP/no3"
check "a program that always fails is measured" validate -n 1 -a glibc \
	-o "$TMP/five" -- "$target" 5 exit 5
holds "its status is told" '.exit_status == 5 and .failed == 0' \
	"$TMP/five/validate.json"
cat >"$TMP/fails.sh" <<S
"$target" 6
[ -z "\$LD_PRELOAD" ] || case \$LD_PRELOAD in *libarena*) exit 3 ;; esac
S
exits 4 "one that fails under an allocator alone" validate -n 1 -a glibc \
	-a arena -o "$TMP/fails" -- sh "$TMP/fails.sh"
matches "is told with both statuses" 'arena.*exit status 3; it was 0' \
	"$TMP/err"
holds "the other one is measured" '.failed == 1 and
	([.arms[] | select(.arm == "arena")][0].peak.error_percent == null) and
	([.arms[] | select(.arm == "glibc")][0].peak.error_percent != null)' \
	"$TMP/fails/validate.json"
exits 4 "a run that takes too long" validate -n 1 -a glibc --timeout=1s \
	-o "$TMP/long" -- sleep 30

# --- interrupted -----------------------------------------------------------------------

# SIGINT is ignored by what a script starts with &: SIGTERM is not.
cat >"$TMP/slow.sh" <<S
"$target" 4
sleep 97
S
"$HEAPTAPE" validate -q -n 1 -a glibc -o "$TMP/stop" -- sh "$TMP/slow.sh" \
	</dev/null >"$TMP/words" 2>&1 &
pid=$!
for _ in $(seq 200); do
	pgrep -P "$(pgrep -P $pid -f heaptape-record || echo 1)" -f slow.sh \
		>/dev/null 2>&1 && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
check "SIGTERM ends it with 143" test $? -eq 143
pgrep -f "$TMP/slow.sh" >/dev/null
check "and all of the program" test $? -eq 1
# A child that takes signals again, unlike this shell's own.
check "SIGINT ends it with 130" python3 -c '
import os, signal, subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL,
                         restore_signals=True, preexec_fn=lambda:
                         signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(1)
child.send_signal(signal.SIGINT)
sys.exit(child.wait() != 130)' "$HEAPTAPE" validate -q -n 1 -a glibc \
	-o "$TMP/stop" -- sh "$TMP/slow.sh"
pgrep -f "$TMP/slow.sh" >/dev/null
check "and leaves nothing either" test $? -eq 1
finish
