#!/bin/sh
# SPDX-License-Identifier: MIT
# info, check and dump on whole, cut, damaged and foreign files. UPDATE=1
# writes the expected texts of the golden tapes anew; the tapes themselves are
# never written again.
set -u
. scripts/tap.sh

golden=traces/tests/golden
tool=$B/heaptape-tape
make_tape=$B/traces/tests/make_tape

same()
{
	if [ -n "${UPDATE-}" ]; then
		cp "$TMP/got" "$1"
	fi
	check "$2" diff -u "$1" "$TMP/got"
}

# --- golden tapes ----------------------------------------------------------
for tape in "$golden"/v*.tape; do
	name=$(basename "$tape" .tape)
	"$tool" dump "$tape" >"$TMP/got" 2>/dev/null
	same "$golden/$name.txt" "golden $name is read as ever"
done
(cd "$golden" && "$tool" info --json v1-kinds.tape) >"$TMP/got"
same "$golden/v1-kinds.json" "info --json of v1-kinds has its numbers"
(cd "$golden" && "$tool" info v1-cross.tape) >"$TMP/got"
same "$golden/v1-cross.info" "info of v1-cross has its numbers"
"$tool" dump --json "$golden/v1-kinds.tape" >"$TMP/got"
same "$golden/v1-kinds.jsonl" "dump --json of v1-kinds"
"$tool" dump --json "$golden/v1-notes.tape" >"$TMP/got"
same "$golden/v1-notes.jsonl" "dump --json of v1-notes"
"$tool" dump --stacks "$golden/v1-notes.tape" | grep -E '^(module|frame) ' \
	>"$TMP/got"
same "$golden/v1-notes.stacks" "dump --stacks of v1-notes"
"$tool" dump --stacks --json "$golden/v1-notes.tape" >"$TMP/stacks"
check "dump --stacks --json tells the same" jq -s -e \
	'(map(select(.path)) | length == 2) and .[1].path == "/usr/lib/libwork.so.1"
	 and (map(select(.frame)) | length == 73) and .[74].address == "0x30e0"' \
	"$TMP/stacks"
check "v1-notes has notes of all sorts" jq -s -e \
	'(map(select(.stack)) | length > 50) and
	 (map(select(.latency_ns)) | length > 50) and
	 (map(select(.usable_bytes)) | length > 10) and
	 (map(select(.touched_bytes)) | length > 5)' "$golden/v1-notes.jsonl"

# --- a tape of the generator ----------------------------------------------
"$make_tape" --events 60000 --threads 3 --seed 7 --pattern cross "$TMP/a.tape"
"$make_tape" --events 60000 --threads 3 --seed 7 --pattern cross "$TMP/b.tape"
check "the same seed makes the same tape" cmp "$TMP/a.tape" "$TMP/b.tape"
check "a sound tape passes" "$tool" check "$TMP/a.tape"
matches "check says ok and how many events" \
	'a\.tape: ok, [0-9]+ events$' "$TMP/out"
check "info" "$tool" info "$TMP/a.tape" "$TMP/b.tape"
check "info --json" "$tool" info --json "$TMP/a.tape"
for key in events threads duration_ns live_peak_bytes dropped bytes; do
	matches "info --json has $key" "^  \"$key\": [0-9]+,\$" "$TMP/out"
done
matches "no overlaps in a consistent history" '"overlap_repairs": 0,' \
	"$TMP/out"
matches "no unknown frees in it either" '"unknown_frees": 0,' "$TMP/out"
events=$(sed -n 's/^  "events": \([0-9]*\),/\1/p' "$TMP/out")
"$tool" dump "$TMP/a.tape" >"$TMP/dump"
check "dump has a line per event" test "$(wc -l <"$TMP/dump")" -eq "$events"
check "dump is in the order of time" sort -c -s -n -k 1,1 "$TMP/dump"
"$tool" dump --thread=1 --from=1ms --to=1.2ms "$TMP/a.tape" >"$TMP/part"
awk '$2 == 1 && $1 >= .001 && $1 <= .0012' "$TMP/dump" >"$TMP/want"
check "dump --thread --from --to selects" cmp "$TMP/part" "$TMP/want"
check "the selection is not empty" test -s "$TMP/part"

# --- cut and damaged tapes --------------------------------------------------
size=$(wc -c <"$TMP/a.tape")
head -c $((size - 3000)) "$TMP/a.tape" >"$TMP/cut.tape"
exits 0 "info reads a cut tape" "$tool" info "$TMP/cut.tape"
matches "and warns of what is missing" 'warning: .*cut\.tape' "$TMP/err"
exits 4 "check refuses a cut tape" "$tool" check "$TMP/cut.tape"
matches "check tells the offset of the cut" 'cut at offset [0-9]+' "$TMP/out"
exits 0 "check --repair saves a cut tape" \
	"$tool" check --repair "$TMP/saved.tape" "$TMP/cut.tape"
