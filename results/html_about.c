// SPDX-License-Identifier: MIT
/* What was recorded, where and with what it was replayed, and the method. */
#include <math.h>
#include <string.h>

#include "results/report.h"
#include "traces/base/units.h"

#define MAX_KEYS 64

static void put_pair(FILE *out, const char *key, const char *value)
{
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, key);
	fputs("</th><td>", out);
	html_name(out, value);
	fputs("</td></tr>\n", out);
}

/* How well the replay could follow the tape. */
static void put_count(FILE *out, const char *title,
		      const struct result_run *run, const char *name)
{
	double value = run ? result_metric(run, name) : NAN;
	char text[64];

	if (isfinite(value))
		put_pair(out, title,
			 units_format_count(text, sizeof(text), value));
}

/* Of the tape: its last call or, where that comes later, its last sample. */
static double duration_ns(const struct result_doc *doc)
{
	double end = 0;
	size_t i;

	if (doc->nr_recorded)
		end = (double)doc->recorded[doc->nr_recorded - 1].time_ns;
	for (i = 0; i < doc->nr_runs; i++) {
		const struct result_run *run = &doc->runs[i];

		if (run->nr_curve)
			end = fmax(
				end,
				(double)run->curve[run->nr_curve - 1].time_ns);
	}
	return end;
}

static void put_recording(struct report *report,
			  const struct comparison_tape *tape)
{
	const struct result_doc *doc = tape->tape->rounds[0];
	const struct result_run *run = tape->arms[0].any;
	FILE *out = report->out;
	double peak = 0, live = NAN;
	char text[64];
	size_t i;

	for (i = 0; i < doc->nr_recorded; i++)
		peak = fmax(peak, (double)doc->recorded[i].rss_bytes);
	html_table(out, "The tape");
	fputs("<tbody>\n", out);
	put_pair(out, "tape", doc->tape);
	put_pair(out, "hash", doc->tape_hash);
	put_count(out, "operations", run, "ops");
	put_count(out, "operations that were repaired", run, "repaired_ops");
	put_count(out, "operations that were left out", run, "skipped_ops");
	for (i = 0; i < doc->nr_runs; i++)
		live = fmax(live,
			    result_metric(&doc->runs[i], "live_peak_bytes"));
	if (isfinite(live))
		put_pair(out, "peak of live bytes",
			 units_format_bytes(text, sizeof(text), live));
	if (duration_ns(doc) > 0)
		put_pair(out, "duration",
			 units_format_ns(text, sizeof(text), duration_ns(doc)));
	if (doc->nr_recorded) {
		put_pair(out, "RSS peak of the recorded process",
			 units_format_bytes(text, sizeof(text), peak));
	} else {
		put_pair(out, "memory of the recorded process",
			 "not on the tape");
	}
	html_table_end(out);
}

void html_recorded(struct report *report)
{
	size_t i;

	html_section(report->out, "recorded", "What was recorded", NULL);
	for (i = 0; i < report->cmp->nr_tapes; i++)
		put_recording(report, &report->cmp->tapes[i]);
}

typedef const char *find_fn(const struct result_doc *doc, const char *key);

/* All values of a key over the documents, each once. */
static void put_values(struct report *report, const char *key, find_fn *find)
{
	const struct campaign *campaign = report->cmp->campaign;
	size_t i, k, nr = 0;

	fputs("<tr><th scope=\"row\">", report->out);
	html_text(report->out, key);
	fputs("</th><td>", report->out);
	for (i = 0; i < campaign->nr_docs; i++) {
		const char *value = find(&campaign->docs[i], key);

		for (k = 0; value && k < i; k++) {
			const char *other = find(&campaign->docs[k], key);

			if (other && !strcmp(value, other))
				value = NULL;
		}
		if (!value)
			continue;
		if (nr++ == 8) {
			fputs(" ...", report->out);
			break;
		}
		fputs(nr > 1 ? "<br>" : "", report->out);
		html_name(report->out, value);
	}
	fputs("</td></tr>\n", report->out);
}

static void put_pairs(struct report *report, const char *caption,
		      const struct result_pair *pairs, size_t nr, find_fn *find)
{
	size_t i;

	if (!nr)
		return;
	html_table(report->out, caption);
	fputs("<tbody>\n", report->out);
	for (i = 0; i < nr && i < MAX_KEYS; i++)
		put_values(report, pairs[i].key, find);
	html_table_end(report->out);
}

