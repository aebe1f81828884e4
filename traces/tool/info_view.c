// SPDX-License-Identifier: MIT
/* How info writes numbers, bars and labels. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "traces/base/units.h"
#include "traces/tape_reader.h"
#include "traces/tool/info_view.h"

#define WIDTH_NO_TTY 100
#define WIDTH_MIN    72
#define WIDTH_MAX    160
#define TURNS        8

void view_init(struct info_view *v)
{
	const char *start =
		tape_meta_get(tape_reader_meta(v->r), "heap_at_start");
	struct winsize size;

	v->window = start && strcmp(start, "empty") != 0;
	v->width = WIDTH_NO_TTY;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		v->width = size.ws_col;
	if (v->width < WIDTH_MIN)
		v->width = WIDTH_MIN;
	if (v->width > WIDTH_MAX)
		v->width = WIDTH_MAX;
	setlocale(LC_CTYPE, "");
	v->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	v->duration_ns = tape_reader_info(v->r)->duration_ns;
	if (!v->duration_ns)
		v->duration_ns = 1;
}

static char *turn(void)
{
	static char buf[TURNS][32];
	static unsigned next;

	return buf[next++ % TURNS];
}

const char *view_bytes(uint64_t bytes)
{
	return units_format_bytes(turn(), 32, (double)bytes);
}

const char *view_ns(uint64_t ns)
{
	return units_format_ns(turn(), 32, (double)ns);
}

const char *view_count(double count)
{
	return units_format_count(turn(), 32, count);
}

const char *view_share(double part, double whole)
{
	char *out = turn();

	if (whole > 0)
		snprintf(out, 32, "%.1f%%", 100 * part / whole);
	else
		strcpy(out, "-");
	return out;
}

void view_label(const char *label)
{
	printf("  %-18s ", label);
}

void view_bar(const struct info_view *v, unsigned used, uint64_t part,
	      uint64_t most)
{
	/* Blocks of one to seven eighths of a cell. */
	static const char *const eighths[] = { "",       "\u258f", "\u258e",
					       "\u258d", "\u258c", "\u258b",
					       "\u258a", "\u2589" };
	double cells =
		(double)(v->width > used + 12 ? v->width - used - 2 : 10);
	unsigned nr, rest = 0;

	cells *= most ? (double)part / (double)most : 0;
	nr = (unsigned)(v->utf8 ? cells : cells + 0.5);
	if (v->utf8)
		rest = (unsigned)((cells - nr) * 8) % 8;
	if (nr || rest)
		fputs("  ", stdout);
	while (nr--)
		fputs(v->utf8 ? "\u2588" : "#", stdout);
	fputs(eighths[rest], stdout);
	putchar('\n');
}

void view_more(const struct info_view *v, uint64_t nr, const char *what)
{
	if (nr > v->top)
		printf("  (%llu of %llu %s; --top=N shows more)\n", (ull)v->top,
		       (ull)nr, what);
}
