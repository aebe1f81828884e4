#!/bin/sh
# SPDX-License-Identifier: MIT
# Every function of the malloc family arrives on the tape as it was called.
. scripts/tap.sh

T=$B/recorder/tests
tape=$TMP/calls.tape

# Print the calls with sizes from 7000 on, without addresses and times.
calls()
{
	"$HEAPTAPE" dump "$1" | sed -E 's/^.{20}[0-9 ]*//
		s/0x[0-9a-f]+/P/g; s/ in [0-9]+ ns$//' | grep -E '^[a-z_]+\('
}

# The kind of the event, as `info --json` counts them.
nr_of()
{
	"$HEAPTAPE" info --json "$tape" |
		sed -nE "s/^ *\"$1\": ([0-9]+),?\$/\1/p" | tail -n 1
}

check "a program that calls them all runs as without us" \
	"$HEAPTAPE" record -o "$tape" "$T/rec_calls"
calls "$tape" >"$TMP/calls"
while read -r call; do
	check "$call" grep -qxF -- "$call" "$TMP/calls"
done <<'END'
malloc(7001) = P
realloc(P, 70010) = P
reallocarray(P, 70020) = P
calloc(7021) = P
realloc(NULL, 7004) = P
malloc(0) = P
posix_memalign(align 64, 7011) = P
aligned_alloc(align 128, 7040) = P
memalign(align 256, 7013) = P
valloc(align 4096, 7014) = P
pvalloc(align 4096, 7015) = P
malloc(9223372036854775807) = NULL failed
calloc(18446744073709551615) = NULL failed
reallocarray(P, 18446744073709551615) = NULL failed
realloc(P, 9223372036854775807) = NULL failed
posix_memalign(align 3, 7022) = NULL failed
malloc(3221225472) = P
malloc(7031) = P
free_sized(P, 7031)
free_aligned_sized(P, align 64, 7040)
END
check "free(NULL) is counted" test "$(nr_of null_frees)" -eq 3
check "no free is unknown" test "$(nr_of unknown_frees)" -eq 0
check "no blocks overlap" test "$(nr_of overlap_repairs)" -eq 0
check "it asks for usable sizes, which is told" jq -e '.end.asks_usable' - \
	<<END
$("$HEAPTAPE" info --json "$tape")
END
check "not of one that does not" jq -e '.end.asks_usable == false' - <<END
$("$HEAPTAPE" record -q -o "$TMP/true.tape" true &&
	"$HEAPTAPE" info --json "$TMP/true.tape")
END
"$HEAPTAPE" info "$tape" >"$TMP/info"
matches "nor is it kept from a reader" 'usable sizes +asked for' "$TMP/info"
check "failed calls are told apart" test "$(nr_of failed_calls)" -eq 5

check "they do with an allocator that has all of the family, too" \
	"$HEAPTAPE" record -f -o "$TMP/arena.tape" sh -c \
	"LD_PRELOAD=\$LD_PRELOAD:$B/libarena.so exec \"\$@\"" sh "$T/rec_calls"

"$T/rec_calls" edges >"$TMP/plain"
check "calls at their edges" "$HEAPTAPE" record -q -f -o "$tape" \
	"$T/rec_calls" edges
check "do what they do without us" cmp "$TMP/plain" "$TMP/out"
check "and leave a sound tape" "$HEAPTAPE" check "$tape"

check "errno and contents survive full rings" \
	"$HEAPTAPE" record -f -o "$tape" "$T/rec_calls" many
check "every one of many calls is there" \
	test "$("$HEAPTAPE" dump "$tape" | grep -cF 'malloc(7041)')" -eq 100000

check "before main, after it, in late libraries" \
	"$HEAPTAPE" record -f -o "$tape" "$T/rec_early"
calls "$tape" >"$TMP/calls"
for size in 7001 7002 7003 7004; do
	check "block of $size bytes" grep -qxF "malloc($size) = P" "$TMP/calls"
done
check "the block from before main is freed after it" \
	sh -c "\"$HEAPTAPE\" dump \"$tape\" | awk '
		/malloc\\(7001\\)/ { addr = \$NF }
		addr != \"\" && index(\$0, \"free(\" addr) { found = 1 }
		END { exit !found }'"
finish
