#!/bin/sh
# SPDX-License-Identifier: MIT
# Static checks of the whole tree: linters where they are installed, and the
# rules of the house. One line for each check, TAP-like; what offends follows
# it. Exit status 1 if anything does.
# usage: B=build scripts/lint.sh     (B has the shared objects)
set -u

B=${B:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/heaptape-lint.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
passed=0
failed=0
skipped=0

# Judge a check by what it printed to $tmp/out: offenders, one a line.
judge()
{
	if [ -s "$tmp/out" ]; then
		failed=$((failed + 1))
		echo "not ok - $1"
		head -n 60 "$tmp/out" | sed 's/^/    /'
	else
		passed=$((passed + 1))
		echo "ok - $1"
	fi
}

pass_over()
{
	skipped=$((skipped + 1))
	echo "ok - $1 # SKIP $2"
}

have()
{
	command -v "$1" >/dev/null 2>&1
}

# All files of the house that are there, by pattern; untracked ones too.
files()
{
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -- "$@"
	else
		for pattern; do
			find . -path './build*' -prune -o -name "$pattern" -print
		done | sed 's|^\./||'
	fi | sort -u | while read -r file; do
		[ -e "$file" ] && echo "$file"
	done
}

sources=$(files '*.c')
headers=$(files '*.h')
shell=$(files '*.sh' .ci/run)
cflags='-std=gnu11 -D_GNU_SOURCE -I.'

# --- linters ---------------------------------------------------------------

lint_format()
{
	scripts/format.sh --check >"$tmp/out" 2>/dev/null
	if [ $? -eq 77 ]; then
		pass_over "C files are in the house style" "no clang-format 14"
	else
		judge "C files are in the house style"
	fi
}

lint_clang_tidy()
{
	have clang-tidy || {
		pass_over "clang-tidy" "not installed"
		return
	}
	# shellcheck disable=SC2086,SC2016 # lists of words; $@ is for sh
	echo $sources | xargs -P 2 -n 6 sh -c \
		'clang-tidy --quiet "$@" -- '"$cflags"' 2>&1' sh |
		grep -E '(warning|error):' | sort -u >"$tmp/out"
	judge "clang-tidy"
}

lint_cppcheck()
{
	have cppcheck || {
		pass_over "cppcheck" "not installed"
		return
	}
	# A right shift of a negative number is arithmetic with gcc and clang.
	# Tests misuse memory on purpose.
	# shellcheck disable=SC2046
	cppcheck --quiet --std=c11 -j 2 -I. -D_GNU_SOURCE -D__x86_64__=1 \
		--enable=warning,portability,performance --inline-suppr \
		--suppress=missingInclude --suppress=unknownMacro \
		--suppress=shiftTooManyBitsSigned \
		--suppress=shiftNegativeLHS --template=gcc \
		$(echo "$sources" | grep -v /tests/) 2>"$tmp/all"
	grep -E '(error|warning|portability|performance):' "$tmp/all" \
		>"$tmp/out"
	judge "cppcheck"
}

lint_shellcheck()
{
	have shellcheck || {
		pass_over "shellcheck" "not installed"
		return
	}
	# shellcheck disable=SC2086
	shellcheck -x -f gcc $shell >"$tmp/out" 2>&1
	judge "shellcheck"
}

lint_man()
{
	have man || {
		pass_over "manual pages" "no man"
		return
	}
	scripts/man.sh "$B" heaptape scripts/heaptape.1.in |
		LC_ALL=C.UTF-8 man --warnings -l - >/dev/null 2>"$tmp/out"
	judge "heaptape(1) has no warnings"
}

# --- the rules of the house ------------------------------------------------

# Which rooms may include what of ours; the first pattern that fits counts.
lint_directions()
{
	# shellcheck disable=SC2086
	grep -nE '^# *include +"' $sources $headers /dev/null |
		sed -E 's/:[0-9]+:.*"(.*)".*/ \1/' | awk '
	function allow(where, what) { place[++n] = where; may[n] = what }
	BEGIN {
		allow("^scripts/bench/", "^scripts/bench/")
		allow("^traces/base/|^scripts/", "^traces/base/")
		allow("^traces/tests/", "^traces/")
		allow("^traces/tool/", "^traces/")
		allow("^traces/", "^traces/[^/]*$|^traces/base/")
		allow("^recorder/tests/", "^recorder/|^traces/")
		allow("^recorder/shim/", "^recorder/")
		allow("^recorder/", "^recorder/|^traces/[^/]*$|^traces/base/")
		allow("^allocators/arena/", "^allocators/arena/")
		allow("^allocators/tests/", "^allocators/|^traces/base/")
		allow("^allocators/", "^allocators/|^traces/base/")
		allow("^replayer/worker/",
			"^replayer/|^allocators/statistics.h$")
		allow("^replayer/tests/",
			"^replayer/|^allocators/|^traces/|^results/")
		allow("^replayer/", "^replayer/|^allocators/registry.h$|" \
			"^traces/[^/]*$|^traces/base/|^results/result.*[.]h$")
		allow("^results/", "^results/|^traces/base/")
		allow(".", "^$")
	}
	{
		for (i = 1; $1 !~ place[i]; i++)
			;
		if ($2 !~ may[i])
			print $1 ": must not include " $2
	}' >"$tmp/out"
	judge "include directions"
}

# The processes that are measured and recorded stay nearly empty; a library
# is used where its room is.
lint_libraries()
{
	{
		# shellcheck disable=SC2086
		grep -nE '# *include +<(stdio|jansson|zstd|libelf|gelf)\.h>' \
			$sources $headers /dev/null |
			grep -E '^(recorder/shim|replayer/worker|allocators/arena)/|^allocators/statistics\.'
		# shellcheck disable=SC2086
		grep -nE '# *include +<zstd.*\.h>' $sources $headers |
			grep -v '^traces/'
		# shellcheck disable=SC2086
		grep -nE '# *include +<jansson\.h>' $sources $headers |
			grep -vE '^(traces/tool|results|[a-z]*/tests)/' |
			grep -vE '^(allocators/allocators|recorder/ctl)_main\.c'
	} >"$tmp/out"
	judge "libraries only where they belong"
}

lint_sizes()
{
	{
		# shellcheck disable=SC2086
		wc -l $sources | awk '$2 != "total" && $1 > 450 {
			print $2 ": " $1 " lines, more than 450" }'
		# shellcheck disable=SC2086
		wc -l $headers | awk '$2 != "total" && $1 > 150 {
			print $2 ": " $1 " lines, more than 150" }'
		# shellcheck disable=SC2086
		awk '/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start - 1 > 60)
				print FILENAME ":" start ": function of " \
					FNR - start - 1 " lines, more than 60"
			start = 0
		}' $sources $headers
	} >"$tmp/out"
	judge "sizes of files and functions"
}

