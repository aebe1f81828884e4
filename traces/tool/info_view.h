// SPDX-License-Identifier: MIT
/* What the parts of info's text share. */
#ifndef TRACES_TOOL_INFO_VIEW_H
#define TRACES_TOOL_INFO_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tool/tape_stats.h"

struct tape_reader;

struct info_view {
	struct tape_reader *r;
	const struct tape_stats *s;
	uint64_t top;         /* rows of a table at most */
	unsigned width;       /* columns of a line */
	bool utf8;            /* signs beyond ASCII may be used */
	bool window;          /* blocks were there before the tape began */
	uint64_t duration_ns; /* at least 1 */
};

typedef unsigned long long ull;

/* Take the width from the terminal, else 100, and the signs from the locale. */
void view_init(struct info_view *v);

/* Texts that stay valid for some more calls. */
const char *view_bytes(uint64_t bytes);
const char *view_ns(uint64_t ns);
const char *view_count(double count);
/* "12.3%"; "-" of nothing. */
const char *view_share(double part, double whole);

/* "  label              ": the start of a line of the head. */
void view_label(const char *label);
/* Behind used columns: two blanks, a bar for part of most; the line ends. */
void view_bar(const struct info_view *v, unsigned used, uint64_t part,
	      uint64_t most);
/* "(10 of 38 threads; --top=N shows more)", when there are more. */
void view_more(const struct info_view *v, uint64_t nr, const char *what);

/* The parts. 0, or -1: out of memory. */
void view_calls(const struct info_view *v);
void view_sizes(const struct info_view *v);
void view_lives(const struct info_view *v);
void view_reallocs(const struct info_view *v);
void view_alignments(const struct info_view *v);
void view_latency(const struct info_view *v);
void view_cross(const struct info_view *v);
int view_threads(const struct info_view *v);
void view_marks(const struct info_view *v);
void view_memory(const struct info_view *v);

#endif
