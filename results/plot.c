// SPDX-License-Identifier: MIT
/*
 * A figure's script: what all have in common comes before and after what the
 * figure itself wrote.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "results/html_assets.h"
#include "results/plot.h"
#include "results/plotter.h"
#include "results/term_text.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define PNG_SCALE 2   /* fine enough for a slide or a print */
#define MAX_NAME  200 /* columns of a name in a file's key */

static const struct plot_style styles[PLOT_STYLES] = {
	{ "", "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0z", 7 },
	{ "9,3", "M-4,-4h8v8h-8z", 5 },
	{ "3,2", "M0,-5L5,4L-5,4z", 9 },
	{ "9,3,2,3", "M0,-5L5,0L0,5L-5,0z", 13 },
	{ "5,2", "M0,5L5,-4L-5,-4z", 11 },
	{ "12,3,2,3,2,3", "M0,-5L5,-1L3,4L-3,4L-5,-1z", 15 },
	{ "3,1", "M-4,0h8M0,-4v8", 1 },
	{ "15,3", "M-4,-4L4,4M-4,4L4,-4", 2 },
};

const struct plot_style *plot_style(size_t series)
{
	size_t i = series - 1;

	/* When the colours repeat, dashes and markers do not. */
	return &styles[(i + i / PLOT_STYLES) % PLOT_STYLES];
}

const char *plot_colour(const char *name, char buf[8])
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "--%s: #", name);
	at = strstr(html_style, key);
	snprintf(buf, 8, "%.7s", at ? at + strlen(key) - 1 : "#000000");
	return buf;
}

/* How many bytes the letter at p takes that common fonts may not have, or 0. */
static size_t uncommon(const char *p)
{
	const unsigned char *c = (const unsigned char *)p;

	if (c[0] >= 0xf0 && c[1] && c[2] && c[3])
		return 4;
	if (c[0] < 0xe0 || !c[1] || !c[2])
		/* Arabic and beyond; Latin, Greek, Cyrillic, Hebrew before. */
		return c[0] >= 0xd8 && c[0] < 0xe0 && c[1] ? 2 : 0;
	/* Punctuation, arrows and mathematics; the mark of what is no text. */
	if (c[0] == 0xe2 && c[1] <= 0x8b)
		return 0;
	return c[0] == 0xef && c[1] == 0xbf && c[2] == 0xbd ? 0 : 3;
}

/* A letter that looks so and means nothing to gnuplot, or NULL. */
static const char *instead_of(char c)
{
	switch (c) {
	case '\'':
		return "\xe2\x80\x99";
	case '"':
		return "\xe2\x80\x9d";
	case '`':
		return "\xe2\x80\x98";
	case '\\':
		return "\xe2\x88\x96";
	case '%':
		return "\xe2\x81\x92";
	default:
		return NULL;
	}
}

void plot_quote(FILE *out, const char *text, bool common)
{
	char clean[4 * MAX_NAME + 4];
	const char *p;

	fputc('\'', out);
	for (p = term_clean(text, MAX_NAME, clean, sizeof(clean)); *p; p++) {
		size_t n = common ? uncommon(p) : 0;
		const char *instead = n ? "?" : instead_of(*p);

		if (instead)
			fputs(instead, out);
		else
			fputc(*p, out);
		p += n ? n - 1 : 0;
	}
	fputc('\'', out);
}

/* In SVG colours are numbers that plot_clean_svg knows. */
static void put_colour(FILE *out, enum plot_format format, int group,
		       int number, const char *name)
{
	char colour[8];

	if (format == PLOT_PNG)
		fprintf(out, "'%s'", plot_colour(name, colour));
	else
		fprintf(out, "'#01%02x%02x'", (unsigned)group,
			(unsigned)number);
}

