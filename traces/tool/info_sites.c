// SPDX-License-Identifier: MIT
/*
 * Names come from files and from tapes: control characters are never printed,
 * and a folded line keeps its separators to itself.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tool/info_json.h"
#include "traces/tool/info_sites.h"
#include "traces/tool/info_view.h"
#include "traces/tool/tape_json.h"
#include "traces/tool/tape_tool.h"

#define CALLERS        5
#define NAME_MAX_SHOWN 80
/* Half of the interval that holds the true value in 95 of 100 samples. */
#define SIGMAS_95 1.96

/* Names of templates have no end: the table shows where they begin. */
static void print_name(const char *name)
{
	char begin[NAME_MAX_SHOWN + 1];

	if (strlen(name) <= NAME_MAX_SHOWN) {
		tool_print_text(name);
		return;
	}
	snprintf(begin, sizeof(begin), "%.*s...", NAME_MAX_SHOWN - 3, name);
	tool_print_text(begin);
}

/* "function at file.c:12 (module)", or "module+0x1234". */
static void print_place(const struct symbol_frame *f, bool with_module)
{
	const char *slash = f->file ? strrchr(f->file, '/') : NULL;

	if (!f->function && !*f->module && !f->address) {
		fputs("(no stack)", stdout);
		return;
	}
	if (!f->function) {
		tool_print_text(*f->module ? f->module : "unknown");
		printf("+0x%" PRIx64, f->address);
		return;
	}
	print_name(f->function);
	if (f->file) {
		fputs(" at ", stdout);
		tool_print_text(slash ? slash + 1 : f->file);
		if (f->line)
			printf(":%u", f->line);
	}
	if (with_module || !f->file) {
		fputs(" (", stdout);
		tool_print_text(f->module);
		putchar(')');
	}
}

static int print_callers(struct site_list *list, const struct site_row *row,
			 struct err *err)
{
	const struct symbol_frame *frames;
	size_t nr, i, first;
	int ret = site_list_chain(list, row->heaviest, &frames, &nr, err);

	if (ret || !nr)
		return ret;
	first = site_list_skip(frames, nr);
	/* What calls main is the same in all programs. */
	for (i = 0; i < nr; i++)
		if (frames[i].function && !strcmp(frames[i].function, "main"))
			nr = i + 1;
	for (i = first + 1; i < nr && i <= first + CALLERS; i++) {
		printf("%36s  by ", "");
		print_place(&frames[i],
			    strcmp(frames[i].module, frames[i - 1].module));
		putchar('\n');
	}
	if (i < nr)
		printf("%36s  and %zu more\n", "", nr - i);
	if (row->stacks > 1)
		printf("%36s  (the heaviest of %u chains: %s)\n", "",
		       row->stacks,
		       view_share(row->heaviest_sum,
				  row->values[list->metric].sum));
	return 0;
}

/* Whole; what no number can hold becomes the largest. */
static uint64_t whole(double sum)
{
	return sum < 0x1p63 ? (uint64_t)(sum + 0.5) : INT64_MAX;
}

static double error_of(const struct site_value *v)
{
	return v->sum > 0 ? SIGMAS_95 * sqrt(v->variance) / v->sum : 0;
}

/* How good the estimates are: by their sum, and by what it should be. */
static void print_estimates(const struct site_list *list)
{
	const struct site_table *t = list->table;
	const struct site_value *total = &list->total[list->metric];
	uint64_t exact = list->exact[list->metric];

	if (t->sampling == SITE_CALLS)
		printf("  estimates from the stack of one call in %.0f",
		       t->period);
	else
		printf("  estimates from one stack in %s",
		       view_bytes(whole(t->period)));
	printf(", each with the margin that holds 95 of 100 times;\n");
	if (list->metric == SITE_ALLOCS)
		printf("  together %s calls +- %.1f%%, where there were %s\n",
		       view_count(total->sum), 100 * error_of(total),
		       view_count((double)exact));
	else
		printf("  together %s +- %.1f%%, where there were %s\n",
		       view_bytes(whole(total->sum)), 100 * error_of(total),
		       view_bytes(exact));
	if (t->sampling == SITE_CALLS && list->metric != SITE_ALLOCS)
		printf("  few calls for much memory may be missing: recorded "
		       "with --stacks=BYTES, they are not\n");
}

static void print_head(const struct site_list *list)
{
	static const char *const what[] = { "calls that returned a block",
					    "bytes that were asked for",
					    "bytes alive when most were",
					    "bytes alive at the end" };
	bool all = list->table->sampling == SITE_ALL;

	printf("\n  sites by %s: %s\n", site_metric_name(list->metric),
	       what[list->metric]);
	if (!all)
		print_estimates(list);
	printf("\n  %6s %11s %14s%s  site\n", "share", "bytes", "calls",
	       all ? "" : "     +-");
}

static int print_row(struct site_list *list, const struct site_row *row,
		     struct err *err)
{
	const struct site_value *v = &row->values[list->metric];
	enum site_metric bytes =
		list->metric == SITE_ALLOCS ? SITE_BYTES : list->metric;

