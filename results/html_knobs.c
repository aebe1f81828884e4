// SPDX-License-Identifier: MIT
/* Arms with knobs beside the same allocator without them. */
#include <stdlib.h>
#include <string.h>

#include "results/report.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const struct result_run *run_of(const struct comparison *cmp, size_t arm)
{
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++)
		if (cmp->tapes[i].arms[arm].any)
			return cmp->tapes[i].arms[arm].any;
	return NULL;
}

/* Marks the arms of allocators that have been measured with knobs. */
static bool find_arms(const struct comparison *cmp, bool *arms)
{
	bool any = false;
	size_t i, k;

	for (i = 0; i < cmp->nr_arms; i++) {
		const struct result_run *run = run_of(cmp, i);

		if (!run || !run->nr_knobs)
			continue;
		any = true;
		for (k = 0; k < cmp->nr_arms; k++) {
			const struct result_run *other = run_of(cmp, k);

			arms[k] |= k == i ||
				   (other && !strcmp(other->path, run->path));
		}
	}
	return any;
}

static void put_knobs(struct report *report, const bool *arms)
{
	const struct comparison *cmp = report->cmp;
	FILE *out = report->out;
	size_t i, k;

	html_table(out, "The knobs of each arm");
	fputs("<thead><tr><th scope=\"col\">arm</th>"
	      "<th scope=\"col\">knobs</th></tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < cmp->nr_arms; i++) {
		const struct result_run *run = run_of(cmp, i);

		if (!arms[i])
			continue;
		fputs("<tr>", out);
		html_arm(report, i, "row");
		fputs("<td>", out);
		for (k = 0; run && k < run->nr_knobs; k++) {
			fputs(k ? "<br>" : "", out);
			html_name(out, run->knobs[k]);
		}
		fputs(run && run->nr_knobs ? "</td></tr>\n"
					   : "none</td></tr>\n",
		      out);
	}
	html_table_end(out);
}

void html_knobs(struct report *report)
{
	static const char *const metrics[] = { "wall_ns", "rss_peak_bytes",
					       "rss_idle_bytes", "minor_faults",
					       "malloc_p999_ns" };
	const struct comparison *cmp = report->cmp;
	bool *arms = calloc(cmp->nr_arms, sizeof(*arms));
	size_t i;

	html_section(report->out, "knobs", "Knobs", NULL);
	if (!arms || !find_arms(cmp, arms)) {
		fputs("<p>No arm has knobs of its own. <code>heaptape "
		      "allocators</code> lists those worth trying; "
		      "<code>heaptape replay -a NAME,KEY=VALUE</code> measures "
		      "them.</p>\n",
		      report->out);
		free(arms);
		return;
	}
	put_knobs(report, arms);
	for (i = 0; i < cmp->nr_tapes; i++) {
		html_tape_heading(report, &cmp->tapes[i]);
		html_medians_of(report, &cmp->tapes[i],
				"Beside the same allocator without, medians",
				metrics, NR(metrics), arms);
	}
	free(arms);
}
