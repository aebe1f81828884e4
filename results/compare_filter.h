// SPDX-License-Identifier: MIT
/* What heaptape compare --filter means. */
#ifndef RESULTS_COMPARE_FILTER_H
#define RESULTS_COMPARE_FILTER_H

#include <stddef.h>

struct comparison_options;
struct err;

enum { COMPARE_FILTER_METRICS = 32 };

/* The words of an expression; options borrow from it. */
struct compare_filter {
	char words[512];
	const char *metrics[COMPARE_FILTER_METRICS];
};

/*
 * "tape:lua* arm:je* metric:rss_*" into options: each names a glob; metric:
 * may be repeated, and comes to those that are there. -ERR_ARG.
 */
int compare_filter_parse(struct compare_filter *filter, const char *text,
			 struct comparison_options *options, struct err *err);

#endif
