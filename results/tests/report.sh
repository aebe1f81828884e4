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
import base64, collections, hashlib, html.parser, re, sys
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
if page.tags["script"] != 1 or page.tags["h1"] != 1:
    bad.append("scripts %d, h1 %d" % (page.tags["script"], page.tags["h1"]))
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

"$make_results" "$run" rounds=10
if command -v gnuplot >/dev/null; then
	check "writes a page" report "$run" -o "$page" --require-plots
	check "that is well-formed and loads nothing" well_formed "$page"
	test "$(figures "$page")" -eq 16
	tap_result $? "with 8 figures for each of 2 tapes"
	for id in verdict summary tradeoff memory fragmentation latency faults \
		noise metrics recorded environment method; do
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
	matches "the failure is told" 'crashed in 6 of 9 runs, first in round 2' \
		"$TMP/hostile.html"

	"$make_results" "$TMP/time" passes=time arms=glibc,arena rounds=1
	check "one pass and one round make a page" report "$TMP/time" \
		-o "$TMP/time.html" --require-plots
	check "and it is well-formed" well_formed "$TMP/time.html"
	matches "what is missing is told" 'Not measured in this campaign' \
		"$TMP/time.html"
	"$make_results" "$TMP/one" arms=only rounds=2 passes=memory
	check "one arm makes a page" report "$TMP/one" -o "$TMP/one.html" \
		--require-plots
	check "well-formed, too" well_formed "$TMP/one.html"
	"$make_results" "$TMP/dead" arms=glibc fail=glibc tapes=t rounds=2
	check "a base that fails makes a page" report "$TMP/dead" \
		-o "$TMP/dead.html" --require-plots
	check "well-formed as well" well_formed "$TMP/dead.html"
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

# A browser must agree: no message, nothing wider than a small screen.
chrome()
{
	timeout 60 chromium --headless=new --no-sandbox --disable-gpu \
		--disable-background-networking --no-first-run \
		--proxy-server=127.0.0.1:9 --user-data-dir="$TMP/chrome" "$@"
}

if command -v chromium >/dev/null && [ -f "$TMP/hostile.html" ]; then
	chrome --virtual-time-budget=5000 --enable-logging=stderr --dump-dom \
		"file://$TMP/hostile.html#theme=dark" >"$TMP/dom" 2>"$TMP/log"
	test -s "$TMP/dom"
	tap_result $? "a browser shows the page"
	grep -E 'CONSOLE|Refused|ERR_' "$TMP/log" >"$TMP/out"
	test ! -s "$TMP/out"
	tap_result $? "without a word on its console"
	matches "its script has run" 'data-theme="dark"' "$TMP/dom"
	matches "legends are buttons" 'aria-pressed="true"' "$TMP/dom"
	sed 's|</main>|</main><p id="width"></p>|; s|<script>|&addEventListener(\
"load",function(){document.getElementById("width").textContent=\
"wider by "+(document.documentElement.scrollWidth-innerWidth)});|
	s|script-src .sha256-[^;]*;|script-src '"'unsafe-inline'"';|' \
		"$TMP/hostile.html" >"$TMP/probe.html"
	chrome --window-size=500,800 --virtual-time-budget=5000 --dump-dom \
		"file://$TMP/probe.html" >"$TMP/dom" 2>/dev/null
	matches "fits a small screen" 'wider by (0|-[0-9]+)<' "$TMP/dom"
else
	skip "a browser shows the page" "no chromium"
fi

finish