exits 0 "what was saved is sound" "$tool" check "$TMP/saved.tape"
exits 2 "check --repair does not replace a file" \
	"$tool" check --repair "$TMP/saved.tape" "$TMP/cut.tape"
exits 0 "but with --force" \
	"$tool" check --force --repair "$TMP/saved.tape" "$TMP/cut.tape"

cp "$TMP/a.tape" "$TMP/bad.tape"
printf 'damage' | dd of="$TMP/bad.tape" bs=1 seek=5000 conv=notrunc 2>/dev/null
exits 4 "info refuses a damaged tape" "$tool" info "$TMP/bad.tape"
matches "with file, offset and the way out" \
	'bad\.tape: damaged block at offset [0-9]+ .*--repair' "$TMP/err"
exits 4 "dump refuses it" "$tool" dump "$TMP/bad.tape"
exits 4 "check refuses it" "$tool" check "$TMP/bad.tape"
matches "and tells what is whole" 'are damaged, [0-9]+ events' "$TMP/out"
exits 0 "check --repair saves the rest" \
	"$tool" check --repair "$TMP/rest.tape" "$TMP/bad.tape"
exits 0 "the rest is sound" "$tool" check "$TMP/rest.tape"

# --- stacks -------------------------------------------------------------------
"$make_tape" --events 3000 --notes stack,latency "$TMP/n.tape"
exits 0 "a tape with stacks is sound" "$tool" check "$TMP/n.tape"
matches "and check tells of them" 'stacks of 73 frames in 2 modules' "$TMP/out"
# Behind the header lie the modules, then the frames: damage in each is told.
modules=$(od -An -tu4 -j 12 -N 4 "$TMP/n.tape")
len=$(od -An -tu4 -j $((modules + 36)) -N 4 "$TMP/n.tape")
frames=$((modules + 64 + len))
for offset in $((modules + 90)) $((frames + 90)); do
	cp "$TMP/n.tape" "$TMP/bad.tape"
	printf 'damage' | dd of="$TMP/bad.tape" bs=1 seek=$offset conv=notrunc \
		2>/dev/null
	exits 4 "check refuses damage at offset $offset" \
		"$tool" check "$TMP/bad.tape"
	exits 0 "and repairs it" \
		"$tool" check --force --repair "$TMP/rest.tape" "$TMP/bad.tape"
	matches "without a loss of events" \
		'[1-9][0-9]* events saved to .*, 1 blocks and' "$TMP/out"
	exits 0 "the rest is sound" "$tool" check "$TMP/rest.tape"
done

# --- what is no tape ---------------------------------------------------------
: >"$TMP/empty"
echo hello, world, this is text and no tape at all >"$TMP/text"
cp "$TMP/a.tape" "$TMP/new.tape"
printf '\002' | dd of="$TMP/new.tape" bs=1 seek=8 conv=notrunc 2>/dev/null
exits 2 "a missing tape" "$tool" info "$TMP/none.tape"
matches "is named" 'none\.tape: No such file' "$TMP/err"
exits 2 "a folder" "$tool" info "$TMP"
exits 4 "an empty file" "$tool" check "$TMP/empty"
exits 4 "a text" "$tool" dump "$TMP/text"
matches "is no tape" 'not a tape' "$TMP/err"
exits 4 "a newer version" "$tool" info "$TMP/new.tape"
matches "names both versions" 'format 2, .* up to 1; use a newer' "$TMP/err"
exits 2 "no tape named" "$tool" info
exits 2 "an unknown option" "$tool" info --nope "$TMP/a.tape"
matches "leads to the help" "Try 'heaptape info --help'" "$TMP/err"
exits 2 "an unknown verb" "$tool" nope
exits 2 "no verb" "$tool"
exits 2 "a thread that is not there" "$tool" dump --thread=9 "$TMP/a.tape"

# --- output that cannot be written -------------------------------------------
# shellcheck disable=SC2016 # for the inner shell
check "a full disk is told" sh -c '! "$0" dump "$1" >/dev/full' \
	"$tool" "$TMP/a.tape"
matches "with its reason" 'No space left' "$TMP/err"
# shellcheck disable=SC2016
check "a closed pipe ends dump" sh -c \
	'{ "$0" dump "$1" 2>"$2"; echo $? >"$3"; } | head -n 1' \
	"$tool" "$TMP/a.tape" "$TMP/pipe.err" "$TMP/pipe.rc"
matches "by SIGPIPE" '^141$' "$TMP/pipe.rc"
check "without a word" test ! -s "$TMP/pipe.err"
exits 5 "repair into a folder that is not there" \
	"$tool" check --repair "$TMP/no/such" "$TMP/a.tape"

# --- untrusted text -----------------------------------------------------------
for verb in info check dump; do
	check "$verb --help" "$tool" "$verb" --help
	check "$verb --version" "$tool" "$verb" --version
done
finish
