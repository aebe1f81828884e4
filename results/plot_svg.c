// SPDX-License-Identifier: MIT
/*
 * From gnuplot's SVG to one that can stand in a page beside others, or alone:
 * ids get the figure's prefix, colours become those of the page's theme (of
 * the light one in a file, as few programs know variables), titles and labels
 * are put in, what draws nothing is left out.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "results/html.h"
#include "results/plot.h"
#include "traces/base/err.h"

struct cleaner {
	const struct plot *plot;
	enum plot_format format;
	FILE *out;
	const char *raw;
	bool path;   /* within the points of a path */
	size_t part; /* elements that have begun */
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* A colour of the theme. */
static void put_named(const struct cleaner *c, const char *name)
{
	char colour[8];

	if (c->format == PLOT_SVG)
		fputs(plot_colour(name, colour), c->out);
	else if (!strcmp(name, "text"))
		fputs("currentColor", c->out);
	else
		fprintf(c->out, "var(--%s)", name);
}

/* The sentinel colours of plot.c. */
static void put_colour(const struct cleaner *c, int group, int number)
{
	static const char *const ours[] = { "text", "grid", "muted", "area",
					    "bg" };
	char series[16];

	snprintf(series, sizeof(series), "s%d", number);
	if (group == 2)
		put_named(c, series);
	else
		put_named(c, ours[number >= 1 && number <= 5 ? number - 1 : 0]);
}

/* "rgb(  1,   2,   3)", with or without the spaces. */
static size_t replace_colour(struct cleaner *c, const char *p)
{
	const char *start = p;
	long parts[3];
	char *end;
	int i;

	if (!begins(p, "rgb("))
		return 0;
	p += 3;
	for (i = 0; i < 3; i++) {
		parts[i] = strtol(p + 1, &end, 10);
		p = end;
	}
	if (*p != ')' || parts[0] != 1)
		return 0;
	put_colour(c, (int)parts[1], (int)parts[2]);
	return (size_t)(p + 1 - start);
}

/* What a text at p is to become: writes it and returns its length, or 0. */
static size_t replace(struct cleaner *c, const char *p)
{
	/* Before the colour or address, its name, what follows it. */
	static const struct {
		const char *from, *before, *colour, *after;
	} words[] = {
		/* currentColor must mean the page's colour */
		{ " color=\"black\"", "", NULL, "" },
		{ " color=\"gray\"", "", NULL, "" },
		{ "\"white\"", "\"", "bg", "\"" },
		{ "'white'", "'", "bg", "'" },
		{ "stroke=\"black\"", "stroke=\"", "text", "\"" },
		{ "'black'", "'", "text", "'" },
		{ " font-family=\"sans-serif\" font-size=\"13.00\"", "", NULL,
		  "" },
		{ " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "",
		  NULL, "" },
	};
	bool href = begins(p, "xlink:href='#");
	size_t i = replace_colour(c, p);

	if (i)
		return i;
	if (href || begins(p, "id='")) {
		const char *name = !href                   ? "id='"
				   : c->format == PLOT_SVG ? "xlink:href='#"
							   : "href='#";

		fprintf(c->out, "%s%s-", name, c->plot->id);
		return strlen(href ? "xlink:href='#" : "id='");
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!begins(p, words[i].from))
			continue;
		fputs(words[i].before, c->out);
		if (words[i].colour)
			put_named(c, words[i].colour);
		fputs(words[i].after, c->out);
		return strlen(words[i].from);
	}
	return 0;
}

/* "@3@" is the label number 3. */
static size_t put_label(struct cleaner *c, const char *p)
{
	char *end;
	unsigned long number = strtoul(p + 1, &end, 10);

	if (end == p + 1 || *end != '@' || number >= c->plot->nr_labels)
		return 0;
	html_text(c->out, c->plot->labels[number]);
	return (size_t)(end + 1 - p);
}

/* A tenth of a pixel is enough, and points are most of a figure. */
static size_t put_number(struct cleaner *c, const char *p)
{
	char *end, text[32];
	double value = strtod(p, &end);
	size_t len;

	if (end == p || !memchr(p, '.', (size_t)(end - p)))
		return 0;
	len = (size_t)snprintf(text, sizeof(text), "%.1f", value);
	if (len > 2 && !strcmp(text + len - 2, ".0"))
		text[len - 2] = '\0';
	fputs(text, c->out);
	return (size_t)(end - p);
}

/* What stands at p, where it is no ordinary letter; returns its length. */
static size_t put_special(struct cleaner *c, const char *p)
{
	static const char points[] = " d='";

	if (c->path && *p == '\'') {
		c->path = false;
		return 0;
	}
	if (c->path && ((*p >= '0' && *p <= '9') || *p == '-'))
		return put_number(c, p);
	if (c->path)
		return begins(p, "  '") ? 2 : 0;
	if (begins(p, points)) {
		c->path = true;
		fputs(points, c->out);
		return sizeof(points) - 1;
	}
	/* A file has its labels already. */
	return *p == '@' && c->format == PLOT_PAGE ? put_label(c, p)
						   : replace(c, p);
}

static void put_line(struct cleaner *c, const char *line, size_t len)
{
	const char *p = line, *end = line + len;

	while (p < end) {
		size_t used = put_special(c, p);

		if (!used)
			fputc(*p, c->out);
		p += used ? used : 1;
	}
	fputc('\n', c->out);
}

