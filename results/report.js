(function () {
"use strict";
var root = document.documentElement;
function saved() {
	try { return localStorage.getItem("heaptape-theme"); }
	catch (e) { return null; }
}
function save(theme) {
	try { localStorage.setItem("heaptape-theme", theme); }
	catch (e) { /* private window: the choice lasts for this page */ }
}
function wanted() {
	var m = /(?:^#|&)theme=(light|dark|auto)\b/.exec(location.hash);
	return m ? m[1] : saved() || "auto";
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
		save(now);
		apply(now);
		label();
	});
	label();
	document.querySelector("header").appendChild(button);
}

function addLegend(figure) {
	var items = figure.querySelectorAll(".legend li");
	if (items.length < 2) return;
	items.forEach(function (item) {
		var series = item.getAttribute("data-series");
		var marks = figure.querySelectorAll(
			"g[data-series='" + series + "']");
		function toggle() {
			var off = item.getAttribute("aria-pressed") === "true";
			item.setAttribute("aria-pressed", String(!off));
			marks.forEach(function (mark) {
				mark.style.display = off ? "none" : "";
			});
		}
		item.setAttribute("role", "button");
		item.setAttribute("tabindex", "0");
		item.setAttribute("aria-pressed", "true");
		item.title = "Show or hide";
		item.addEventListener("click", toggle);
		item.addEventListener("keydown", function (event) {
			if (event.key !== "Enter" && event.key !== " ") return;
			event.preventDefault();
			toggle();
		});
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

document.addEventListener("DOMContentLoaded", function () {
	addThemeButton();
	document.querySelectorAll("figure").forEach(addLegend);
	document.querySelectorAll("table.sortable").forEach(addSorting);
});
}());
