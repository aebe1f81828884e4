(function () {
"use strict";
var root = document.documentElement;
var given = root.getAttribute("data-theme") || "auto";
function saved() {
	try { return localStorage.getItem("heaptape-theme"); }
	catch (e) { return null; }
}
function keep(theme) {
	try { localStorage.setItem("heaptape-theme", theme); }
	catch (e) { /* private window: the choice lasts for this page */ }
}
function wanted() {
	var m = /(?:^#|&)theme=(light|dark|auto)\b/.exec(location.hash);
	return m ? m[1] : saved() || given;
}
function apply(theme) {
	if (theme === "auto") root.removeAttribute("data-theme");
	else root.setAttribute("data-theme", theme);
}
apply(wanted());

function addThemeButton() {
	var order = ["auto", "light", "dark"];
	var now = wanted();
	var button = document.createElement("button");
	function label() { button.textContent = "Theme: " + now; }
	button.className = "theme";
	button.type = "button";
	button.addEventListener("click", function () {
		now = order[(order.indexOf(now) + 1) % 3];
		keep(now);
		apply(now);
		label();
	});
	label();
	document.querySelector("header").appendChild(button);
}

function addLegend(figure) {
	var items = figure.querySelectorAll(".legend li");
	items.forEach(function (item) {
		var series = item.getAttribute("data-series");
		if (!series) return;
		var marks = figure.querySelectorAll(
			"g[data-series='" + series + "']");
		var toggle = button("", function () {
			var off = toggle.getAttribute("aria-pressed") ===
				"true";
			toggle.setAttribute("aria-pressed", String(!off));
			marks.forEach(function (mark) {
				mark.style.display = off ? "none" : "";
			});
		});
		toggle.className = "toggle";
		toggle.title = "Show or hide";
		toggle.setAttribute("aria-pressed", "true");
		toggle.setAttribute("data-series", series);
		while (item.firstChild) toggle.appendChild(item.firstChild);
		item.appendChild(toggle);
	});
}

function sortBy(table, column, down) {
	var body = table.tBodies[0];
	var rows = Array.prototype.slice.call(body.rows);
	function value(row) {
		var v = parseFloat(row.cells[column].getAttribute("data-v"));
		return isNaN(v) ? Infinity : v;
	}
	rows.sort(function (a, b) {
		if (column) return (value(a) - value(b)) * (down ? -1 : 1);
		return a.cells[0].textContent.localeCompare(
			b.cells[0].textContent) * (down ? -1 : 1);
	});
	rows.forEach(function (row) { body.appendChild(row); });
}

function addSorting(table) {
	var heads = table.tHead.rows[0].cells;
	Array.prototype.forEach.call(heads, function (head, column) {
		var button = document.createElement("button");
		button.type = "button";
		button.className = "sort";
		while (head.firstChild) button.appendChild(head.firstChild);
		head.appendChild(button);
		button.addEventListener("click", function () {
			var down = head.getAttribute("aria-sort") === "ascending";
			Array.prototype.forEach.call(heads, function (other) {
				other.removeAttribute("aria-sort");
			});
			head.setAttribute("aria-sort",
				down ? "descending" : "ascending");
			sortBy(table, column, down);
		});
	});
}

function button(text, does) {
	var b = document.createElement("button");
	b.type = "button";
	b.className = "tool";
	b.textContent = text;
	b.addEventListener("click", function () { does(b); });
	return b;
}

/* One box above the first table filters the rows of all. */
function addFilter(tables) {
	if (!tables.length) return;
	var label = document.createElement("label");
	var box = document.createElement("input");
	label.className = "filter";
	label.textContent = "Only metrics with ";
	box.type = "search";
	label.appendChild(box);
	box.addEventListener("input", function () {
		var want = box.value.toLowerCase();
		tables.forEach(function (table) {
			Array.prototype.forEach.call(table.tBodies[0].rows,
				function (row) {
				row.hidden = row.cells[0].textContent
					.toLowerCase().indexOf(want) < 0;
			});
		});
	});
	document.getElementById("metrics").insertBefore(label,
		document.querySelector("#metrics .lead").nextSibling);
}

function addCopy(pre) {
	pre.previousElementSibling.appendChild(button("Copy", function (b) {
		function say(word) {
			b.textContent = word;
			setTimeout(function () { b.textContent = "Copy"; }, 1500);
		}
		function select() {
			var range = document.createRange();
			range.selectNodeContents(pre);
			getSelection().removeAllRanges();
			getSelection().addRange(range);
			say("Selected");
		}
		if (!navigator.clipboard) { select(); return; }
		navigator.clipboard.writeText(pre.textContent).then(
			function () { say("Copied"); }, select);
	}));
}

/* A name that begins like a formula must not become one. */
function csvCell(value) {
	if (value === null) return "";
	if (typeof value === "number") return String(value);
	if (/^[=+\-@\t\r]/.test(value)) value = "'" + value;
	return /[",\n\r]/.test(value) ?
		'"' + value.replace(/"/g, '""') + '"' : value;
}
function csv(data) {
	var lines = [data.columns.join(",")];
	data.rows.forEach(function (row) {
		lines.push([data.tapes[row[0]], data.arms[row[1]],
			data.metrics[row[2]]].concat(row.slice(3))
			.map(csvCell).join(","));
	});
	return lines.join("\n") + "\n";
}
function save(name, type, text) {
	var a = document.createElement("a");
	a.href = "data:" + type + ";charset=utf-8," + encodeURIComponent(text);
	a.download = name;
	a.click();
}
function addDownloads() {
	var holder = document.getElementById("data");
	var place = document.querySelector("footer");
	place.appendChild(button("Download numbers as CSV", function () {
		save("report.csv", "text/csv",
			csv(JSON.parse(holder.textContent)));
	}));
	place.appendChild(button("as JSON", function () {
		save("report.json", "application/json", holder.textContent);
	}));
}

/* What is folded opens for a link to it, and for paper. */
function openTarget() {
	var target = location.hash.length > 1 &&
		document.getElementById(location.hash.slice(1));
	if (target && target.tagName === "DETAILS") target.open = true;
}
function openAll() {
	document.querySelectorAll("details").forEach(function (details) {
		details.open = true;
	});
}

document.addEventListener("DOMContentLoaded", function () {
	addThemeButton();
	document.querySelectorAll("figure").forEach(addLegend);
	document.querySelectorAll("table.sortable").forEach(addSorting);
	addFilter(document.querySelectorAll("table.filtered"));
	document.querySelectorAll("pre").forEach(addCopy);
	addDownloads();
	openTarget();
	addEventListener("hashchange", openTarget);
	addEventListener("beforeprint", openAll);
});
}());
