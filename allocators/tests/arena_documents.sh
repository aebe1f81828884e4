#!/bin/sh
# SPDX-License-Identifier: MIT
# arena's statistics as text, JSON and XML; mallopt.
. scripts/tap.sh

# shellcheck disable=SC2317 # called through check
ask()
{
	LD_PRELOAD=$B/libarena.so "$B/allocators/tests/arena_documents" "$@"
}

# The hundred blocks of 1000 bytes are there, and the sums fit together.
cat >"$TMP/of_json.py" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
sizes = {c["size"]: c for c in d["classes"]}
assert sizes[1024]["live"] >= 100, sizes
assert d["allocated_bytes"] >= 100 * 1024
assert d["mapped_bytes"] == d["active_bytes"] + d["dirty_bytes"] + d["metadata_bytes"]
assert sum(c["size"] * c["live"] for c in d["classes"]) <= d["active_bytes"]
assert d["heaps"] >= 1 and d["arenas"] >= 1
END
cat >"$TMP/of_xml.py" <<'END'
import sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "malloc" and root.get("version") == "1"
sizes = root.findall("heap/sizes/size")
assert all(int(s.get("total")) == int(s.get("to")) * int(s.get("count"))
           for s in sizes)
fast = root.find("total[@type='fast']").get("size")
assert int(fast) == sum(int(s.get("total")) for s in sizes) > 0
assert int(root.find("system[@type='current']").get("size")) > 100 * 1024
END
for how in stats.json jemalloc; do
	check "$how" ask $how
	cp "$TMP/out" "$TMP/json"
	check "$how is sound" python3 "$TMP/of_json.py" "$TMP/json"
done
check "stats.text" ask stats.text
matches "has the totals" '^  allocated +[1-9][0-9]+$' "$TMP/out"
check "malloc_info" ask xml
cp "$TMP/out" "$TMP/xml"
check "is sound" python3 "$TMP/of_xml.py" "$TMP/xml"
check "mallopt takes what the C library knows" ask mallopt
finish
