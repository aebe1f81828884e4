#!/bin/sh
# SPDX-License-Identifier: MIT
# heaptape report: what the page holds, that hostile names stay names, that it
# needs neither network nor gnuplot, and bad input.
# shellcheck disable=SC2317 # functions are called by way of check
. scripts/tap.sh

make_results=$B/results/tests/make_results
run=$TMP/run
page=$TMP/report.html

report()
{
	"$HEAPTAPE" report "$@"
}

# Run gnuplot's absence: a PATH with what the front needs, and nothing else.
without_gnuplot()
{
	mkdir -p "$TMP/bin"
	for tool in sh readlink; do
		ln -sf "$(command -v "$tool")" "$TMP/bin/$tool"
	done
	PATH=$TMP/bin "$HEAPTAPE" report "$@"
}

# What can be said about a page without a browser.
well_formed()
{
	python3 - "$1" <<'END'
import base64, collections, hashlib, html.parser, json, re, sys
import xml.dom.minidom

text = open(sys.argv[1], encoding="utf-8").read()
void = "meta br img link hr input".split()

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.bad = [], [], []
        self.links, self.scripts, self.tags = [], [], collections.Counter()
    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name.startswith("on"):
                self.bad.append("handler " + name)
            if name in ("src", "href", "xlink:href"):
                self.links.append(value)
            if name in ("src", "href", "style") and ":" in value and \
               re.search(r"https?:|url\(|javascript:", value):
                self.bad.append("address " + value)
        if tag not in void:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in void:
            self.open.pop()
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append("unbalanced " + tag)

page = Page()
page.feed(text)
bad = page.bad + page.open
bad += ["twice: " + i for i, n in collections.Counter(page.ids).items()
        if n > 1]
bad += ["leads nowhere: " + link for link in page.links
        if not (link.startswith("#") and link[1:] in page.ids)]
if page.tags["script"] != 2 or page.tags["h1"] != 1:
    bad.append("scripts %d, h1 %d" % (page.tags["script"], page.tags["h1"]))
data = re.search(r'<script type="application/json" id="data">(.*?)</script>',
                 text, re.S).group(1)
if re.search(r"[<>&\u2028\u2029]", data):
    bad.append("the data hold what may end them")
data = json.loads(data)
if not all(len(row) == len(data["columns"]) for row in data["rows"]):
    bad.append("a row of the data does not fit its columns")
if page.tags["img"] or page.tags["link"] or page.tags["iframe"]:
    bad.append("something to load")
script = re.search(r"<script>(.*?)</script>", text, re.S).group(1)
want = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
if "script-src 'sha256-%s'" % want not in text:
    bad.append("the policy does not know the script: sha256-" + want)
if len(script) > 10000:
    bad.append("the script has %d bytes" % len(script))
for svg in re.findall(r"<svg.*?</svg>", text, re.S):
    xml.dom.minidom.parseString(svg)
    if len(svg) > 150000:
        bad.append("a figure has %d bytes" % len(svg))
    if "rgb(" in svg:
        bad.append("a colour that knows no theme")
for table in re.findall(r"<table.*?</table>", text, re.S):
    if "<caption>" not in table or "scope=" not in table:
        bad.append("a table without caption or scope")
if len(text) > 5000000:
    bad.append("the page has %d bytes" % len(text))
print("\n".join(bad))
sys.exit(1 if bad else 0)
END
}

# Number of figures in a page.
figures()
{
	grep -c '<svg class="plot"' "$1"
}

