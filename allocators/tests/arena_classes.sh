#!/bin/sh
# SPDX-License-Identifier: MIT
# arena takes its size classes from a file, and tells what is wrong with one.
. scripts/tap.sh

program=$B/allocators/tests/arena_classes
tape=traces/samples/redis-set.tape

# sizes NAME FILE WANT SIZE...: what blocks of these sizes can hold
sizes()
{
	what=$1
	want=$3
	file=$2
	shift 3
	LD_PRELOAD=$B/libarena.so ARENA_CONF=classes:$file "$program" "$@" \
		>"$TMP/out" 2>"$TMP/err" && [ "$(paste -sd ' ' "$TMP/out")" = "$want" ] &&
		[ ! -s "$TMP/err" ]
	tap_result $? "$what"
}

# told NAME LINES WANT: the complaint about a file with these lines
told()
{
	printf '%b' "$2" >"$TMP/bad"
	LD_PRELOAD=$B/libarena.so ARENA_CONF=classes:$TMP/bad "$program" 65 \
		>"$TMP/out" 2>"$TMP/err" && [ "$(cat "$TMP/out")" = 80 ] &&
		[ "$(cat "$TMP/err")" = \
		"arena: ARENA_CONF: classes:$TMP/bad: $3, ignored" ]
	tap_result $? "$1"
}

printf '# three\n16\n\n1040 # the usual\n32768\n' >"$TMP/three"
sizes "the classes of a file" "$TMP/three" "16 1040 1040 32768 40960" \
	16 17 1040 1041 36865
echo 32768 >"$TMP/one"
sizes "one class" "$TMP/one" "32768 32768" 1 32768
told "sizes that do not rise" '32\n32\n32768\n' \
	"line 2: not a multiple of 16 above the one before, at most 32768"
told "an odd size" '40\n32768\n' \
	"line 1: not a multiple of 16 above the one before, at most 32768"
told "words" '16\nlarge\n32768\n' "line 2: not a number"
told "zero" '0\n32768\n' "line 1: not a number"
told "a size beyond all" '16\n99999999999999999999\n' "line 2: not a number"
told "no last class" '16\n1024\n' "the last class is not 32768"
told "an empty file" '' "the last class is not 32768"
told "more classes than fit" \
	"$(i=0; while [ $i -lt 73 ]; do i=$((i + 1)); printf '%d\\n' $((16 * i)); done)" \
	"line 73: more than 72 classes"
rm "$TMP/bad"
LD_PRELOAD=$B/libarena.so ARENA_CONF=classes:$TMP/bad "$program" 65 \
	>"$TMP/out" 2>"$TMP/err"
matches "a missing file" \
	'^arena: ARENA_CONF: classes:.*/bad: cannot be read, ignored$' "$TMP/err"
mkfifo "$TMP/pipe"
LD_PRELOAD=$B/libarena.so ARENA_CONF=classes:$TMP/pipe "$program" 65 \
	>"$TMP/out" 2>"$TMP/err"
matches "a pipe is not waited for" 'cannot be read, ignored$' "$TMP/err"

check "tune writes a table" \
	"$HEAPTAPE" tune --classes -o "$TMP/tuned" "$tape"
matches "and tells what it is worth" 'classes waste [0-9.]+ % of what lives, arena.s own [0-9.]+ %' "$TMP/out"
sizes "that arena takes" "$TMP/tuned" "$(grep -v '#' "$TMP/tuned" | tail -n 1)" \
	32768
# The same, reckoned the plain way from the document.
check "the document" "$HEAPTAPE" tune --classes --json "$tape"
cp "$TMP/out" "$TMP/doc"
"$HEAPTAPE" dump --json "$tape" >"$TMP/events"
check "keeps its promises" python3 - "$TMP/doc" "$TMP/tuned" "$TMP/events" <<'END'
import bisect, json, sys
doc = json.load(open(sys.argv[1]))
fitted, plain = doc["fitted"], doc["plain"]
sizes = fitted["classes"]
lines = [int(l) for l in open(sys.argv[2]) if not l.startswith("#")]
assert sizes == lines, lines
assert sizes == sorted(set(sizes)) and len(sizes) <= 72
assert all(1 << k in sizes for k in range(4, 16))
assert all(b <= max(a * 1.25, a + 16) for a, b in zip(sizes, sizes[1:]))
total = [t["rounding_bytes"] + t["page_bytes"] for t in (fitted, plain)]
assert total[0] < total[1], total

steps = []
for event in map(json.loads, open(sys.argv[3])):
    old, new = event.get("old_addr", "0x0"), event.get("addr", "0x0")
    if "free" in event["kind"]:
        old, new = new, "0x0"
    if event.get("failed"):
        continue
    if old != "0x0":
        steps.append((event["time_ns"], old, 0))
    if new != "0x0":
        steps.append((event.get("end_ns", event["time_ns"]), new,
                      event["size"]))
steps.sort(key=lambda step: step[0])
first, last = steps[0][0], steps[-1][0]
live, waste, asked = {}, 0, 0
for time, address, size in steps + [(last, a, 0) for a in {s[1] for s in steps}]:
    if address in live:
        born, had = live.pop(address)
        if had <= 32768:
            asked += had * (time - born)
            waste += (sizes[bisect.bisect_left(sizes, had)] - had) * (time - born)
    if size:
        live[address] = time, size
span = last - first
assert abs(asked / span / doc["live_mean_bytes"] - 1) < 0.01, asked / span
assert abs(waste / span / fitted["rounding_bytes"] - 1) < 0.01, waste / span
END
exits 2 "tune wants to know what" "$HEAPTAPE" tune "$tape"
exits 2 "and a tape" "$HEAPTAPE" tune --classes
exits 2 "an existing table stays" \
	"$HEAPTAPE" tune --classes -o "$TMP/tuned" "$tape"
head -c 20 "$tape" >"$TMP/cut.tape"
exits 4 "a tape that is none" "$HEAPTAPE" tune --classes "$TMP/cut.tape"
finish
