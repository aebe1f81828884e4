#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape record as a command: options, outputs, exit codes, signals, words.
. scripts/tap.sh

T=$B/recorder/tests
cd "$TMP" || exit 1

# shellcheck disable=SC2317 # called through check and exits
record()
{
	"$HEAPTAPE" record "$@"
}

check "--help" record --help
matches "it names the exit codes" '127 it' "$TMP/out"
exits 125 "no command" record
matches "the way out" "Try 'heaptape record --help'" "$TMP/err"
exits 125 "an unknown option" record --nonsense true
exits 127 "a command that does not exist" record -o x.tape no-such-command
check "leaves no tape" test ! -e x.tape
: >not-executable
exits 126 "a file that is not executable" record -o x.tape ./not-executable
check "leaves no tape either" test ! -e x.tape
exits 125 "a folder that does not exist" record -o none/x.tape true
matches "which is named" 'none/x.tape: No such file' "$TMP/err"

check "the output has a default name" record true
check "made of program and process" sh -c 'ls true-*.tape'
rm -f true-*.tape
exits 1 "the program's exit status" record -o x.tape -- false
exits 125 "an existing output is refused" record -o x.tape true
matches "with the way out" 'use -f' "$TMP/err"
cp x.tape kept.tape
exits 127 "a failed start with -f" record -f -o x.tape no-such-command
check "keeps what was there" cmp x.tape kept.tape
check "-f replaces it" record -f -o x.tape true
exits 9 "options of the program are its own" \
	record -f -o x.tape sh -c 'exit 9' -o y
check "-q says nothing" record -q -f -o x.tape true
check "nothing at all" test ! -s err

# A pipe tells no position: what was written to it is counted.
"$HEAPTAPE" record -f -o /dev/stdout true 2>err | wc -c >piped
length=$(awk '{ if ($1 < 1024) print $1 " B"
	else printf "%.2f KiB", $1 / 1024 }' piped)
matches "a tape into a pipe has its true length" "$length\$" err

evil=$(printf 'a\033[2Jb\302\233mc')
cp /bin/true "$evil"
record -f -o x.tape "./$evil" 2>err
matches "a name that commands the terminal is made harmless" \
	'/a[?].2Jb[?][?]mc exited with 0' err

many=$(head -c 100000 /dev/zero | tr '\0' x)
check "a command line longer than a header may be" record -f -o x.tape \
	true "$many" "$many" "$many" "$many" "$many" "$many" "$many" "$many" \
	"$many" "$many" "$many" "$many"
check "is cut" sh -c "'$HEAPTAPE' info --json x.tape |
	grep '\"command\": \"true x*\.\.\.\"'"

check "standard input and output are the program's" \
	sh -c "echo text | '$HEAPTAPE' record -q -f -o x.tape cat | grep -qx text"

"$HEAPTAPE" record -f -o x.tape sh -c ': >&2' 2>&- >&- <&-
check "closed standard descriptors stay closed" test $? -ne 0
check "and do no harm to the tape" "$HEAPTAPE" check x.tape

# Programs that cannot be recorded still run, and we say why.
echo 'int main(void) { return 4; }' >four.c
if cc -static -o four four.c 2>/dev/null; then
	exits 4 "a static program runs" record -f -o x.tape ./four
	matches "and is told of" 'linked statically' "$TMP/err"
	cc -static -o slow -xc - <<-END
		#include <unistd.h>
		int main(void) { sleep(1); return 4; }
	END
	exits 4 "also behind exec" record -f -o x.tape sh -c 'exec ./slow'
	matches "and is told of" 'slow.*linked statically' "$TMP/err"
else
	skip "a static program" "no static C library"
fi
cat >own.c <<'END'
#include <stddef.h>
static char pool[1 << 20];
static size_t used;
void *malloc(size_t size)
{
	void *p = pool + used;

	used += (size + 15) & ~(size_t)15;
	return p;
}
void free(void *p)
{
	(void)p;
}
int main(void)
{
	free(malloc(7001));
	return 4;
}
END
if cc -fno-builtin -o own own.c 2>/dev/null; then
	exits 4 "a program with its own malloc runs" record -f -o x.tape ./own
	matches "and is told of" 'malloc is defined by .*own' "$TMP/err"
fi

# A program that is no PIE and takes malloc's address has a stub of that name.
cat >stub.c <<'END'
#include <stdlib.h>
void *(*allocate)(size_t) = malloc;
int main(void)
{
	free(allocate(7001));
	return 4;
}
END
if cc -no-pie -fno-pic -fno-builtin -o stub stub.c 2>/dev/null; then
	exits 4 "a program with a stub runs" record -f -o x.tape ./stub
	check "its malloc is the library's" \
		sh -c "! grep 'is defined by' '$TMP/err'"
	check "and recorded" sh -c \
		"'$HEAPTAPE' dump x.tape | grep -q 'malloc.*7001'"
fi

# In a program that is no PIE, malloc's address is that of its own stub.
cat >stub.c <<'END'
#include <stdlib.h>
static void *(*volatile allocate)(size_t) = malloc;
int main(void)
{
	free(allocate(7001));
	return 4;
}
END
if cc -fno-builtin -fno-pie -no-pie -o stub stub.c 2>/dev/null; then
	exits 4 "a program that is no PIE" record -f -o x.tape ./stub
	"$HEAPTAPE" dump x.tape >stub.txt
	matches "is recorded" 'malloc.7001.' stub.txt
	check "without a warning" sh -c '! grep warning err'
fi

# A full disk ends the recording, not the program.
exits 3 "a full disk" record -f -o /dev/full "$T/rec_processes" end exit
matches "is told of" 'No space left' "$TMP/err"

# Signals sent to the recorder reach the program.
for signal in TERM:143 HUP:129 USR1:138; do
	"$HEAPTAPE" record -q -f -o s.tape sleep 5 2>err &
	recorder=$!
	sleep 0.3
	kill -s "${signal%:*}" $recorder
	wait $recorder
	check "SIG${signal%:*} is passed on" test $? -eq "${signal#*:}"
done
"$HEAPTAPE" record -q -f -o s.tape \
	sh -c 'trap "exit 5" TERM; while :; do sleep 0.1; done' 2>err &
recorder=$!
sleep 0.5
kill $recorder
wait $recorder
check "and the program may handle them" test $? -eq 5
# The best of five: other programs may hold the machine now and then.
# shellcheck disable=SC2317 # called through check
best_overhead()
{
	best=999999
	for _ in 1 2 3 4 5; do
		begin=$(date +%s%N)
		"$HEAPTAPE" record -q -f -o "$TMP/end.tape" sleep 0.5
		took=$((($(date +%s%N) - begin) / 1000000 - 500))
		[ "$took" -ge "$best" ] || best=$took
	done
	echo "$best ms after the program"
	[ "$best" -lt 100 ]
}
check "the recorder ends right after its program" best_overhead

finish