lint_headers_alone()
{
	# shellcheck disable=SC2086
	for header in $headers; do
		${CC:-cc} $cflags -Wall -Werror -fsyntax-only -x c "$header" \
			>"$tmp/one" 2>&1 || echo "$header: does not compile alone"
	done >"$tmp/out"
	judge "headers compile alone"
}

# The second machine: with the headers of this one where it has none.
lint_aarch64()
{
	have aarch64-linux-gnu-gcc || {
		pass_over "compiles for aarch64" "no aarch64-linux-gnu-gcc"
		return
	}
	multiarch=/usr/include/$(${CC:-cc} -print-multiarch)
	# shellcheck disable=SC2086
	echo $sources | xargs -P 2 -n 8 aarch64-linux-gnu-gcc $cflags -Wall \
		-Wextra -idirafter /usr/include -idirafter "$multiarch" \
		-fsyntax-only >"$tmp/out" 2>&1
	judge "compiles for aarch64"
}

lint_guards()
{
	for header in $headers; do
		guard=$(echo "$header" | tr '[:lower:]/.-' '[:upper:]___')
		grep -q "^#ifndef $guard\$" "$header" ||
			echo "$header: guard is not $guard"
	done >"$tmp/out"
	judge "include guards follow the path"
}

# Libraries say what is wrong by errors; tools print and exit.
lint_quiet_libraries()
{
	printf '%s\n' "$sources" |
		grep -vE '_main\.c$|/tests/|^traces/(tool|base)/|^scripts/' |
		grep -vE '/(render|format|terminal|html|markdown|plot)[a-z_]*\.c$' \
			>"$tmp/list"
	xargs grep -nE \
		'(^|[^_[:alnum:]])(exit|v?printf|puts|putchar|perror)\(|[^_[:alnum:]](stdout|stderr)[^_[:alnum:]]' \
		/dev/null <"$tmp/list" | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)' \
		>"$tmp/out"
	judge "libraries neither print nor exit"
}

