// SPDX-License-Identifier: MIT
/* Words of KEY:PATTERN, apart by blanks. */
#include <stdio.h>
#include <string.h>

#include "results/compare_filter.h"
#include "results/comparison.h"
#include "traces/base/err.h"

static int set_once(const char **to, const char *word, const char *pattern,
		    struct err *err)
{
	if (*to)
		return err_set(err, ERR_ARG, 0,
			       "filter '%.60s': there is one of its kind "
			       "already",
			       word);
	*to = pattern;
	return 0;
}

static int add_metric(struct compare_filter *filter, const char *pattern,
		      struct comparison_options *options, struct err *err)
{
	size_t nr = options->nr_metrics;

	if (nr == COMPARE_FILTER_METRICS)
		return err_set(err, ERR_ARG, 0,
			       "more than %d metrics; use a pattern",
			       COMPARE_FILTER_METRICS);
	if (nr && options->metrics != filter->metrics)
		memcpy(filter->metrics, options->metrics,
		       nr * sizeof(*filter->metrics));
	filter->metrics[nr] = pattern;
	options->metrics = filter->metrics;
	options->nr_metrics++;
	return 0;
}

int compare_filter_parse(struct compare_filter *filter, const char *text,
			 struct comparison_options *options, struct err *err)
{
	char *save = NULL, *word;
	int rc = 0;

	if (strlen(text) >= sizeof(filter->words))
		return err_set(err, ERR_ARG, 0, "filter '%.60s...' is too long",
			       text);
	strcpy(filter->words, text);
	for (word = strtok_r(filter->words, " ", &save); word && !rc;
	     word = strtok_r(NULL, " ", &save)) {
		const char *pattern = strchr(word, ':');

		pattern = pattern && pattern[1] ? pattern + 1 : NULL;
		if (pattern && !strncmp(word, "tape:", 5))
			rc = set_once(&options->tape, word, pattern, err);
		else if (pattern && !strncmp(word, "arm:", 4))
			rc = set_once(&options->arm, word, pattern, err);
		else if (pattern && !strncmp(word, "metric:", 7))
			rc = add_metric(filter, pattern, options, err);
		else
			rc = err_set(err, ERR_ARG, 0,
				     "filter '%.60s' is not tape:PATTERN, "
				     "arm:PATTERN or metric:PATTERN",
				     word);
	}
	return rc;
}
