// SPDX-License-Identifier: MIT
/*
 * From gnuplot's SVG to one that can stand in a page beside others: ids get
 * the figure's prefix, colours become those of the page's theme, titles and
 * labels are put in, what draws nothing is left out.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "results/html.h"
#include "results/plot.h"
#include "traces/base/err.h"

struct cleaner {
	const struct plot *plot;
	FILE *out;
	size_t part; /* elements that have begun */
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The sentinel colours of plot.c and common.gp. */
static void put_colour(struct cleaner *c, int group, int number)
{
	static const char *const ours[] = { "currentColor", "var(--grid)",
					    "var(--muted)", "var(--area)" };

	if (group == 2)
		fprintf(c->out, "var(--s%d)", number);
	else
		fputs(ours[number >= 1 && number <= 4 ? number - 1 : 0],
		      c->out);
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
	static const struct {
		const char *from, *to;
	} words[] = {
		/* currentColor must mean the page's colour */
		{ " color=\"black\"", "" },
		{ " color=\"gray\"", "" },
		{ "\"white\"", "\"var(--bg)\"" },
		{ "'white'", "'var(--bg)'" },
		{ "stroke=\"black\"", "stroke=\"currentColor\"" },
		{ "'black'", "'currentColor'" },
		{ "xlink:href='#", NULL },
		{ "id='", NULL },
		{ " font-family=\"sans-serif\" font-size=\"13.00\"", "" },
		{ " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "" },
	};
	size_t i = replace_colour(c, p);

	if (i)
		return i;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!begins(p, words[i].from))
			continue;
		if (words[i].to)
			fputs(words[i].to, c->out);
		else
			fprintf(c->out, "%s%s-", *p == 'i' ? "id='" : "href='#",
				c->plot->id);
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

static void put_line(struct cleaner *c, const char *line, size_t len)
{
	const char *p = line, *end = line + len;

	while (p < end) {
		size_t used = *p == '@' ? put_label(c, p) : replace(c, p);

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

/* Skip what is not ours to keep: returns how many bytes, or 0. */
static size_t skip(const char *p)
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
	/* A group that holds nothing. */
	if (begins(p, "<g fill=") && end && begins(end + 1, "</g>\n"))
		return (size_t)(end - p) + 6;
	return end == p ? 1 : 0;
}

static void clean_body(struct cleaner *c, const char *p)
{
	while (*p && !begins(p, "</svg>")) {
		const char *end = strchr(p, '\n');
		size_t skipped = skip(p);
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

static void put_head(struct cleaner *c, const char *view_box, const char *title,
		     const char *description)
{
	const char *id = c->plot->id;
	size_t len = strcspn(view_box, "\"");
	unsigned int width = 0;

	sscanf(view_box, "0 0 %u", &width);
	fprintf(c->out,
		"<svg class=\"plot\" style=\"min-width:%upx;max-width:%upx\" "
		"viewBox=\"%.*s\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">",
		width * 7 / 10, width + width / 5, (int)len, view_box, id, id,
		id);
	html_text(c->out, title);
	fprintf(c->out, "</title>\n<desc id=\"%s-d\">", id);
	html_text(c->out, description);
	fputs("</desc>\n", c->out);
}

int plot_clean_svg(const struct plot *plot, const char *raw, const char *title,
		   const char *description, char **svg, struct err *err)
{
	struct cleaner c = { .plot = plot };
	const char *box = strstr(raw, "viewBox=\"");
	const char *body = box ? strstr(box, ">\n") : NULL;
	size_t len;

	*svg = NULL;
	if (!body || !strstr(body, "</svg>"))
		return err_set(err, ERR_SYS, 0, "gnuplot drew no figure");
	c.out = open_memstream(svg, &len);
	if (!c.out)
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	put_head(&c, box + strlen("viewBox=\""), title, description);
	clean_body(&c, body + 2);
	fputs("</svg>\n", c.out);
	if (!fclose(c.out))
		return 0;
	free(*svg);
	*svg = NULL;
	return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
}
