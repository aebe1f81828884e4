#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever allocator a program brings as a library is recorded from above:
# each call once, also of C++'s operators, which may never pass malloc.
. scripts/tap.sh
. recorder/tests/compare.inc

# shellcheck disable=SC2016 # this is for sh -c
check "an LD_PRELOAD that is there already" sh -c '
	LD_PRELOAD=libm.so.6 "$HEAPTAPE" record -q -f -o "$tape" \
		sh -c "echo \"\$LD_PRELOAD\"" | grep -q "heaptape.so:libm.so.6\$"'

# Run something under the recorder with another library behind ours; the
# recorder itself, which may be sanitized, is left alone.
# shellcheck disable=SC2317 # called through check
over()
{
	behind=$1
	shift
	record -q sh -c "LD_PRELOAD=\$LD_PRELOAD${behind:+:$behind} exec \"\$@\"" \
		sh "$@"
}

# The forms of operator new and delete, all pairs that belong together. An
# aligned block is as large as no other; some libraries round up.
cat >"$TMP/new.cc" <<'END'
#include <cstdio>
#include <new>
#include <stdexcept>
#include <thread>

static const std::align_val_t wide{256};
static const std::nothrow_t &quiet = std::nothrow;

static void plain(size_t n)
{
	operator delete(operator new(n));
	operator delete(operator new(n + 1), n + 1);
	operator delete(operator new(n + 2), quiet);
	operator delete(operator new(n + 3, quiet));
	operator delete(operator new(n + 4, quiet), n + 4);
	operator delete(operator new(n + 5, quiet), quiet);
	operator delete[](operator new[](n + 6));
	operator delete[](operator new[](n + 7), n + 7);
	operator delete[](operator new[](n + 8), quiet);
	operator delete[](operator new[](n + 9, quiet));
	operator delete[](operator new[](n + 10, quiet), n + 10);
	operator delete[](operator new[](n + 11, quiet), quiet);
}

static void aligned(size_t n)
{
	operator delete(operator new(n, wide), wide);
	operator delete(operator new(n + 256, wide), n + 256, wide);
	operator delete(operator new(n + 512, wide), wide, quiet);
	operator delete(operator new(n + 768, wide, quiet), wide);
	operator delete(operator new(n + 1024, wide, quiet), n + 1024, wide);
	operator delete(operator new(n + 1280, wide, quiet), wide, quiet);
	operator delete[](operator new[](n + 1536, wide), wide);
	operator delete[](operator new[](n + 1792, wide), n + 1792, wide);
	operator delete[](operator new[](n + 2048, wide), wide, quiet);
	operator delete[](operator new[](n + 2304, wide, quiet), wide);
	operator delete[](operator new[](n + 2560, wide, quiet), n + 2560, wide);
	operator delete[](operator new[](n + 2816, wide, quiet), wide, quiet);
}

static int failures()
{
	volatile size_t huge = ~(size_t)0 / 2;

	try {
		delete[] new char[huge];
	} catch (const std::bad_alloc &) {
		puts("caught");
	}
	operator delete(nullptr);
	return operator new(huge - 1, quiet) != nullptr;
}

int main()
{
	for (int i = 0; i < 3; i++) {
		plain(7001);
		aligned(28672);
	}
	std::thread other([] { plain(7001); aligned(28672); });
	other.join();
	return failures();
}
END