lint_words()
{
	{
		# shellcheck disable=SC2086
		grep -nE 'TO''DO|FIX''ME|XX''X[^X]' $sources $headers $shell |
			grep -v '\.XXXXXX'
		# shellcheck disable=SC2086
		grep -nE '^typedef (struct|union)|[^_[:alnum:]]volatile[^_[:alnum:]]' \
			$sources $headers |
			grep -vE 'asm|sig_atomic_t|:[0-9]+:[[:space:]]*(/?\*|//)' |
			grep -vE '^[a-z]*/tests/'
		# shellcheck disable=SC2086
		grep -nE '[[:space:]]+$' $sources $headers $shell
	} >"$tmp/out"
	judge "no loose ends, typedefs, volatile, trailing blanks"
}

lint_licence()
{
	for file in $sources $headers $shell $(files '*.py' '*.gp' '*.lua'); do
		head -n 3 "$file" |
			grep -q 'SPDX-License-Identifier: MIT' ||
			echo "$file: no SPDX line"
	done >"$tmp/out"
	judge "each file names its licence"
}

lint_top_level()
{
	allowed=' Makefile recorder replayer allocators traces scripts results
		README.md LICENSE .ci .github .clang-format .clang-tidy
		.editorconfig .gitignore '
	files '*' | cut -d / -f 1 | sort -u | while read -r name; do
		echo "$allowed" | grep -qE "(^|[[:space:]])$name([[:space:]]|\$)" ||
			echo "$name: does not belong at the top level"
	done >"$tmp/out"
	judge "the top level is that of the design"
}

# The names that a shared object exports are those of its version script.
lint_exports()
{
	map=$(files "*/${1%.so}.map" '*/shim.map' '*/arena.map' |
		grep "/$2.map\$")
	if [ ! -e "$B/$1" ] || [ -z "$map" ]; then
		pass_over "exports of $1" "not built"
		return
	fi
	sed -e 's|/\*.*\*/||; s|#.*||; s|[;{}]|\n|g' "$map" |
		sed 's/^[[:space:]]*//; s/[[:space:]]*$//' | awk '
		/^local:/ { public = 0 }
		{ sub(/^global:[[:space:]]*/, "", $0) || 0 }
		/^[A-Za-z_][A-Za-z0-9_*]*$/ { print }' |
		grep -vE '^(HEAPTAPE|ARENA)[A-Z0-9_.]*$' | sort -u >"$tmp/map"
	nm -D --defined-only "$B/$1" | awk '$2 != "A" { print $3 }' |
		sed 's/@.*//' | sort -u >"$tmp/names"
	{
		comm -13 "$tmp/map" "$tmp/names" | while read -r name; do
			sed -n 's/\*/.*/p' "$tmp/map" >"$tmp/patterns"
			echo "$name" | grep -qxf "$tmp/patterns" ||
				echo "$1 exports $name, which $map does not list"
		done
		comm -23 "$tmp/map" "$tmp/names" | grep -v '\*' |
			sed "s|\$|: listed in $map, not exported by $1|"
	} >"$tmp/out"
	judge "exports of $1"
}

lint_format
lint_clang_tidy
lint_cppcheck
lint_shellcheck
lint_man
lint_directions
lint_libraries
lint_sizes
lint_headers_alone
lint_aarch64
lint_guards
lint_quiet_libraries
lint_words
lint_licence
lint_top_level
lint_exports libheaptape.so shim
lint_exports libarena.so arena

printf 'lint: %d passed, %d failed' $passed $failed
[ $skipped -eq 0 ] || printf ', %d skipped' $skipped
echo
[ $failed -eq 0 ]
