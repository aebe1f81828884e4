// SPDX-License-Identifier: MIT
/* Sites are named one by one, sorted by name, and added up. */
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/tape_reader.h"
#include "traces/tool/site_list.h"

#define CHAIN_MAX 4096 /* frames; deeper ones are cut */
#define WARN_MAX  5

static bool is_one_of(const char *name, const char *const *names, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/*
 * Functions that hand a request on: the site is who called them. These are
 * what allocates in the libraries of C and C++ and, by their source, the
 * containers of C++ and Rust, which end up in every program.
 */
static bool passes_on(const struct symbol_frame *f)
{
	static const char *const names[] = {
		"malloc",      "calloc",      "realloc",   "reallocarray",
		"xmalloc",     "xcalloc",     "xrealloc",  "xzalloc",
		"g_malloc",    "g_malloc0",   "g_realloc", "g_malloc_n",
		"g_malloc0_n", "g_realloc_n", "strdup",    "__strdup",
		"strndup",     "__strndup",   "xstrdup",   "xstrndup",
	};

	if (begins(f->module, "libheaptape"))
		return true;
	if (f->file && (strstr(f->file, "/include/c++/") ||
			strstr(f->file, "/library/alloc/src/")))
		return true;
	if (!f->function)
		return false;
	return begins(f->function, "operator new") ||
	       begins(f->function, "std::") ||
	       begins(f->function, "void std::") ||
	       begins(f->function, "__gnu_cxx::") ||
	       is_one_of(f->function, names, sizeof(names) / sizeof(names[0]));
}

size_t site_list_skip(const struct symbol_frame *frames, size_t nr)
{
	size_t i = 0;

	while (i < nr && passes_on(&frames[i]))
		i++;
	return i < nr ? i : 0;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, 0, "out of memory for stacks");
}

static int append(struct site_list *list, const struct symbol_frame *frames,
		  size_t nr, size_t used)
{
	if (used + nr > list->chain_room) {
		size_t room = 2 * (used + nr);
		struct symbol_frame *grown =
			realloc(list->chain, room * sizeof(*grown));

		if (!grown)
			return -1;
		list->chain = grown;
		list->chain_room = room;
	}
	memcpy(list->chain + used, frames, nr * sizeof(*frames));
	return 0;
}

int site_list_chain(struct site_list *list, uint32_t stack,
		    const struct symbol_frame **frames, size_t *nr,
		    struct err *err)
{
	size_t used = 0;

	while (stack && stack <= list->nr_nodes && used < CHAIN_MAX) {
		const struct tape_frame_node *node = &list->nodes[stack];
		const struct symbol_frame *found;
		size_t n = symbols_resolve(list->symbols, node->module,
					   node->address, &found);

		if (!n || append(list, found, n, used))
			return no_memory(err);
		used += n;
		stack = node->parent;
	}
	*frames = list->chain;
	*nr = used;
	return 0;
}

static int compare_text(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a ? a : "", b ? b : "");
}

static int compare_place(const struct symbol_frame *a,
			 const struct symbol_frame *b)
{
	int order = compare_text(a->function, b->function);

	if (!order)
		order = compare_text(a->file, b->file);
	if (!order)
		order = compare_text(a->module, b->module);
	if (!order && a->line != b->line)
		order = a->line < b->line ? -1 : 1;
	/* Without a line, one function is one site; without a name, none is. */
	if (!order && !a->function && a->address != b->address)
		order = a->address < b->address ? -1 : 1;
	return order;
}

static int by_place(const void *pa, const void *pb)
{
	const struct site_row *a = pa, *b = pb;
	int order = compare_place(&a->at, &b->at);

	if (order)
		return order;
	return a->heaviest < b->heaviest ? -1 : a->heaviest > b->heaviest;
}

static int by_metric(const void *pa, const void *pb, void *ctx)
{
	const struct site_row *a = pa, *b = pb;
	enum site_metric metric = *(const enum site_metric *)ctx;

	if (a->values[metric].sum != b->values[metric].sum)
		return a->values[metric].sum > b->values[metric].sum ? -1 : 1;
	return by_place(pa, pb);
}

static void add_values(struct site_value *to, const struct site_value *from)
{
	int i;

	for (i = 0; i < SITE_NR_METRICS; i++) {
		to[i].sum += from[i].sum;
		to[i].variance += from[i].variance;
	}
}

