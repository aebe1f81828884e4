#!/bin/sh
# SPDX-License-Identifier: MIT
# Stacks, from the program to the tape: known chains of functions are found in
# all circumstances, and the program does not notice.
. scripts/tap.sh

T=$B/recorder/tests
tape=$TMP/t.tape
plain="link_take link_bare link_framed link_outer main"

# The tape's chains with the names of functions.
chains_of()
{
	"$T/make_chains" "$1" >"$TMP/raw"
	awk '{ for (i = 2; i <= NF; i++) print $i }' "$TMP/raw" | sort -u \
		>"$TMP/frames"
	cut -d + -f 1 "$TMP/frames" | sort -u | while read -r file; do
		[ -f "$file" ] || continue
		grep -F "$file+" "$TMP/frames" >"$TMP/of_file"
		cut -d + -f 2 "$TMP/of_file" | addr2line -f -e "$file" |
			awk 'NR % 2' | paste -d ' ' "$TMP/of_file" -
	done >"$TMP/names"
	awk 'NR == FNR { name[$1] = $2; next }
	{
		printf "%s", $1
		for (i = 2; i <= NF; i++)
			printf " %s", ($i in name ? name[$i] : $i)
		print ""
	}' "$TMP/names" "$TMP/raw"
}

# record OPTIONS COMMAND...: its output in out, its chains in chains.
# shellcheck disable=SC2317 # called through check and exits
record()
{
	"$HEAPTAPE" record -q -f -o "$tape" "$@"
	recorded=$?
	chains_of "$tape" >"$TMP/chains"
	return "$recorded"
}

# called NR SIZE NAMES: so many allocations of SIZE have a chain that begins so.
# shellcheck disable=SC2317
called()
{
	cut -d ' ' -f 1-12 "$TMP/chains" | grep -E "^$2 " | sort | uniq -c
	[ "$(grep -cE "^$2 $3( |\$)" "$TMP/chains")" -eq "$1" ]
}

# shellcheck disable=SC2317
told()
{
	"$HEAPTAPE" info --json "$tape" | grep -q "\"$1\": \"$2\""
}

check "plain calls" record --stacks=all "$T/rec_stacks" plain
matches "the program is as ever" '^done$' "$TMP/out"
check "functions with and without a frame pointer" called 1 1001 "$plain"
check "frames of variable size" \
	called 2 1002 "link_take link_bare link_variable main"
check "an aligned frame" \
	called 1 1003 "link_take link_bare link_aligned main"
check "recursion" called 1 1004 "link_take( link_again){11} main"
check "not deeper than 64" called 1 1005 "link_take( link_again){63}"
for size in 2001 2002 2003 2004 2005 2006 2007; do
	check "another of the family: $size" called 1 $size "link_family main"
done
check "known walks are the same ones" \
	record --stacks=all "$T/rec_stacks" many
check "known frames of variable size" \
	called 2000 8001 "link_take link_bare link_variable do_many main"
check "known aligned frames" \
	called 2000 8002 "link_take link_bare link_aligned do_many main"
for depth in 1 20 40; do
	check "known recursions, $depth deep" \
		called 50 8003 "link_take( link_again){$depth} do_many main"
done
check "a limit of five" record --stacks=all --depth=5 "$T/rec_stacks" plain
check "ends there" called 1 1004 "link_take( link_again){4}"
check "the tape tells the limit" told stack_depth 5

check "threads" record --stacks=all "$T/rec_stacks" threads
check "begin with their function" \
	called 8 3001 "link_take link_bare link_thread start_thread"
check "signal handlers" record --stacks=all "$T/rec_stacks" signals
check "on the same stack" \
	called 1 4001 "link_take link_handler __restore_rt .*raise link_raise"
check "on another one" \
	called 1 4002 "link_take link_handler __restore_rt .*raise link_raise"
check "in the middle of a function" \
	called 1 4003 "link_take link_segv __restore_rt link_fault do_signals"
check "after a longjmp out of one" called 1 4004 "link_take do_signals main"
check "routines on their own stacks" record --stacks=all "$T/rec_stacks" routines
check "end where they were made" \
	called 5 5001 "link_take link_bare link_routine __start_context\$"
check "also the second time" \
	called 5 5002 "link_take link_routine __start_context\$"
check "and leave the thread's stack alone" \
	called 5 5003 "link_take do_routines main"

# Files that follow each other at one place, with frames of other sizes.
for room in 40 4000; do
	cat >"$TMP/plugin.c" <<-END
		static volatile char sink;
		void run(void (*f)(unsigned long), unsigned long size)
		{
			volatile char room[$room];
			room[size % $room] = 1;
			f(size);
			sink = room[0];
		}
	END
	${CC:-cc} -O2 -shared -fPIC -o "$TMP/plugin$room.so" "$TMP/plugin.c"
