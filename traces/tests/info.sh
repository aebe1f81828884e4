#!/bin/sh
# SPDX-License-Identifier: MIT
# info against a model, its sites on a program whose chains are known, its
# plot, and tapes and programs that are not what they seem. UPDATE=1 writes
# the expected texts anew.
set -u
. scripts/tap.sh

golden=traces/tests/golden
tool=$B/heaptape-tape
make_tape=$B/traces/tests/make_tape
here=$(pwd)

same()
{
	if [ -n "${UPDATE-}" ]; then
		cp "$TMP/got" "$1"
	fi
	check "$2" diff -u "$1" "$TMP/got"
}

# --- golden texts ------------------------------------------------------------
(cd "$golden" && "$tool" info v1-notes.tape) >"$TMP/got"
same "$golden/v1-notes.info" "info of v1-notes: stacks, latency, residency"
(cd "$golden" && "$tool" info -q --sites --top=3 v1-notes.tape) \
	>"$TMP/got" 2>"$TMP/notes"
same "$golden/v1-notes.sites" "info --sites of v1-notes"
matches "warns of files that are not here" \
	'prog: the file is not here; its frames are shown as offsets' \
	"$TMP/notes"

# --- the numbers, worked out in another way ----------------------------------
agree()
{
	"$tool" dump --json "$2" >"$TMP/events"
	"$tool" info --top=100000 --json "$2" >"$TMP/info"
	check "$1: the model agrees" \
		python3 traces/tests/info_model.py "$TMP/events" "$TMP/info"
}
if command -v python3 >/dev/null; then
	for pattern in cross realloc aligned kinds; do
		"$make_tape" --events 20000 --threads 3 --seed 5 \
			--pattern $pattern "$TMP/model.tape"
		agree "$pattern" "$TMP/model.tape"
	done
	agree "perl-words" traces/samples/perl-words.tape
	agree "sqlite-orders" traces/samples/sqlite-orders.tape
else
	skip "the model" "no python3"
fi

# --- sites ---------------------------------------------------------------------
symbols()
{
	ldd "$tool" | grep -q libdw
}

# The line of the target that ends in that comment.
line()
{
	grep -n "line: $1 " traces/tests/info_target.cc | cut -d : -f 1
}

# record NAME: run $TMP/NAME onto $TMP/NAME.tape with all stacks.
record()
{
	"$HEAPTAPE" record -q -f --stacks=all -o "$TMP/$1.tape" "$TMP/$1" \
		>/dev/null 2>"$TMP/record.err"
}

# shellcheck disable=SC2317 # called by check
sites()
{
	"$tool" info --sites "$@"
}

build()
{
	c++ -O2 -Wl,--build-id "$@" traces/tests/info_target.cc
}

if ! symbols; then
	skip "sites" "built without elfutils"
elif ! build -g -o "$TMP/full" 2>"$TMP/err"; then
	skip "sites" "no C++ compiler"