"$make_results" "$run" rounds=10 passes=time,latency,memory,calls,alone
if command -v gnuplot >/dev/null; then
	check "writes a page" report "$run" -o "$page" --require-plots
	check "that is well-formed and loads nothing" well_formed "$page"
	check "the same results make" report "$run" -o "$TMP/again.html"
	check "the same page" cmp "$page" "$TMP/again.html"
	test "$(figures "$page")" -eq 26
	tap_result $? "with 13 figures for each of 2 tapes"
	for id in verdict summary tradeoff memory fragmentation latency faults \
		knobs noise recorded environment method; do
		matches "it has the section $id" "<section id=\"$id\">" "$page"
	done
	matches "the verdict is in words" \
		'jemalloc</bdi> and <bdi>arena</bdi> are better' "$page"
	matches "a trade-off is told" 'TRADE-OFF' "$page"
	matches "latency says what it is" 'Closed loop: service time only' \
		"$page"
	matches "arms have their identity" '6196744a316dbd57c0fc89' "$page"
	matches "the command is there" 'heaptape replay lua.tape' "$page"
	matches "a policy forbids the rest" "default-src 'none'" "$page"

	"$make_results" "$TMP/hostile" hostile=1 rounds=3 fail=jemalloc
	check "hostile names are written" report "$TMP/hostile" \
		-o "$TMP/hostile.html" --title '</title><script>1</script>' \
		--require-plots
	check "and stay names" well_formed "$TMP/hostile.html"
	test ! -e pwned
	tap_result $? "and run nothing"
	matches "what failed is not drawn, and that is told" \
		'Not drawn, as they failed: <bdi>jemalloc' "$TMP/hostile.html"
	matches "the failure is told" 'crashed in 6 of 9 runs, first in round 2' \
		"$TMP/hostile.html"

	"$make_results" "$TMP/time" passes=time arms=glibc,arena rounds=1
	check "one pass and one round make a page" report "$TMP/time" \
		-o "$TMP/time.html" --require-plots
	check "and it is well-formed" well_formed "$TMP/time.html"
	matches "what is missing is told" 'Not measured in this campaign' \
		"$TMP/time.html"
	"$make_results" "$TMP/lag" lag=1 rounds=2 passes=latency
	check "a paced replay makes a page" report "$TMP/lag" \
		-o "$TMP/lag.html" --require-plots
	matches "with figures of the lag" \
		'heading">Lag of malloc behind the schedule' "$TMP/lag.html"
	matches "and says what that is" 'lag is how late it began' \
		"$TMP/lag.html"
	"$make_results" "$TMP/one" arms=only rounds=2 passes=memory
	check "one arm makes a page" report "$TMP/one" -o "$TMP/one.html" \
		--require-plots
	check "well-formed, too" well_formed "$TMP/one.html"
	"$make_results" "$TMP/dead" arms=glibc fail=glibc tapes=t rounds=2
	check "a base that fails makes a page" report "$TMP/dead" \
		-o "$TMP/dead.html" --require-plots
	check "well-formed as well" well_formed "$TMP/dead.html"

	# Documents of old versions render for ever.
	check "documents of the first version make a page" report \
		results/tests/golden -o "$TMP/golden.html" --require-plots
	check "well-formed like the others" well_formed "$TMP/golden.html"

	# An arm that was not there, and one that measured nothing.
	"$make_results" "$TMP/holes" arms=glibc,gone,silent rounds=6
	python3 -B - "$TMP/holes" <<'END'
import glob, json, sys
for path in glob.glob(sys.argv[1] + "/*.json"):
    doc = json.load(open(path))
    for run in doc["runs"]:
        if run["arm"] == "glibc":
            continue
        run["metrics"] = {}
        run["curve"] = {key: [] for key in run["curve"]}
        run["histograms"] = []
        if run["arm"] == "gone":
            run["status"], run["message"] = "missing", "no libgone.so"
    json.dump(doc, open(path, "w"))
END
	check "missing arms and empty runs make a page" report "$TMP/holes" \
		-o "$TMP/holes.html" --require-plots
	check "of the usual form" well_formed "$TMP/holes.html"
	matches "the missing one is told" 'was missing in 18 of 18 runs' \
		"$TMP/holes.html"
	matches "in the tables, too" '<bdi>gone</bdi></th><td class="num">missing' \
		"$TMP/holes.html"
	"$make_results" "$TMP/zero" rounds=6 passes=time,memory
	python3 -B - "$TMP/zero" <<'END'
import glob, json, sys
for path in glob.glob(sys.argv[1] + "/*.json"):
    doc = json.load(open(path))
    for run in doc["runs"]:
        run["metrics"] = {key: 0 for key in run["metrics"]}
        run["curve"] = {key: [0] * len(values)
                        for key, values in run["curve"].items()}
    json.dump(doc, open(path, "w"))
END
	check "values that are all 0 have figures, too" report "$TMP/zero" \
		-o "$TMP/zero.html" --require-plots
	matches "the empty one has no numbers" \
		'<bdi>silent</bdi></th><td class="num">n/a' "$TMP/holes.html"
else
	skip "figures" "no gnuplot"
fi

check "without gnuplot it exits 0" without_gnuplot "$run" -o "$TMP/bare.html"
matches "with a warning that names the package" 'install gnuplot-nox' \
	"$TMP/err"
check "the page is well-formed" well_formed "$TMP/bare.html"
matches "and says why figures are missing" 'The figure is missing: gnuplot' \
	"$TMP/bare.html"
exits 5 "--require-plots makes it an error" without_gnuplot "$run" \
	-o "$TMP/none.html" --require-plots
test ! -e "$TMP/none.html"
tap_result $? "and leaves nothing behind"