done
check "plugins that come and go" record --stacks=all "$T/rec_stacks" plugins \
	"$TMP/plugin40.so" "$TMP/plugin4000.so"
for size in 6001 6002 6003; do
	check "plugin of $size" \
		called 1 $size "link_take link_bare run link_plugin main"
done
check "the first is known" grep -qE "^6001 .*/plugin40.so" "$TMP/raw"
check "the second is known" grep -qE "^6002 .*/plugin4000.so" "$TMP/raw"
check "the first is known again" grep -qE "^6003 .*/plugin40.so" "$TMP/raw"
rm -f "$TMP"/plugin*.so

check "forks" "$HEAPTAPE" record -q -f -o "$TMP/f.tape" --follow=all \
	--stacks=all "$T/rec_stacks" fork
chains_of "$TMP/f.tape" >"$TMP/chains"
check "the parent's" called 1 7001 \
	"link_take link_bare link_framed link_outer do_fork main"
for child in "$TMP"/f-*.tape; do
	chains_of "$child" >"$TMP/chains"
done
check "the child's" called 1 7002 \
	"link_take link_bare link_framed link_outer do_fork main"

check "code of no file" record --stacks=all "$T/rec_stacks" jit
if [ "$(uname -m)" = x86_64 ]; then
	check "by its frame pointer" \
		called 1 9001 "link_take link_jitted [+]0x[0-9a-f]+ link_jit main"
	check "by tables alone" \
		record --stacks=all --unwind=dwarf "$T/rec_stacks" jit
	check "ends there" \
		called 1 9001 "link_take link_jitted [+]0x[0-9a-f]+\$"
fi

${CC:-cc} -O2 -g -fno-builtin -fno-omit-frame-pointer -DALL_FRAMED \
	-o "$TMP/framed" recorder/tests/rec_stacks.c -ldl -pthread
for what in plain many threads signals routines churn; do
	check "frame pointers: $what" \
		record --stacks=all --unwind=fp "$TMP/framed" $what
	matches "the program is as ever: $what" '^done$' "$TMP/out"
	case $what in
	plain)
		check "frame pointers lead to the callers" called 1 1001 "$plain"
		check "through frames of variable size" called 2 1002 \
			"link_take link_bare link_variable main"
		;;
	many)
		check "frame pointers lead to known callers" called 2000 8001 \
			"link_take link_bare link_variable do_many main"
		;;
	esac
done
for what in plain many threads signals routines churn; do
	check "a program without frame pointers lives: $what" \
		record --stacks=all --unwind=fp "$T/rec_stacks" $what
done

if ${CXX:-c++} -O2 -o "$TMP/cxx" recorder/tests/rec_stacks.cpp; then
	check "exceptions" record --stacks=all "$TMP/cxx"
	matches "are all caught" '^100$' "$TMP/out"
	check "operator new" \
		called 100 1101 ".*libstdc[^ ]* [^ ]*link_new[^ ]* main"
	check "functions that exceptions left" \
		called 550 2101 ".*libstdc[^ ]* .*link_throw[^ ]* main"
fi

# At a fixed address, where its segments need not be of one piece.
${CC:-cc} -O2 -fno-builtin -no-pie -Wl,-z,max-page-size=0x200000 \
	-o "$TMP/fixed" recorder/tests/rec_stacks.c -ldl -pthread
check "a program at a fixed address" record --stacks=all "$TMP/fixed" plain
check "has its callers" called 1 1001 "$plain _.* _start\$"

# By chance: within five standard deviations.
nr_stacks()
{
	awk '$1 == 100 && NF > 1 { n++ } END { print n + 0 }' "$TMP/raw"
}
check "one of ten calls" record --stacks=1/10 "$T/rec_stacks" churn
check "is about 2000" test "$(nr_stacks)" -gt 1790 -a "$(nr_stacks)" -lt 2210
check "the tape says so" told stacks 1/10
check "one of 1000 bytes" record --stacks=1000 "$T/rec_stacks" churn
check "is about 1903" test "$(nr_stacks)" -gt 1690 -a "$(nr_stacks)" -lt 2115
check "none" record --stacks=off "$T/rec_stacks" churn
check "is none" test "$(nr_stacks)" -eq 0

for what in nested jump fork; do
	check "handlers in the middle: $what" \
		"$HEAPTAPE" record -q -f -o "$tape" --stacks=all \
		"$T/rec_signals" $what
done

exits 125 "no such rate" "$HEAPTAPE" record --stacks=1/0 true
matches "is told" "stacks=1/0" "$TMP/err"
exits 125 "no such way" "$HEAPTAPE" record --stacks=all --unwind=up true
matches "is told, too" "unwind=up" "$TMP/err"

finish