	printf("  %6s %11s %14.0f",
	       view_share(v->sum, list->total[list->metric].sum),
	       view_bytes(whole(row->values[bytes].sum)),
	       row->values[SITE_ALLOCS].sum);
	if (list->table->sampling != SITE_ALL)
		printf("%6.1f%%", 100 * error_of(v));
	fputs("  ", stdout);
	print_place(&row->at, true);
	putchar('\n');
	return print_callers(list, row, err);
}

int sites_print(struct site_list *list, uint64_t top, struct err *err)
{
	size_t i, nr = 0;
	int ret = 0;

	if (!list->table->nr_stacks) {
		printf("\n  no stacks on this tape; heaptape record --stacks "
		       "keeps them\n");
		return 0;
	}
	print_head(list);
	for (i = 0; i < list->nr; i++)
		nr += list->rows[i].values[list->metric].sum > 0;
	for (i = 0; i < nr && i < top && !ret; i++)
		ret = print_row(list, &list->rows[i], err);
	if (nr > top)
		printf("  (%llu of %zu sites; --top=N shows more)\n", (ull)top,
		       nr);
	return ret;
}

static json_t *frame_object(const struct symbol_frame *f)
{
	json_t *o = json_object();

	if (f->function)
		tape_json_set_text(o, "function", f->function);
	if (f->file)
		tape_json_set_text(o, "file", f->file);
	if (f->line)
		info_json_add(o, "line", f->line);
	tape_json_set_text(o, "module", f->module);
	info_json_add(o, "address", f->address);
	if (f->inlined)
		json_object_set_new(o, "inlined", json_true());
	return o;
}

static void set_value(json_t *o, const char *key, const char *error_key,
		      const struct site_value *v, bool estimated)
{
	info_json_add(o, key, whole(v->sum));
	if (estimated)
		json_object_set_new(o, error_key, json_real(sqrt(v->variance)));
}

static void set_values(json_t *o, const struct site_value *values,
		       bool estimated)
{
	set_value(o, "allocations", "allocations_error", &values[SITE_ALLOCS],
		  estimated);
	set_value(o, "allocated_bytes", "allocated_bytes_error",
		  &values[SITE_BYTES], estimated);
	set_value(o, "peak_bytes", "peak_bytes_error", &values[SITE_PEAK],
		  estimated);
	set_value(o, "leaked_bytes", "leaked_bytes_error", &values[SITE_LEAKED],
		  estimated);
}

static int row_object(struct site_list *list, const struct site_row *row,
		      json_t **out, struct err *err)
{
	const struct symbol_frame *frames;
	json_t *o = frame_object(&row->at), *chain = json_array();
	size_t nr, i;
	int ret = site_list_chain(list, row->heaviest, &frames, &nr, err);

	set_values(o, row->values, list->table->sampling != SITE_ALL);
	info_json_add(o, "samples", row->samples);
	info_json_add(o, "stacks", row->stacks);
	for (i = 0; !ret && i < nr; i++)
		json_array_append_new(chain, frame_object(&frames[i]));
	json_object_set_new(o, "heaviest_stack", chain);
	*out = o;
	return ret;
}

int sites_json(struct site_list *list, uint64_t top, json_t **out,
	       struct err *err)
{
	const struct site_table *t = list->table;
	json_t *o = json_object(), *table = json_array(), *row;
	int ret = 0;
	size_t i;

	json_object_set_new(o, "by",
			    json_string(site_metric_name(list->metric)));
	if (t->sampling == SITE_CALLS)
		json_object_set_new(o, "sampled_calls", json_real(t->period));
	if (t->sampling == SITE_PER_BYTES)
		json_object_set_new(o, "sampled_bytes", json_real(t->period));
	set_values(o, list->total, t->sampling != SITE_ALL);
	info_json_add(o, "exact", list->exact[list->metric]);
	info_json_add(o, "sites", list->nr);
	for (i = 0; i < list->nr && i < top && !ret; i++) {
		ret = row_object(list, &list->rows[i], &row, err);
		json_array_append_new(table, row);
	}
	json_object_set_new(o, "table", table);
	*out = o;
	return ret;
}

/* A part of a folded line: its own separators and control characters go. */
static void fold_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		putchar(c == ';' ? ':' : c < 0x20 || c == 0x7f ? '?' : c);
	}
}

static void fold_frame(const struct symbol_frame *f)
{
	if (f->function) {
		fold_text(f->function);
		return;
	}
	fold_text(*f->module ? f->module : "unknown");
	printf("+0x%" PRIx64, f->address);
}

int sites_folded(struct site_list *list, struct err *err)
{
	const struct site_table *t = list->table;
	const struct symbol_frame *frames;
	size_t i, nr;
	int ret = 0;

	for (i = 0; i < t->nr && !ret; i++) {
		double sum = t->sites[i].values[list->metric].sum;

		if (sum < 0.5)
			continue;
		ret = site_list_chain(list, t->sites[i].stack, &frames, &nr,
				      err);
		if (!ret && !nr)
			fputs("(no stack)", stdout);
		while (!ret && nr) {
			fold_frame(&frames[--nr]);
			if (nr)
				putchar(';');
		}
		printf(" %.0f\n", sum);
	}
	return ret;
}