else
	record full
	check "sites are named" sites "$TMP/full.tape"
	matches "an inlined function" \
		"500  shop::wrap\(int\) at info_target.cc:$(line wrap) \(full\)|500  wrap at info_target.cc:$(line wrap) \(full\)" "$TMP/out"
	matches "and where it was inlined" \
		" by (shop::)?pack.* at info_target.cc:$(line pack)\$" "$TMP/out"
	matches "a name of C++" \
		" by shop::basket::fill\(int\) at info_target.cc:$(line fill)\$" \
		"$TMP/out"
	matches "a container is not a site" \
		"[0-9]  shop::basket::fill\(int\) at .*:$(line fill) \(full\)\$" \
		"$TMP/out"
	matches "neither is operator new" \
		" 1  keep at info_target.cc:$(line keep) \(full\)\$" "$TMP/out"
	matches "chains of one site are one row" '2 chains: 50.0%' "$TMP/out"

	check "folded by calls" "$tool" info -q --folded=allocs "$TMP/full.tape"
	matches "from the outside in" \
		';main;shop::basket::fill\(int\);[^;]*pack[^;]*;[^;]*wrap[^;]* 500$' \
		"$TMP/out"
	sum=$(awk '{ sum += $NF } END { print sum }' "$TMP/out")
	"$tool" info --json "$TMP/full.tape" >"$TMP/info"
	matches "every call is in one line" "\"allocations\": $sum," "$TMP/info"
	check "folded by bytes that leaked" \
		"$tool" info -q --folded=leaked "$TMP/full.tape"
	matches "what was kept" ';main;keep;operator new.* 70000$' "$TMP/out"
	check "and nothing that was freed" sh -c "! grep fill $TMP/out"
	check "folded by bytes at the peak" \
		"$tool" info -q --folded=peak "$TMP/full.tape"
	sum=$(awk '{ sum += $NF } END { print sum }' "$TMP/out")
	matches "all of the peak" "\"live_peak_bytes\": $sum," "$TMP/info"
	check "sites as JSON" \
		"$tool" info -q --json --sites=allocs "$TMP/full.tape"
	check "of which jq makes sense" sh -c "jq -e '.sites | .by == \"allocs\"
		and .allocations == .exact and (.table[0] | .allocations == 500
		and .allocated_bytes == 500000 and .leaked_bytes == 0 and
		(.heaviest_stack | map(.function) | index(\"main\")))' $TMP/out"

	# Without debug information: names of functions, no lines.
	build -o "$TMP/bare"
	record bare
	check "without -g" sites "$TMP/bare.tape"
	matches "functions have names" '5[0-9]+  shop::basket::fill\(int\) \(bare\)$' \
		"$TMP/out"
	matches "and what would give lines is told" \
		'without debug information.*-dbgsym' "$TMP/err"

	# Stripped, with the debug information beside it.
	cp "$TMP/full" "$TMP/linked"
	objcopy --only-keep-debug "$TMP/linked" "$TMP/linked.debug"
	strip "$TMP/linked"
	(cd "$TMP" && objcopy --add-gnu-debuglink=linked.debug linked)
	record linked
	check "a debug link" sites "$TMP/linked.tape"
	matches "is followed" \
		" by shop::basket::fill\(int\) at info_target.cc:$(line fill)\$" \
		"$TMP/out"
	rm "$TMP/linked.debug"
	check "stripped of all" sites "$TMP/linked.tape"
	matches "offsets stay" '500  linked\+0x[0-9a-f]+$' "$TMP/out"

	# The file of that name is another one now.
	build -g -O0 -o "$TMP/full"
	check "a replaced program" sites "$TMP/full.tape"
	matches "is told" 'full: the file is another one now' "$TMP/err"
	matches "and not believed" '500  full\+0x[0-9a-f]+$' "$TMP/out"
	rm "$TMP/full"
	mkfifo "$TMP/full"
	check "a pipe in its place does not block" \
		timeout 20 "$tool" info --sites "$TMP/full.tape"
	matches "and is no file" 'full: the file is not here' "$TMP/err"

	# A sample of the stacks.
	"$HEAPTAPE" record -q -f --stacks=1/5 -o "$TMP/part.tape" "$TMP/bare" \
		>/dev/null 2>&1
	check "sampled stacks" sites "$TMP/part.tape"
	matches "are estimates" \
		'estimates from the stack of one call in 5, each' "$TMP/out"
	matches "beside what is known" 'together .* \+- .*, where there were ' \
		"$TMP/out"

	# A name that wants to be more than a name.
	evil="$TMP/a;b 7
$(printf '\033[31m')"
	cp "$TMP/bare" "$evil"
	strip "$evil"
	"$HEAPTAPE" record -q -f --stacks=all -o "$TMP/evil.tape" "$evil" \
		>/dev/null 2>&1
	check "a hostile name, folded" "$tool" info -q --folded=allocs \
		"$TMP/evil.tape"
	check "keeps to its place" sh -c \
		"! grep -vE '^([^;]+;)*[^;]+ [0-9]+\$' $TMP/out"
	check "without control characters" sh -c \
		"! LC_ALL=C grep -q '[[:cntrl:]]' $TMP/out"
	check "and in the table" sites "$TMP/evil.tape"
	check "without them as well" sh -c \
		"! LC_ALL=C grep -q '[[:cntrl:]]' $TMP/out"
fi
check "a tape without stacks" sites "$golden/v1-churn.tape"
matches "says what to record" 'no stacks on this tape.*--stacks' "$TMP/out"

# --- over time -----------------------------------------------------------------
check "a timeline" "$tool" info --timeline traces/samples/perl-words.tape
cp "$TMP/out" "$TMP/rows"
check "has times that rise" sort -c -n -t , -k 1,1 "$TMP/rows"
check "and columns" awk -F , 'NF != 10 { exit 1 }' "$TMP/rows"
"$tool" info --json traces/samples/perl-words.tape >"$TMP/info"
most=$(awk -F , 'NR > 1 && $3 > most { most = $3 } END { print most }' "$TMP/rows")
matches "the most of it is the peak" "\"live_peak_bytes\": $most," "$TMP/info"
events=$(awk -F , 'NR > 1 { sum += $4 } END { print sum }' "$TMP/rows")
matches "all events are in it" "\"events\": $events," "$TMP/info"

if command -v gnuplot >/dev/null; then
	cd "$TMP" || exit 1
	# shellcheck disable=SC2016 # nothing of it shall expand
	"$HEAPTAPE" record -q -f -o evil.tape true "'; system('touch pwned') #" \
		'`touch pwned`' '</text><script>&' '@0@ {/*9 x}' >/dev/null
	for kind in svg png; do
		check "a plot as $kind" \
			"$tool" info --plot=live.$kind evil.tape
		check "is there" test -s live.$kind
	done
	matches "PNG it is" 'PNG' live.png
	if command -v python3 >/dev/null; then
		check "SVG is XML" python3 -c \
			"import xml.dom.minidom as x; x.parse('live.svg')"
	fi
	check "the command line stays a title" \
		sh -c '! test -e pwned && ! grep -q "<script" live.svg'
	exits 2 "a plot replaces no file" "$tool" info --plot=live.svg evil.tape
	exits 0 "but with --force" "$tool" info -f --plot=live.svg evil.tape
	cd "$here" || exit 1
else
	skip "the plot" "no gnuplot"
fi
exits 5 "a plot without gnuplot" env PATH=/nowhere "$tool" info \
	--plot="$TMP/none.svg" "$golden/v1-churn.tape"
matches "tells what to install" 'gnuplot is missing; install' "$TMP/err"
check "and leaves no file" sh -c "! ls $TMP/none.svg* 2>/dev/null"
exits 2 "a plot of no known kind" "$tool" info --plot=x.pdf "$golden/v1-churn.tape"
exits 2 "a plot of two tapes" "$tool" info --plot="$TMP/x.svg" \
	"$golden/v1-churn.tape" "$golden/v1-cross.tape"
exits 2 "two outputs at once" "$tool" info --folded --timeline \
	"$golden/v1-churn.tape"
exits 2 "sites by what is not known" "$tool" info --sites=size \
	"$golden/v1-churn.tape"
matches "tells what is" "'size' is none of allocs, bytes, peak and leaked" \
	"$TMP/err"
finish