# Each of the 24 sizes is allocated four times, and each block freed once.
# shellcheck disable=SC2317 # called through check
each_once()
{
	"$HEAPTAPE" dump "$tape" | sed -E 's/^.{20}[0-9 ]*//' | awk '
	function is_ours(size) {
		return size >= 7001 && size <= 7012 ||
			size >= 28672 && size <= 31488 && size % 256 == 0
	}
	/^(malloc|aligned_alloc|memalign|posix_memalign)\(.* = 0x/ {
		match($0, /[0-9]+\) = /)
		size = substr($0, RSTART) + 0
		match($0, / = 0x[0-9a-f]+/)
		addr = substr($0, RSTART + 3, RLENGTH - 3)
		if (is_ours(size)) {
			nr[size]++
			live[addr] = size
		} else {
			delete live[addr]
		}
	}
	/^free.*\(0x/ {
		match($0, /0x[0-9a-f]+/)
		addr = substr($0, RSTART, RLENGTH)
		if (addr in live)
			freed[live[addr]]++
		delete live[addr]
	}
	END {
		for (size in nr) {
			sizes++
			if (nr[size] != 4 || freed[size] != 4)
				print size ": " nr[size] " allocated, " \
					freed[size] " freed"
			bad = bad || nr[size] != 4 || freed[size] != 4
		}
		exit bad || sizes != 24
	}'
}

have_cxx=0
c++ -std=c++17 -fsized-deallocation -fno-builtin -O1 -w -pthread \
	-o "$TMP/new" "$TMP/new.cc" 2>"$TMP/e" && have_cxx=1

for library in '' libjemalloc.so.2 libtcmalloc.so.4 libtcmalloc_minimal.so.4 \
	libmimalloc.so.2 libtbbmalloc_proxy.so.2 "$B/libarena.so"; do
	name=${library##*/}
	name=${name:-libc}
	if ! LD_PRELOAD=$library sh -c : 2>"$TMP/e" || [ -s "$TMP/e" ]; then
		skip "$name" "not installed"
		continue
	fi
	check "$name: many threads" over "$library" \
		"$B/recorder/tests/rec_threads" long 8 1000
	sound "$name: many threads" 16000
	"$HEAPTAPE" info --json "$tape" >"$TMP/info"
	matches "$name serves malloc" \
		"\"allocator\": \".*${name%%.so*}" "$TMP/info"
	# Not all have all of it; what they lack is as it is without us.
	LD_PRELOAD=$library "$B/recorder/tests/rec_calls" 2>"$TMP/plain.err"
	exits $? "$name: the whole family" over "$library" \
		"$B/recorder/tests/rec_calls"
	grep broken "$TMP/plain.err" >"$TMP/plain.words"
	grep broken "$TMP/err" >"$TMP/run.words"
	check "$name: the same failures" \
		diff "$TMP/plain.words" "$TMP/run.words"
	sound "$name: the whole family" 20
	LD_PRELOAD=$library "$B/recorder/tests/rec_calls" edges \
		>"$TMP/plain.out" 2>"$TMP/plain.err"
	exits $? "$name: calls at their edges" over "$library" \
		"$B/recorder/tests/rec_calls" edges
	check "$name: do what they do without us" \
		cmp "$TMP/plain.out" "$TMP/out"
	check "$name: python, its threads and children" over "$library" \
		env PYTHONMALLOC=malloc python3 -c 'import subprocess, threading
def work(): return [bytearray(i) for i in range(1000)]
ts = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]
print(subprocess.run(["echo", "child"], capture_output=True).stdout)'
	sound "$name: python" 20000
	if [ $have_cxx -eq 1 ]; then
		LD_PRELOAD=$library "$TMP/new" >"$TMP/plain.out" 2>"$TMP/e"
		exits $? "$name: operator new and delete" \
			over "$library" "$TMP/new"
		check "$name: exceptions as without us" \
			cmp "$TMP/plain.out" "$TMP/out"
		check "$name: each block is told once" each_once
		sound "$name: operators" 192
	else
		skip "$name: operator new and delete" "no C++ compiler"
	fi
done

# Linked to the program instead of preloaded.
for library in jemalloc tcmalloc_minimal mimalloc; do
	path=$(/sbin/ldconfig -p | sed -n "s/.*lib$library\\.so\\.[0-9].* => //p" |
		head -n 1)
	if [ -z "$path" ] || [ $have_cxx -eq 0 ] || ! c++ -std=c++17 -w \
		-fsized-deallocation -fno-builtin -pthread -o "$TMP/linked" \
		"$TMP/new.cc" -Wl,--no-as-needed "$path" 2>"$TMP/e"; then
		skip "a program linked to $library" "not installed"
		continue
	fi
	"$TMP/linked" >"$TMP/plain.out" 2>"$TMP/e"
	exits $? "a program linked to $library" record -q "$TMP/linked"
	check "linked to $library: each block is told once" each_once
	sound "linked to $library" 192
done
finish
