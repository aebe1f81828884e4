#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hold a report against a real browser, over Chromium's debugging pipe.

Prints one line "ok WHAT" or "not ok WHAT: why" for each thing that must hold;
exit status 1 when one does not. With --shots DIR it leaves screenshots of both
themes at 320 and 1280 px there.
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time


class Browser:
    """A headless Chromium that can reach nothing but files."""

    def __init__(self, command):
        self.profile = tempfile.mkdtemp(prefix="heaptape-browser.")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        self.process = subprocess.Popen(
            [command, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking",
             "--proxy-server=127.0.0.1:9", "--remote-debugging-pipe",
             "--user-data-dir=" + self.profile],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=lambda: self.place(to_read, back_write))
        os.close(to_read)
        os.close(back_write)
        self.buffer, self.number, self.events = b"", 0, []
        self.session = None

    def place(self, to_read, back_write):
        """In the child: the ends of the pipes are its files 3 and 4."""
        keep_read, keep_write = os.dup(to_read), os.dup(back_write)
        os.dup2(keep_read, 3)
        os.dup2(keep_write, 4)
        os.closerange(5, 256)

    def receive(self, until):
        while b"\0" not in self.buffer:
            if time.monotonic() > until:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise EOFError("the browser has gone")
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 60
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def open_page(self):
        target = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget",
                                 targetId=target["targetId"],
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM",
                       "Accessibility"):
            self.call(domain + ".enable")

    def go(self, address):
        """Load a page anew; its events are in self.events then."""
        for where in ("about:blank", address):
            self.events.clear()
            self.call("Page.navigate", url=where)
            self.wait_for("Page.loadEventFired")

    def wait_for(self, method):
        until = time.monotonic() + 60
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.receive(until))

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:400])
        return result["result"].get("value")

    def key(self, key, code=None, text=None):
        names = {"Tab": 9, "Enter": 13}
        params = {"key": key, "code": code or key,
                  "windowsVirtualKeyCode": names[key]}
        if text:
            params["text"] = text
        self.call("Input.dispatchKeyEvent", type="keyDown", **params)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key,
                  code=code or key)

    def screen(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, EOFError, TimeoutError, RuntimeError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


failed = 0


def judge(what, wrong):
    """One line; wrong is empty when all is well."""
    global failed
    if wrong:
        failed += 1
        print("not ok %s: %s" % (what, str(wrong)[:600]))
    else:
        print("ok %s" % what)


# Ratio of contrast of two colours as WCAG 2 defines it, in the page itself:
# text on what lies behind it, and graphics on the page's ground.
CONTRAST = """
(function () {
function rgb(text) {
    var m = /rgba?\\(([\\d.]+), ([\\d.]+), ([\\d.]+)(?:, ([\\d.]+))?\\)/
        .exec(text);
    return m ? [+m[1], +m[2], +m[3], m[4] === undefined ? 1 : +m[4]] : null;
}
function light(c) {
    var l = c.slice(0, 3).map(function (v) {
        v /= 255;
        return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
}
function ratio(a, b) {
    var x = light(a), y = light(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
function ground(e) {
    for (; e; e = e.parentElement) {
        var c = rgb(getComputedStyle(e).backgroundColor);
        if (c && c[3] > 0.99) return c;
    }
    return [255, 255, 255, 1];
}
function shown(e) {
    for (; e; e = e.parentElement)
        if (+getComputedStyle(e).opacity < 0.99) return false;
    return true;
}
var bad = {}, seen = 0;
var walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    var e = walk.currentNode.parentElement;
    if (!walk.currentNode.nodeValue.trim() || e.closest("script, title, desc") ||
        !shown(e)) continue;
    var style = getComputedStyle(e);
    var svg = e.closest("svg.plot");
    var c = rgb(svg ? style.fill : style.color);
    if (!c) continue;
    seen++;
    var r = ratio(c, ground(e));
    if (r < 4.5) bad["text " + style.color + " " + r.toFixed(2) + " " +
        e.tagName + "." + e.className.toString()] = 1;
}
var page = ground(document.body);
var mark = document.createElement("i");
document.body.appendChild(mark);
["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "muted", "text", "link",
 "good", "bad", "open"].forEach(function (name) {
    mark.style.color = "var(--" + name + ")";
    seen++;
    var r = ratio(rgb(getComputedStyle(mark).color), page);
    if (r < 3) bad["graphic " + name + " " + r.toFixed(2)] = 1;
});
mark.remove();
if (seen < 50) bad["only " + seen + " texts"] = 1;
return Object.keys(bad).join("; ");
}())
"""

# What sticks out of the window, for the message.
WIDTH = """
(function () {
var root = document.documentElement;
var over = root.scrollWidth - innerWidth;
if (over <= 0) return "";
var worst = "";
document.querySelectorAll("body *").forEach(function (e) {
    var r = e.getBoundingClientRect();
    if (r.right > innerWidth + 1 && !e.closest(".scroll") && !e.closest("pre"))
        worst = e.tagName + "." + e.className + " to " + r.right;
});
return "wider by " + over + ": " + worst;
}())
"""

IDS = """
(function () {
var seen = {}, bad = [];
document.querySelectorAll("[id]").forEach(function (e) {
    if (seen[e.id]) bad.push(e.id);
    seen[e.id] = 1;
});
return bad.join(" ");
}())
"""

# Texts of one figure that cover each other.
OVERLAP = """
(function () {
var bad = [];
document.querySelectorAll("svg.plot").forEach(function (svg) {
    var boxes = [];
    svg.querySelectorAll("text").forEach(function (t) {
        var r = t.getBoundingClientRect();
        if (r.width && r.height) boxes.push([r, t.textContent]);
    });
    boxes.forEach(function (a, i) {
        boxes.slice(i + 1).forEach(function (b) {
            var x = Math.min(a[0].right, b[0].right) -
                Math.max(a[0].left, b[0].left);
            var y = Math.min(a[0].bottom, b[0].bottom) -
                Math.max(a[0].top, b[0].top);
            if (x > 2 && y > 4) bad.push(svg.getAttribute("aria-labelledby") +
                ": '" + a[1] + "' and '" + b[1] + "'");
        });
    });
    var frame = svg.getBoundingClientRect();
    boxes.forEach(function (a) {
        if (a[0].left < frame.left - 1 || a[0].right > frame.right + 1)
            bad.push("'" + a[1] + "' leaves its figure");
    });
});
return bad.slice(0, 5).join("; ");
}())
"""


def quiet(browser, address):
    """Nothing on the console, and nothing asked for but the page."""
    words = [e for e in browser.events if e.get("method") in
             ("Runtime.consoleAPICalled", "Runtime.exceptionThrown",
              "Log.entryAdded")]
    judge("the console is silent", json.dumps(words) if words else "")
    asked = [e["params"]["request"]["url"] for e in browser.events
             if e.get("method") == "Network.requestWillBeSent"]
    judge("nothing but the page is asked for",
          [a[:80] for a in asked if a.split("#")[0] != address])


def names(browser):
    """Everything that is a picture or a table has a name."""
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    nameless = {}
    seen = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in ("image", "img", "table",
                                               "button", "link", "figure",
                                               "searchbox"):
            continue
        seen[role] = seen.get(role, 0) + 1
        # A figure is named by the picture within.
        if role != "figure" and not node.get("name", {}).get("value"):
            nameless[role] = nameless.get(role, 0) + 1
    judge("figures, tables, buttons and links have names", nameless)
    pictures = browser.value("document.querySelectorAll('svg.plot').length")
    judge("every figure is a named picture",
          "" if seen.get("image", 0) + seen.get("img", 0) == pictures > 0
          else "%s of %s" % (seen, pictures))


def keyboard(browser):
    """Tab reaches the first legend, Enter hides a series and shows it."""
    at = "document.activeElement"
    for _ in range(200):
        browser.key("Tab")
        if browser.value(at + ".closest('.legend') !== null"):
            break
    else:
        judge("Tab reaches a legend", "not in 200 steps")
        return
    visible = ("Array.prototype.filter.call(%s.closest('figure')"
               ".querySelectorAll(\"svg.plot g[data-series='\" + "
               "%s.getAttribute('data-series') + \"']\"), function (g) {"
               "return getComputedStyle(g).display !== 'none';}).length"
               % (at, at))
    before = browser.value(visible)
    browser.key("Enter", text="\r")
    hidden = browser.value(visible)
    pressed = browser.value(at + ".getAttribute('aria-pressed')")
    browser.key("Enter", text="\r")
    after = browser.value(visible)
    judge("Enter hides a series and shows it again",
          "" if before > 0 and hidden == 0 and after == before and
          pressed == "false" else [before, hidden, after, pressed])
    judge("what has the focus is seen", "" if browser.value(
        "getComputedStyle(%s).outlineStyle !== 'none' &&"
        "parseFloat(getComputedStyle(%s).outlineWidth) >= 2" % (at, at))
          else "no outline")


def tools(browser):
    """Sorting, filtering, folding, and the numbers as a file."""
    judge("a table sorts by a column", "" if browser.value("""
(function () {
var table = document.querySelector("table.sortable");
var head = table.tHead.rows[0].cells[1];
head.querySelector("button").click();
var values = Array.prototype.map.call(table.tBodies[0].rows, function (row) {
    return parseFloat(row.cells[1].getAttribute("data-v"));
}).filter(function (v) { return !isNaN(v); });
return head.getAttribute("aria-sort") === "ascending" &&
    values.every(function (v, i) { return !i || values[i - 1] <= v; });
}())""") else "it does not")
    judge("the filter leaves the rows with that word", "" if browser.value("""
(function () {
var box = document.querySelector(".filter input");
box.value = "RSS peak";
box.dispatchEvent(new Event("input"));
var rows = document.querySelectorAll("table.filtered tbody tr");
var left = Array.prototype.filter.call(rows, function (r) {
    return !r.hidden;
});
box.value = "";
box.dispatchEvent(new Event("input"));
return left.length > 0 && left.length < rows.length &&
    left.every(function (r) { return /rss peak/i.test(r.textContent); });
}())""") else "it does not")
    judge("a link to what is folded opens it", "" if browser.value("""
(function () {
location.hash = "#metrics";
return new Promise(function (done) { setTimeout(function () {
    done(document.getElementById("metrics").open);
}, 200); });
}())""") else "it stays closed")
    judge("the numbers are there as CSV", "" if browser.value("""
(function () {
var made = "";
var click = HTMLAnchorElement.prototype.click;
HTMLAnchorElement.prototype.click = function () { made = this.href; };
document.querySelector("footer button").click();
HTMLAnchorElement.prototype.click = click;
var text = decodeURIComponent(made.slice(made.indexOf(",") + 1));
var lines = text.trim().split("\\n");
var data = JSON.parse(document.getElementById("data").textContent);
return made.indexOf("data:text/csv") === 0 &&
    lines.length === data.rows.length + 1 && data.rows.length > 0 &&
    !/(^|\\n|,)[=+@]/.test(text);
}())""") else "they are not")


def paper(browser):
    """Printing works, with everything unfolded."""
    browser.value("dispatchEvent(new Event('beforeprint'))")
    data = browser.call("Page.printToPDF")["data"]
    judge("it prints, with everything unfolded", "" if len(data) > 20000 and
          browser.value("document.querySelectorAll('details:not([open])')"
                        ".length === 0") else "it does not")


def without_script(browser, address):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.go(address)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    judge("without its script it reads all the same", "" if browser.value("""
document.querySelectorAll("svg.plot").length > 0 &&
document.querySelectorAll("button").length === 0 &&
document.querySelectorAll("table caption").length > 10 &&
document.body.innerText.indexOf("BASE") >= 0
""") else "something is missing")


def shots(browser, address, folder):
    for scheme in ("light", "dark"):
        for width in (320, 1280):
            browser.screen(width, 900, scheme)
            browser.go(address)
            height = browser.value("document.documentElement.scrollHeight")
            for part, top in enumerate(range(0, min(height, 16000), 2400)):
                data = browser.call(
                    "Page.captureScreenshot", captureBeyondViewport=True,
                    clip={"x": 0, "y": top, "width": width, "scale": 1,
                          "height": min(2400, height - top)})["data"]
                name = "%s-%d-%d.png" % (scheme, width, part)
                with open(os.path.join(folder, name), "wb") as out:
                    out.write(base64.b64decode(data))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("page")
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--shots")
    args = parser.parse_args()
    address = "file://" + os.path.abspath(args.page)
    browser = Browser(args.browser)
    try:
        browser.open_page()
        browser.screen(1280, 900, "light")
        browser.go(address)
        quiet(browser, address)
        judge("ids are unique", browser.value(IDS))
        judge("no text of a figure covers another", browser.value(OVERLAP))
        names(browser)
        keyboard(browser)
        tools(browser)
        paper(browser)
        for scheme in ("light", "dark"):
            browser.screen(1280, 900, scheme)
            browser.go(address)
            judge("contrast is enough, " + scheme, browser.value(CONTRAST))
        for width in (320, 700):
            browser.screen(width, 800, "light")
            browser.go(address)
            judge("nothing is wider than %d px" % width, browser.value(WIDTH))
        without_script(browser, address)
        if args.shots:
            shots(browser, address, args.shots)
    finally:
        browser.close()
    sys.exit(1 if failed else 0)


main()