static void put_identity(struct report *report, size_t arm)
{
	const struct comparison *cmp = report->cmp;
	const struct result_run *run = NULL;
	FILE *out = report->out;
	size_t i;

	for (i = 0; !run && i < cmp->nr_tapes; i++)
		run = cmp->tapes[i].arms[arm].any;
	fputs("<tr><th scope=\"row\">", out);
	html_name(out, cmp->arms[arm]);
	fputs("</th><td>", out);
	html_name(out, run ? run->version : "");
	fputs("</td><td>", out);
	html_name(out, run ? run->path : "");
	fputs("</td><td><code>", out);
	html_text(out, run ? run->build_id : "");
	fputs("</code></td><td>", out);
	for (i = 0; run && i < run->nr_knobs; i++) {
		fputs(i ? "<br>" : "", out);
		html_name(out, run->knobs[i]);
	}
	fputs("</td></tr>\n", out);
}

void html_environment(struct report *report)
{
	const struct result_doc *doc = report->cmp->tapes[0].tape->rounds[0];
	FILE *out = report->out;
	char seed[32];
	size_t i;

	html_section(out, "environment", "Environment", NULL);
	html_table(out, "The arms");
	fputs("<thead><tr><th scope=\"col\">arm</th>"
	      "<th scope=\"col\">version</th><th scope=\"col\">library</th>"
	      "<th scope=\"col\">build-id</th><th scope=\"col\">knobs</th>"
	      "</tr></thead>\n<tbody>\n",
	      out);
	for (i = 0; i < report->cmp->nr_arms; i++)
		put_identity(report, i);
	html_table_end(out);
	put_pairs(report, "The machine", doc->environment, doc->nr_environment,
		  campaign_environment);
	put_pairs(report, "How it was replayed", doc->config, doc->nr_config,
		  campaign_config);
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)doc->seed);
	fputs("<p>The order of the arms within each round came from seed ",
	      out);
	html_text(out, seed);
	fputs(".</p>\n", out);
}

void html_method(struct report *report)
{
	static const char text[] =
		"<p>Each pass of each arm is a process of its own. A round "
		"runs every arm once, in random order; the arms are compared "
		"pair by pair within their rounds. Time, latency and memory "
		"are measured in separate passes, so that no measurement "
		"disturbs another.</p>\n"
		"<p>The change is the Hodges-Lehmann estimate of the "
		"log-ratios, the interval is the exact one of Wilcoxon's "
		"signed ranks (95 %). BETTER and WORSE: the change is beyond "
		"the limit of the metric at the 5 % level, one-sided. Same: "
		"the 90 % interval lies within the limit. Slightly better or "
		"worse: it lies on one side of zero, and neither of these "
		"holds. With fewer than 6 rounds the whole range is shown, "
		"noisy metrics stay unclear, and memory is judged from 3 "
		"rounds on where all of them agree.</p>\n"
		"<h3>Before an allocator is blamed</h3>\n"
		"<ul><li>High RSS is not a leak: live bytes tell what the "
		"program holds, the distance from there to RSS what the "
		"allocator holds.</li>"
		"<li>Freeing need not shrink RSS at once: allocators keep "
		"pages for the next burst. What counts is RSS after idle.</li>"
		"<li>An allocator softens a bad pattern, it does not remove "
		"it: where every arm has a high RSS/live, look at sizes and "
		"lifetimes (<code>heaptape info</code>).</li></ul>\n"
		"<h3>Limits of what is shown</h3>\n"
		"<ul><li>Replay at full speed has no think time: purging that "
		"waits for time to pass does less than in production; "
		"<code>--pace=virtual</code> has the tape's time.</li>"
		"<li>Without a pace, latency is service time in a closed "
		"loop, without queueing.</li>"
		"<li>The verdicts hold for these tapes on this machine. They "
		"are not corrected for the number of comparisons on this "
		"page.</li></ul>\n"
		"<h3>Words</h3>\n<dl>"
		"<dt>arm</dt><dd>one allocator with one set of knobs</dd>"
		"<dt>tape</dt><dd>a recording of a program's heap traffic</dd>"
		"<dt>live bytes</dt><dd>requested and not yet freed</dd>"
		"<dt>RSS</dt><dd>memory that the kernel keeps resident; here "
		"anonymous memory, without what the replay itself needs</dd>"
		"<dt>p99.9</dt><dd>99.9 % of the calls took at most this "
		"long</dd>"
		"<dt>minor fault</dt><dd>the first touch of a page that the "
		"kernel then provides</dd>"
		"<dt>robust deviation</dt><dd>1.4826 times the median absolute "
		"deviation, in percent of the median</dd>"
		"<dt>Pareto front</dt><dd>the arms that no other arm "
		"dominates; one dominates another when it is BETTER or same "
		"everywhere and BETTER somewhere</dd></dl>\n";

	html_section(report->out, "method", "Method and words", NULL);
	fputs(text, report->out);
}
