#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of the house, on a small tree of its own: each rule must notice
# what breaks it, and a clean tree must pass.
. scripts/tap.sh

tree=$TMP/tree
mkdir -p "$tree/scripts" "$tree/traces/base" "$tree/recorder/shim" \
	"$tree/results"
cp scripts/lint.sh scripts/format.sh scripts/man.sh scripts/heaptape.1.in \
	"$tree/scripts/"
cp traces/base/version.h "$tree/traces/base/"
cp .clang-format "$tree/"
spdx='// SPDX-License-Identifier: MIT'

lint()
{
	(cd "$tree" && GIT_DIR=/nonexistent B=out scripts/lint.sh) \
		>"$TMP/lint" 2>&1
}

notices()
{
	matches "$1" "$2" "$TMP/lint"
}

printf '%s\n' "$spdx" '#include "traces/base/version.h"' \
	'int good(void);' 'int good(void)' '{' '	return 0;' '}' \
	>"$tree/results/good.c"
lint
grep '^not ok' -A 5 "$TMP/lint" >"$TMP/out"
check "a clean tree passes" test ! -s "$TMP/out"

printf '%s\n' "$spdx" '#include "results/b.h"' '#include <stdio.h>' \
	>"$tree/recorder/shim/bad.c"
printf '%s\n' '#include <stdio.h>' 'void talk(void)' '{' \
	'	printf("x");' '}' >"$tree/results/talk.c"
printf '%s\n' "$spdx" '#ifndef WRONG' '#define WRONG' 'int f(size_t n);' \
	'#endif' >"$tree/results/b.h"
{
	echo "$spdx"
	echo 'int long_one(void);'
	echo 'int long_one(void)'
	echo '{'
	yes '	;' | head -n 61
	echo '}'
	yes '' | head -n 450
} >"$tree/results/long.c"
printf '%s\n' "$spdx" 'typedef struct x y;' 'int a; ' \
	>"$tree/results/words.c"
touch "$tree/NOTES"
lint
check "breaches end in failure" test $? -eq 1
notices "an include against the direction" \
	'recorder/shim/bad.c: must not include results/b.h'
notices "stdio in the recorded process" 'recorder/shim/bad.c:.*stdio'
notices "a library that prints" 'results/talk.c:.*printf'
notices "a file without a licence" 'results/talk.c: no SPDX line'
notices "a guard of another name" 'results/b.h: guard is not RESULTS_B_H'
notices "a header that needs another" 'results/b.h: does not compile alone'
notices "a long function" 'results/long.c:4: function of 61 lines'
notices "a long file" 'results/long.c: 51[0-9] lines, more'
notices "a typedef of a struct" 'results/words.c:2:typedef struct'
notices "trailing blanks" 'results/words.c:3:int a; $'
notices "a stray file at the top" 'NOTES: does not belong'
finish