/* The group of the next plotted element, with our title and its series. */
static void put_part(struct cleaner *c)
{
	const struct plot_part none = { NULL, 0 };
	const struct plot_part *part = &none;

	if (c->part < c->plot->nr_parts)
		part = &c->plot->parts[c->part];
	c->part++;
	fprintf(c->out, "<g id=\"%s-part-%zu\"", c->plot->id, c->part);
	if (part->series)
		fprintf(c->out, " data-series=\"%zu\"", part->series);
	fputc('>', c->out);
	if (part->title) {
		fputs("<title>", c->out);
		html_text(c->out, part->title);
		fputs("</title>", c->out);
	}
	fputc('\n', c->out);
}

/* A marker that no point has: its definition is a line of its own. */
static bool unused(const struct cleaner *c, const char *p, const char *end)
{
	const char *id = strstr(p, "id='gp");
	char use[32];

	if (*p != '\t' || !id || !end || id > end)
		return false;
	id += strlen("id='");
	snprintf(use, sizeof(use), "'#%.*s'", (int)strcspn(id, "'"), id);
	return !strstr(c->raw, use);
}

/* Skip what is not ours to keep: returns how many bytes, or 0. */
static size_t skip(const struct cleaner *c, const char *p)
{
	static const struct {
		const char *from, *to;
	} parts[] = {
		{ "<title>", "</title>\n" },
		{ "<desc>", "</desc>\n" },
		{ "\t<filter", "</filter>\n" },
		{ "<rect x=\"0\" y=\"0\"", "/>\n" },
	};
	const char *end;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		end = begins(p, parts[i].from) ? strstr(p, parts[i].to) : NULL;
		if (end)
			return (size_t)(end - p) + strlen(parts[i].to);
	}
	end = strchr(p, '\n');
	if (unused(c, p, end))
		return (size_t)(end - p) + 1;
	/* A group that holds nothing. */
	if (begins(p, "<g fill=") && end && begins(end + 1, "</g>\n"))
		return (size_t)(end - p) + 6;
	return end == p ? 1 : 0;
}

static void clean_body(struct cleaner *c, const char *p)
{
	while (*p && !begins(p, "</svg>")) {
		const char *end = strchr(p, '\n');
		size_t skipped = skip(c, p);
		const char *id = strstr(p, "<g id=\"");

		if (skipped) {
			p += skipped;
			continue;
		}
		if (!end)
			end = p + strlen(p);
		if (begins(p, "<g id=\"gnuplot_canvas\""))
			fputs("<g>\n", c->out);
		else if (id && id < end)
			put_part(c);
		else
			put_line(c, p, (size_t)(end - p));
		p = *end ? end + 1 : end;
	}
}

/* A page's figure shrinks to three quarters, and grows by a fifth, at most. */
static void put_page_frame(struct cleaner *c, const char *view_box, int len)
{
	unsigned width = c->plot->width;

	fprintf(c->out,
		"<svg class=\"plot\" style=\"min-width:%upx;max-width:%upx\" "
		"viewBox=\"%.*s\"",
		width * 7 / 10, width + width / 5, len, view_box);
}

static void put_file_frame(struct cleaner *c, const char *view_box, int len)
{
	unsigned width = 0, height = 0;

	sscanf(view_box, "0 0 %u %u", &width, &height);
	fprintf(c->out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" "
		"xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%u\" "
		"height=\"%u\" viewBox=\"%.*s\" font-family=\"sans-serif\" "
		"font-size=\"13\" color=\"",
		width, height, len, view_box);
	put_named(c, "text");
	fputc('"', c->out);
}

static void put_head(struct cleaner *c, const char *view_box)
{
	const char *id = c->plot->id;
	int len = (int)strcspn(view_box, "\"");

	if (c->format == PLOT_SVG)
		put_file_frame(c, view_box, len);
	else
		put_page_frame(c, view_box, len);
	fprintf(c->out,
		" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n"
		"<title id=\"%s-t\">",
		id, id, id);
	html_text(c->out, c->plot->title);
	fprintf(c->out, "</title>\n<desc id=\"%s-d\">", id);
	html_text(c->out, c->plot->description);
	fputs("</desc>\n", c->out);
	if (c->format != PLOT_SVG)
		return;
	fputs("<rect width=\"100%\" height=\"100%\" fill=\"", c->out);
	put_named(c, "bg");
	fputs("\"/>\n", c->out);
}

int plot_clean_svg(const struct plot *plot, enum plot_format format,
		   const char *raw, char **svg, struct err *err)
{
	struct cleaner c = { .plot = plot, .format = format, .raw = raw };
	const char *box = strstr(raw, "viewBox=\"");
	const char *body = box ? strstr(box, ">\n") : NULL;
	size_t len;

	*svg = NULL;
	if (!body || !strstr(body, "</svg>"))
		return err_set(err, ERR_SYS, 0, "gnuplot drew no figure");
	c.out = open_memstream(svg, &len);
	if (!c.out)
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	put_head(&c, box + strlen("viewBox=\""));
	clean_body(&c, body + 2);
	fputs("</svg>\n", c.out);
	if (!fclose(c.out))
		return 0;
	free(*svg);
	*svg = NULL;
	return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
}