: >"$TMP/there"
exits 2 "an existing file is refused" report "$run" -o "$TMP/there"
matches "and told how to replace" 'exists; use -f' "$TMP/err"
check "-f replaces it" report "$run" -o "$TMP/there" -f --tape '*lua*'
! grep -q 'redis.tape</bdi>' "$TMP/there"
tap_result $? "--tape leaves the others out"
exits 2 "no output is a usage error" report "$run"
exits 2 "no folder is, too" report -o "$TMP/x.html"
exits 5 "a folder that cannot be written" report "$run" -o "$TMP/no/x.html"
matches "is told at once" 'cannot create .*/no/x.html' "$TMP/err"
exits 2 "a folder of results that is not there" report "$TMP/nosuch" \
	-o "$TMP/x.html"
mkdir "$TMP/empty"
exits 3 "a folder without results" report "$TMP/empty" -o "$TMP/x.html"
exits 2 "an unknown base" report "$run" -o "$TMP/x.html" -b nosuch
exits 2 "a device is no output" report "$run" -o /dev/null -f
# shellcheck disable=SC2016 # $1, $2 are for the inner shell
exits 5 "a full disk" sh -c 'ulimit -f 8; trap "" XFSZ
	"$1" report "$2" -o "$3"' sh "$HEAPTAPE" "$run" "$TMP/full.html"
ls "$TMP"/full.html* >"$TMP/out" 2>/dev/null
test ! -s "$TMP/out"
tap_result $? "leaves nothing behind"

# Markdown: a word for each arm, nothing that a name could break.
check "Markdown goes to standard output" report "$run" --markdown -
matches "with a verdict for each arm" '^\| tcmalloc \| \*\*TRADE-OFF\*\* \|' \
	"$TMP/out"
matches "the matrix, folded" '^<details><summary>' "$TMP/out"
matches "and where it was measured" 'host ci-7, cpu 8 x Example' "$TMP/out"
"$make_results" "$TMP/marks" hostile=1 rounds=3 fail=jemalloc
check "hostile names make Markdown" report "$TMP/marks" \
	--markdown "$TMP/marks.md" -o "$TMP/marks.html" --no-plots --title '@all #1'
# shellcheck disable=SC2016 # backquotes are what is looked for
sed 's/<details><summary>[^<]*<\/summary>//; s/<\/details>//; s/\*\*//g' \
	"$TMP/marks.md" | sed 's/^## //' | grep -E '[<>@`*_[]|[^&]#' >"$TMP/out"
test ! -s "$TMP/out"
tap_result $? "without a mark, link, mention or tag of theirs"
matches "a crash is told" 'jemalloc \|.*crashed in 6 of 9 runs' "$TMP/marks.md"
matches "and leads to the page" 'marks\.html' "$TMP/marks.md"
many=$(seq -s, -f 'folder/tape-with-a-name-of-some-length-%g.tape' 120 |
	cut -c1-1000)
"$make_results" "$TMP/many" tapes="$many" rounds=1 passes=time,memory
check "many tapes make a comment" report "$TMP/many" --comment --markdown -
test "$(wc -c <"$TMP/out")" -le 65000
tap_result $? "that is small enough"
exits 2 "an existing file stays" report "$run" --markdown "$TMP/marks.md"

# What tells of a machine can be left out.
check "--redact writes a page" report "$run" -o "$TMP/private.html" --redact \
	--no-plots --markdown "$TMP/private.md"
check "that is well-formed" well_formed "$TMP/private.html"
grep -hE 'ci-7|tapes/|/usr/lib|heaptape replay lua' "$TMP/private.html" \
	"$TMP/private.md" >"$TMP/out"
test ! -s "$TMP/out"
tap_result $? "without host, paths and command lines"
matches "the tapes keep their names" 'lua\.tape' "$TMP/private.html"
exits 2 "a theme that is none" report "$run" -o "$TMP/x.html" --theme pink
check "--theme" report "$TMP/many" -o "$TMP/dark.html" --theme dark --no-plots
matches "is what the page begins with" '<html lang="en" data-theme="dark">' \
	"$TMP/dark.html"

# A browser must agree, on names that try to break out as well.
browser()
{
	timeout 150 python3 -B results/tests/browser.py "$1" >"$TMP/words"
	test -s "$TMP/words" || echo "not ok a browser shows the page" \
		>"$TMP/words"
	sed 's/^/# /' "$TMP/words" | grep 'not ok' >"$TMP/out"
	while read -r word rest; do
		test "$word" = ok
		tap_result $? "$2: ${rest#ok }"
	done <"$TMP/words"
}

if command -v chromium >/dev/null && [ -f "$TMP/hostile.html" ]; then
	browser "$page" "browser"
	browser "$TMP/hostile.html" "hostile names"
else
	skip "a browser shows the page" "no chromium"
fi

finish
