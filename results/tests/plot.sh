#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape plot: which files it writes, that they are pictures, hostile names,
# and bad input.
# shellcheck disable=SC2317 # functions are called by way of check
. scripts/tap.sh

make_results=$B/results/tests/make_results
run=$TMP/run
figures=$TMP/figures

plot()
{
	"$HEAPTAPE" plot "$@"
}

# SVG files are well-formed, have their texts, and know no page around them;
# PNG files are whole and not empty.
pictures()
{
	python3 -B - "$@" <<'END'
import re, struct, sys, xml.dom.minidom, zlib

bad = []
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    if path.endswith(".svg"):
        root = xml.dom.minidom.parseString(data).documentElement
        text = data.decode()
        if root.tagName != "svg" or not root.getAttribute("width"):
            bad.append(path + ": no size")
        if re.search(r"var\(|rgb\(|@\d+@|<script", text):
            bad.append(path + ": of a page, or with a script")
        if not root.getElementsByTagName("title")[0].firstChild.data:
            bad.append(path + ": no title")
        continue
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        bad.append(path + ": no PNG")
        continue
    place, pixels, size = 8, b"", None
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        if kind == b"IDAT":
            pixels += body
        place += 12 + length
    if kind != b"IEND" or size[0] < 1000 or size[1] < 300:
        bad.append("%s: cut, or of %s px" % (path, size))
    elif len(set(zlib.decompress(pixels))) < 10:
        bad.append(path + ": nothing in it")
print("\n".join(bad))
sys.exit(1 if bad else 0)
END
}

exits 2 "no folder of results is a usage error" plot -o "$figures"
exits 2 "no output is, too" plot "$run"
exits 2 "an unknown figure" plot "$run" -o "$figures" --figure pie
matches "is named" "no figure 'pie'" "$TMP/err"
exits 2 "an unknown format" plot "$run" -o "$figures" --format gif
exits 2 "a folder that is not there" plot "$TMP/nosuch" -o "$figures"

if ! command -v gnuplot >/dev/null; then
	"$make_results" "$run" rounds=2
	exits 5 "without gnuplot it says so" plot "$run" -o "$figures"
	skip "figures" "no gnuplot"
	finish
fi

"$make_results" "$run" rounds=6 passes=time,latency,memory,calls,alone
check "writes figures" plot "$run" -o "$figures"
for figure in tradeoff memory ratio split returned latency-malloc latency-free \
	latency-realloc split1-glibc counts contention rounds-time rounds-memory; do
	check "$figure of both tapes, as SVG and PNG" test -s \
		"$figures/01-lua.$figure.svg" -a -s \
		"$figures/01-lua.$figure.png" -a -s \
		"$figures/02-redis.$figure.svg" -a -s \
		"$figures/02-redis.$figure.png"
done
test "$(find "$figures" -type f | wc -l)" -eq 52
tap_result $? "and no other file"
check "they are pictures" pictures "$figures"/*
matches "with the arms in the key" '>tcmalloc<' "$figures/01-lua.memory.svg"
exits 2 "existing files stay" plot "$run" -o "$figures"
check "-f replaces them" plot "$run" -o "$figures" -f --figure memory
check "one figure, one format, one tape" plot "$run" -o "$TMP/one" --figure \
	tradeoff --format png --tape '*lua*'
test "$(ls "$TMP/one")" = lua.tradeoff.png
tap_result $? "is one file"

"$make_results" "$TMP/hostile" hostile=1 rounds=3 fail=jemalloc
check "hostile names make figures" plot "$TMP/hostile" -o "$TMP/bad"
check "that are pictures" pictures "$TMP"/bad/*
test ! -e pwned
tap_result $? "and run nothing"
find "$TMP/bad" -type f | grep -vE '/bad/[A-Za-z0-9._-]+$' >"$TMP/out"
test ! -s "$TMP/out"
tap_result $? "in files with plain names"
"$make_results" "$TMP/time" passes=time rounds=1
exits 3 "figures that nobody measured are none" plot "$TMP/time" -o \
	"$TMP/empty" --figure split
check "those that were measured are there" plot "$TMP/time" -o "$TMP/empty"
exits 5 "a folder that cannot be made" plot "$run" -o /proc/figures

finish