/* One row for each stack. */
static int name_stacks(struct site_list *list, struct err *err)
{
	const struct site_table *t = list->table;
	const struct symbol_frame *frames;
	size_t i, nr;
	int ret = 0;

	list->rows = calloc(t->nr + 1, sizeof(*list->rows));
	if (!list->rows)
		return no_memory(err);
	for (i = 0; i < t->nr && !ret; i++) {
		const struct site *site = &t->sites[i];
		struct site_row *row = &list->rows[i];

		ret = site_list_chain(list, site->stack, &frames, &nr, err);
		row->at.module = "";
		if (!ret && nr)
			row->at = frames[site_list_skip(frames, nr)];
		memcpy(row->values, site->values, sizeof(row->values));
		row->samples = site->samples;
		row->stacks = 1;
		row->heaviest = site->stack;
		row->heaviest_sum = site->values[list->metric].sum;
		add_values(list->total, site->values);
	}
	list->nr = t->nr;
	return ret;
}

/* Rows of one place become one. */
static void merge_rows(struct site_list *list)
{
	size_t i, nr = 0;

	if (list->nr)
		qsort(list->rows, list->nr, sizeof(*list->rows), by_place);
	for (i = 0; i < list->nr; i++) {
		struct site_row *to = nr ? &list->rows[nr - 1] : NULL;
		const struct site_row *from = &list->rows[i];

		if (!to || compare_place(&to->at, &from->at)) {
			list->rows[nr++] = *from;
			continue;
		}
		add_values(to->values, from->values);
		to->samples += from->samples;
		to->stacks++;
		if (from->heaviest_sum > to->heaviest_sum) {
			to->heaviest = from->heaviest;
			to->heaviest_sum = from->heaviest_sum;
		}
	}
	list->nr = nr;
	if (nr)
		qsort_r(list->rows, nr, sizeof(*list->rows), by_metric,
			&list->metric);
}

int site_list_open(struct site_list *list, struct tape_reader *r,
		   const struct tape_stats *stats, enum site_metric metric,
		   struct err *err)
{
	int ret = tape_reader_frames(r, &list->nodes, &list->nr_nodes, err);

	list->table = &stats->sites;
	list->metric = metric;
	list->exact[SITE_ALLOCS] = stats->allocs;
	list->exact[SITE_BYTES] = stats->allocated_bytes;
	list->exact[SITE_PEAK] = stats->live_peak_bytes;
	list->exact[SITE_LEAKED] = stats->live_bytes;
	if (!ret)
		ret = tape_reader_modules(r, &list->modules, &list->nr_modules,
					  err);
	if (!ret)
		ret = symbols_open(&list->symbols, list->modules,
				   list->nr_modules, err);
	if (!ret)
		ret = name_stacks(list, err);
	if (!ret)
		merge_rows(list);
	return ret;
}

void site_list_release(struct site_list *list)
{
	symbols_close(list->symbols);
	free(list->rows);
	free(list->nodes);
	free(list->modules);
	free(list->chain);
	memset(list, 0, sizeof(*list));
}

static void warn_built_in(void)
{
	log_warn("this build knows no symbols; sites are shown as module + "
		 "offset; install libdw-dev (elfutils) and build again");
}

void site_list_warn(const struct site_list *list)
{
	unsigned without = 0, warned = 0;
	const char *first = NULL;
	uint32_t i;

	if (!symbols_built_in()) {
		warn_built_in();
		return;
	}
	for (i = 1; i <= list->nr_modules; i++) {
		const char *why = symbols_trouble(list->symbols, i);
		const char *path = list->modules[i].path;

		if (why && *path == '/' && warned++ < WARN_MAX)
			log_warn("%s: %s; its frames are shown as offsets",
				 path, why);
		if (symbols_missing(list->symbols, i) && !without++)
			first = path;
	}
	if (warned > WARN_MAX)
		log_warn("so are those of %u more modules", warned - WARN_MAX);
	if (without)
		log_note("%u module%s (%s%s) without debug information: no "
			 "lines and inlined calls there; install their -dbgsym "
			 "packages or build with -g",
			 without, without == 1 ? "" : "s", first,
			 without == 1 ? "" : ", ...");
}
