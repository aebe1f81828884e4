#!/bin/sh
# SPDX-License-Identifier: MIT
# Run the tape reader under libFuzzer with the golden tapes and the samples as
# first corpus. What it finds lies in $B as crash-*; exit status 1 then, 77
# when clang or its runtime is missing.
# usage: B=build-fuzz fuzz.sh [SECONDS]
set -eu

seconds=${1:-60}
B=${B:-build-fuzz}
CC=${FUZZ_CC:-clang}

missing()
{
	echo "fuzz: $1; install clang and libclang-rt-dev" \
		"(scripts/install-deps.sh names them)" >&2
	exit 77
}

command -v "$CC" >/dev/null 2>&1 || missing "no $CC"
mkdir -p "$B/corpus"
cat >"$B/probe.c" <<'END'
int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n);
int LLVMFuzzerTestOneInput(const unsigned char *p, unsigned long n)
{
	return p && n > 1u << 30;
}
END
"$CC" -fsanitize=fuzzer,address,undefined -o "$B/probe" "$B/probe.c" \
	2>"$B/probe.err" || missing "$CC has no libFuzzer runtime"

"$CC" -std=gnu11 -D_GNU_SOURCE -g -O1 -I. \
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	-o "$B/fuzz_reader" traces/tests/fuzz/fuzz_reader.c traces/*.c \
	traces/base/err.c -lzstd

for tape in traces/tests/golden/*.tape traces/tests/fuzz/found/*.tape \
	traces/samples/*.tape; do
	# Large tapes make slow inputs; the small ones reach the same code.
	[ -e "$tape" ] && [ "$(wc -c <"$tape")" -lt 100000 ] &&
		cp "$tape" "$B/corpus/"
done
"$B/fuzz_reader" -max_total_time="$seconds" -max_len=65536 -timeout=10 \
	-rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$B/" "$B/corpus" 2>"$B/fuzz.log" || {
	tail -n 60 "$B/fuzz.log"
	echo "fuzz: found something; the input is $B/crash-* (or timeout-*," \
		"oom-*); run: $B/fuzz_reader FILE" >&2
	exit 1
}
sed -n 's/^stat::number_of_executed_units: */fuzz: nothing found in runs: /p' \
	"$B/fuzz.log"
