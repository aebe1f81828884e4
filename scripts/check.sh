#!/bin/sh
# SPDX-License-Identifier: MIT
# Run the unit programs under $B and the end-to-end scripts of all rooms, two
# at a time. Each prints test points (TAP); each has a time limit. The last
# line is "N passed, N failed", with ", N skipped" where something was.
# usage: B=build [T=part-of-a-name] [SAN=...] [JOBS=2] [LIMIT=120] check.sh
set -u

B=$(cd "${B:-build}" && pwd) || exit 1
work=$B/check
limit=${LIMIT:-120}
export B LC_ALL=C.UTF-8
export CMOCKA_MESSAGE_OUTPUT=TAP

# A sanitizer must stop at its first finding. Objects that are preloaded come
# before its runtime in the order of libraries, which is meant so here.
export ASAN_OPTIONS="verify_asan_link_order=0:${ASAN_OPTIONS-}"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS-}"
export TSAN_OPTIONS="halt_on_error=1:${TSAN_OPTIONS-}"

# Run one test; its output, exit status and seconds go to files in $work.
run_one()
{
	out=$work/$(echo "$1" | tr / -)
	start=$(date +%s.%N)
	case $1 in
	*.sh) timeout -k 5 "$limit" sh "$1" ;;
	*) timeout -k 5 "$limit" "$B/$1" ;;
	esac >"$out.tap" 2>"$out.err" </dev/null
	status=$?
	end=$(date +%s.%N)
	echo "$status $start $end" >"$out.status"
	report_one "$1" "$out" "$status"
}

# Count the points of one test; tell what is wrong with it.
report_one()
{
	awk -v name="$1" -v status="$3" -v limit="$limit" '
	FNR == NR && FILENAME ~ /status$/ { seconds = $3 - $2; next }
	# cmocka writes "not ok" before a skip.
	/^(not )?ok.*# *[Ss][Kk][Ii][Pp]/ {
		skipped++
		sub(/^(not )?ok *[0-9]* *-? */, "")
		sub(/^# *[Ss][Kk][Ii][Pp] */, "")
		reason[skipped] = $0
		next
	}
	/^ok/ { passed++ }
	/^not ok/ { failed++ }
	/^1\.\.[0-9]+/ { planned += substr($0, 4) }
	END {
		got = passed + failed + skipped
		if (status == 77 && !got)
			reason[++skipped] = "the whole test"
		else if (status == 124 || status == 137)
			why = "ran longer than " limit " s"
		else if (status > 128)
			why = "died of signal " status - 128
		else if (status && !failed)
			why = "exit status " status " without a failed point"
		else if (!got)
			why = "printed no test points"
		else if (got < planned)
			why = "ended after " got " of " planned " points"
		if (why)
			failed++
		printf "%s\t%d\t%d\t%d\t%.1f\t%s\n", name, passed, failed,
			skipped, seconds, why
		for (i = 1; i <= skipped; i++)
			printf "skip\t%s: %s\n", name, reason[i]
	}' "$2.status" "$2.tap" >"$2.sum"
	awk -F '\t' '$1 != "skip" {
		printf "  %-6s %s (%d of %d, %s s)%s\n", $3 ? "FAILED" : "ok",
			$1, $2, $2 + $3, $5, $6 ? ": " $6 : ""
	}' "$2.sum"
	[ "$(awk -F '\t' '$1 != "skip" { print $3; exit }' "$2.sum")" -eq 0 ] ||
		{
			grep -A 20 '^not ok' "$2.tap" | grep -v '^ok' |
				head -n 200
			tail -n 60 "$2.err"
		} | sed 's/^/    | /'
}

# All names, the long ones first so that they do not run alone at the end.
names()
{
	for script in */tests/*.sh; do
		[ -e "$script" ] && echo "$script"
	done
	for source in */tests/*_test.c; do
		[ -e "$source" ] && echo "${source%.c}"
	done
}

if [ "${1-}" = --one ]; then
	run_one "$2"
	exit 0
fi

rm -rf "$work"
mkdir -p "$work"
names | grep -F -e "${T:-}" >"$work/names" || {
	echo "no test has '${T:-}' in its name" >&2
	echo "0 passed, 0 failed"
	exit 1
}
xargs -P "${JOBS:-2}" -n 1 "$0" --one <"$work/names"

cat "$work"/*.sum 2>/dev/null >"$work/all"
if [ "$(wc -l <"$work/names")" -gt 5 ]; then
	echo "slowest:"
	grep -v '^skip' "$work/all" | sort -t "$(printf '\t')" -k 5,5nr |
		head -n 5 | awk -F '\t' '{ printf "  %6.1f s  %s\n", $5, $1 }'
fi
if grep -q '^skip' "$work/all"; then
	echo "skipped:"
	sed -n 's/^skip\t/  /p' "$work/all"
fi
awk -F '\t' -v names="$(wc -l <"$work/names")" '
$1 != "skip" { tests++; passed += $2; failed += $3; skipped += $4 }
END {
	if (tests < names)
		failed += names - tests
	printf "%d passed, %d failed", passed, failed
	printf skipped ? ", " skipped " skipped\n" : "\n"
	exit failed || !passed
}' "$work/all"