static void write_linetypes(FILE *out, enum plot_format format, size_t nr)
{
	size_t i;

	for (i = 1; i <= nr; i++) {
		const struct plot_style *style = plot_style(i);
		int number = (int)((i - 1) % PLOT_STYLES) + 1;
		char name[8];

		snprintf(name, sizeof(name), "s%d", number);
		fprintf(out, "set linetype %zu lw 1.8 pt %d ps 0.9 lc rgb ", i,
			style->point_type);
		put_colour(out, format, 2, number, name);
		fputs(" dt ", out);
		if (*style->dash)
			fprintf(out, "(%s)\n", style->dash);
		else
			fputs("solid\n", out);
	}
}

static void write_colours(FILE *out, enum plot_format format)
{
	static const struct {
		const char *variable, *name;
	} colours[] = { { "INK", "text" },
			{ "GRID", "grid" },
			{ "QUIET", "muted" },
			{ "AREA", "area" },
			{ "BACK", "bg" } };
	size_t i;

	for (i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		fprintf(out, "%s = ", colours[i].variable);
		put_colour(out, format, 1, (int)i + 1, colours[i].name);
		fputc('\n', out);
	}
}

/* Of a page they are places to put the text in later. */
static void write_texts(FILE *out, enum plot_format format, const char *name,
			const char *const *texts, size_t nr)
{
	size_t i;

	fprintf(out, "array %s[%zu]\n", name, nr ? nr : 1);
	for (i = 0; i < nr; i++) {
		fprintf(out, "%s[%zu] = ", name, i + 1);
		if (format == PLOT_PAGE)
			fprintf(out, "'@%zu@'", i);
		else
			plot_quote(out, texts[i], format == PLOT_PNG);
		fputc('\n', out);
	}
}

static void write_text(FILE *out, enum plot_format format, const char *name,
		       const char *text)
{
	fprintf(out, "%s = ", name);
	plot_quote(out, text && format != PLOT_PAGE ? text : "",
		   format == PLOT_PNG);
	fputc('\n', out);
}

/* How many columns the key of a file has room for, and the rows it takes. */
static unsigned key_columns(const struct plot *plot, unsigned *rows)
{
	const char *const others[] = { plot->area, plot->quiet, plot->mark };
	size_t widest = 4, nr = plot->nr_names, columns, i;

	for (i = 0; i < 3; i++)
		nr += others[i] != NULL;
	for (i = 0; i < plot->nr_names; i++) {
		size_t width = term_width(plot->names[i]);

		widest = width > widest ? width : widest;
	}
	for (i = 0; i < 3; i++) {
		size_t width = others[i] ? term_width(others[i]) : 0;

		widest = width > widest ? width : widest;
	}
	columns = plot->width / (90 + 8 * widest);
	columns = columns ? columns : 1;
	*rows = (unsigned)((nr + columns - 1) / columns);
	return (unsigned)columns;
}

/* A file has a heading above the figure, which keeps its size, and a key below. */
static void write_frame(const struct plot *plot, enum plot_format format,
			FILE *out)
{
	unsigned rows, columns = key_columns(plot, &rows);
	unsigned below = format == PLOT_PAGE ? 0 : 26 + 19 * rows;
	unsigned above = format == PLOT_PAGE ? 0 : 32;
	unsigned height = plot->height + above + below;
	unsigned scale = format == PLOT_PNG ? PNG_SCALE : 1;
	char colour[8], heading[512];

	if (format == PLOT_PNG)
		fprintf(out,
			"set terminal pngcairo size %u,%u noenhanced "
			"font 'sans-serif,10' fontscale %u linewidth %u "
			"pointscale %u background rgb '%s'\n",
			plot->width * scale, height * scale, scale, scale,
			scale, plot_colour("bg", colour));
	else
		fprintf(out,
			"set terminal svg size %u,%u dynamic noenhanced "
			"font 'sans-serif,13' name 'plot'\n",
			plot->width, height);
	fprintf(out,
		"FILE = %d\nKEY_COLUMNS = %u\nBELOW = %.6f\nSHRINK = %.6f\n",
		format != PLOT_PAGE, columns, (double)below / height,
		(double)plot->height / height);
	term_clean(plot->title ? plot->title : "", plot->width / 9, heading,
		   sizeof(heading));
	write_text(out, format, "HEADING", heading);
}

/* Everything before what the figure itself wrote. */
static void write_prologue(const struct plot *plot, enum plot_format format,
			   FILE *out)
{
	const char *none[PLOT_MAX_NAMES];
	size_t i;

	write_frame(plot, format, out);
	write_linetypes(out, format, plot->nr_series);
	write_colours(out, format);
	write_texts(out, format, "LABEL", plot->labels, plot->nr_labels);
	for (i = 0; i < plot->nr_names; i++)
		none[i] = format == PLOT_PAGE ? "" : plot->names[i];
	write_texts(out, format == PLOT_PAGE ? PLOT_SVG : format, "NAME", none,
		    plot->nr_names);
	write_text(out, format, "AREA_NAME", plot->area);
	write_text(out, format, "QUIET_NAME", plot->quiet);
	write_text(out, format, "MARK_NAME", plot->mark);
}

int plot_begin(struct plot *plot, const char *id, unsigned width,
	       unsigned height, size_t nr_series, struct err *err)
{
	size_t i;

	memset(plot, 0, sizeof(*plot));
	plot->script = open_memstream(&plot->text, &plot->len);
	if (!plot->script)
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	for (i = 0; id[i] && i + 1 < sizeof(plot->id); i++)
		plot->id[i] = isalnum((unsigned char)id[i]) ? id[i] : '-';
	plot->width = width;
	plot->height = height;
	plot->nr_series = nr_series < PLOT_STYLES ? PLOT_STYLES : nr_series;
	return 0;
}

void plot_part(struct plot *plot, const char *title, size_t series)
{
	if (plot->nr_parts < PLOT_MAX_PART)
		plot->parts[plot->nr_parts++] =
			(struct plot_part){ title, series };
}

static int append_part(FILE *out, const char *name, struct err *err)
{
	char path[PATH_MAX], buf[4096];
	size_t n;
	FILE *in;
	int rc = files_find_part(name, path, sizeof(path), err);

	if (rc)
		return rc;
	in = fopen(path, "re");
	if (!in)
		return err_set(err, ERR_IO, errno, "cannot read %s", path);
	while ((n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, out);
	fclose(in);
	return 0;
}

/* The whole script; the caller's to free. */
static int assemble(struct plot *plot, enum plot_format format,
		    const char *script, char **text, struct err *err)
{
	size_t len;
	FILE *out = open_memstream(text, &len);
	int rc;

	if (!out || fflush(plot->script)) {
		if (out)
			fclose(out);
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	}
	write_prologue(plot, format, out);
	fwrite(plot->text, 1, plot->len, out);
	rc = append_part(out, "common.gp", err);
	if (!rc)
		rc = append_part(out, script, err);
	if (fclose(out) && !rc)
		rc = err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	return rc;
}

int plot_draw(struct plot *plot, struct plotter *plotter,
	      enum plot_format format, const char *script, char **data,
	      size_t *len, struct err *err)
{
	char *text = NULL, *raw = NULL;
	int rc = assemble(plot, format, script, &text, err);

	*data = NULL;
	if (!rc)
		rc = plotter_draw(plotter, text, &raw, len, err);
	free(text);
	if (rc || format == PLOT_PNG) {
		*data = raw;
		return rc;
	}
	rc = plot_clean_svg(plot, format, raw, data, err);
	*len = rc ? 0 : strlen(*data);
	free(raw);
	return rc;
}

void plot_release(struct plot *plot)
{
	if (plot->script)
		fclose(plot->script);
	free(plot->text);
	plot->script = NULL;
	plot->text = NULL;
}
