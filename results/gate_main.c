// SPDX-License-Identifier: MIT
/* heaptape gate: judge the results of a folder, for CI. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/baseline.h"
#include "results/gate.h"
#include "results/render_gate.h"
#include "results/verbs.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *against, *stored, *policy_file, *confirm, *inconclusive;
static const char *json;
static const char *junit, *markdown, *openmetrics, *codequality;
static struct opt_list arms, metrics, thresholds, budgets;
static uint64_t sessions;
static bool github, all;

static const struct opt_def defs[] = {
	{ 'b', "against", "ARM", OPT_TEXT, &against,
	  "arm to judge the others by (default: glibc or first)" },
	{ 0, "baseline", "FILE|NAME", OPT_TEXT, &stored,
	  "judge by what was stored: see heaptape-baseline(1)" },
	{ 0, "sessions", "N", OPT_COUNT, &sessions,
	  "of which the baseline and the results must be at\n"
	  "least (default: 3)" },
	{ 'a', "arm", "ARM", OPT_LIST, &arms,
	  "judge this arm, repeatable (default: all others)" },
	{ 'm', "metric", "NAME", OPT_LIST, &metrics,
	  "judge by this metric, repeatable (default: wall_ns,\n"
	  "rss_peak, rss_mean, malloc_p999, free_p999)" },
	{ 0, "threshold", "METRIC=PCT", OPT_LIST, &thresholds,
	  "what change matters, in percent; repeatable" },
	{ 0, "budget", "METRIC<=VALUE", OPT_LIST, &budgets,
	  "what no arm may exceed, such as 'rss_peak<=1.5GiB';\n"
	  "repeatable" },
	{ 'p', "policy", "FILE", OPT_TEXT, &policy_file,
	  "the same from a JSON file: against, arms, metrics,\n"
	  "budgets, inconclusive, sessions" },
	{ 0, "confirm", "DIR", OPT_TEXT, &confirm,
	  "results of a second session: what fails must fail\n"
	  "there, too" },
	{ 0, "inconclusive", "WHAT", OPT_TEXT, &inconclusive,
	  "what to do when rounds are too few to tell: fail\n"
	  "(exit with 3, default) or pass" },
	{ 0, "all", NULL, OPT_FLAG, &all, "print checks that pass, too" },
	{ 0, "json", "[=FILE]", OPT_TEXT, &json,
	  "one JSON document, to stdout or a file" },
	{ 0, "junit", "FILE", OPT_TEXT, &junit, "write JUnit XML" },
	{ 0, "markdown", "FILE", OPT_TEXT, &markdown, "write Markdown" },
	{ 0, "codequality", "FILE", OPT_TEXT, &codequality,
	  "write GitLab's Code Quality report" },
	{ 0, "openmetrics", "FILE", OPT_TEXT, &openmetrics,
	  "write the judged medians as OpenMetrics" },
	{ 0, "github", NULL, OPT_FLAG, &github,
	  "print annotations of GitHub Actions; append Markdown\n"
	  "to $GITHUB_STEP_SUMMARY" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "gate",
	.synopsis = "[OPTION]... DIR...",
	.summary = "Fail when an allocator is worse than another or than "
		   "before, or beyond a budget.",
	.examples =
		"  heaptape gate run/ --against glibc -a arena\n"
		"  heaptape gate run/ --against old --budget 'rss_peak<=1GiB'\n"
		"  heaptape gate run/ --policy gate.json --junit gate.xml "
		"--github\n"
		"  heaptape gate run1/ run2/ run3/ --baseline main\n"
		"  heaptape gate run/ --confirm again/; echo $? >gate.rc\n",
	.exits = "0 passes, 1 worse or beyond a budget, 2 usage, 3 cannot be "
		 "judged, 4 an allocator or a result is broken, 5 not "
		 "possible here; make(1) turns all but 0 into 2",
	.defs = defs,
};

typedef int add_fn(struct gate_policy *policy, const char *text,
		   struct err *err);

static int add_list(struct gate_policy *policy, const struct opt_list *list,
		    add_fn *add, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < list->nr && !rc; i++)
		rc = add(policy, list->items[i], err);
	return rc;
}

/* The file first: options add to it, or stand instead. */
static int fill_policy(struct gate_policy *policy, struct err *err)
{
	int rc = policy_file ? gate_policy_read(policy, policy_file, err) : 0;

	if (!rc && against)
		rc = gate_policy_set_against(policy, against, err);
	if (!rc)
		rc = add_list(policy, &arms, gate_policy_add_arm, err);
	if (!rc)
		rc = add_list(policy, &metrics, gate_policy_add_metric, err);
	if (!rc)
		rc = add_list(policy, &thresholds, gate_policy_add_threshold,
			      err);
	if (!rc)
		rc = add_list(policy, &budgets, gate_policy_add_budget, err);
	if (!rc && inconclusive)
		rc = gate_policy_set_unclear(policy, inconclusive, err);
	if (!rc && sessions)
		rc = gate_policy_set_sessions(policy, sessions, err);
	return rc;
}

/* A file that one of the renderers fills. */
struct output {
	const char *const *path;
	void (*plain)(const struct gate *gate, FILE *out);
	int (*render)(const struct gate *gate, FILE *out, struct err *err);
	struct outfile file;
};

static struct output outputs[] = {
	{ .path = &json, .render = render_gate_json },
	{ .path = &junit, .plain = render_gate_junit },
	{ .path = &markdown, .plain = render_gate_markdown },
	{ .path = &codequality, .render = render_gate_codequality },
	{ .path = &openmetrics, .plain = render_gate_openmetrics },
};

#define NR_OUTPUTS (sizeof(outputs) / sizeof(*outputs))

static bool is_file(const struct output *o)
{
	return *o->path && **o->path;
}

/* Before the judging, so that a place that cannot be written is told first. */
static int open_outputs(struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_OUTPUTS && !rc; i++)
		if (is_file(&outputs[i]))
			rc = outfile_open(&outputs[i].file, *outputs[i].path,
					  true, err);
	return rc;
}

static int write_outputs(const struct gate *gate, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_OUTPUTS && !rc; i++) {
		struct output *o = &outputs[i];

		if (!is_file(o))
			continue;
		if (o->plain)
			o->plain(gate, o->file.stream);
		else
			rc = o->render(gate, o->file.stream, err);
		if (!rc)
			rc = outfile_commit(&o->file, err);
	}
	return rc;
}

static int append_summary(const struct gate *gate, struct err *err)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *f;
	int failed;

	if (!github || !path || !*path)
		return 0;
	f = fopen(path, "ae");
	if (!f)
		return err_set(err, ERR_IO, 0, "cannot append to %.150s", path);
	render_gate_markdown(gate, f);
	failed = ferror(f);
	if (fclose(f) || failed)
		return err_set(err, ERR_IO, 0, "cannot append to %.150s", path);
	return 0;
}

static int print(const struct gate *gate, struct err *err)
{
	int rc = 0;

	if (json && !*json)
		rc = render_gate_json(gate, stdout, err);
	else if (github)
		render_gate_github(gate, stdout);
	else
		render_gate_terminal(gate, stdout,
				     log_may_colour(STDOUT_FILENO), all);
	if (!rc && (fflush(stdout) || ferror(stdout)))
		rc = err_set(err, ERR_IO, 0,
			     "cannot write to the standard output");
	if (!rc)
		rc = write_outputs(gate, err);
	return rc ? rc : append_summary(gate, err);
}

static int read_baseline(struct baseline *baseline, struct err *err)
{
	char path[PATH_MAX];
	int rc = baseline_path(stored, path, err);

	return rc ? rc : baseline_read(baseline, path, err);
}

/* The code of the gate, or negative. */
static int judge(const char *const *dirs, size_t nr,
		 const struct gate_policy *policy, struct err *err)
{
	struct campaign campaign = { 0 }, second = { 0 };
	struct gate_input input = { .campaign = &campaign };
	struct baseline baseline = { 0 };
	struct gate gate = { 0 };
	int rc = campaign_load_all(&campaign, dirs, nr, err);

	if (!rc && stored) {
		rc = read_baseline(&baseline, err);
		input.baseline = &baseline;
	}
	if (!rc && confirm) {
		rc = campaign_load(&second, confirm, err);
		input.second = &second;
	}
	if (!rc)
		rc = gate_judge(&gate, &input, policy, err);
	if (!rc)
		rc = print(&gate, err);
	if (!rc)
		rc = gate.exit_code;
	gate_release(&gate);
	baseline_release(&baseline);
	campaign_release(&second);
	campaign_release(&campaign);
	return rc;
}

int gate_main(int argc, char **argv)
{
	struct gate_policy policy = { 0 };
	struct err err = { 0 };
	int first_arg, rc;
	size_t i;

	rc = opt_parse(&spec, argc, argv, false, &first_arg, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (rc >= 0 && argc == first_arg)
		rc = err_set(&err, ERR_ARG, 0,
			     "the folder of results is missing");
	if (rc < 0)
		return opt_usage_error(&spec, &err);
	rc = fill_policy(&policy, &err);
	if (!rc)
		rc = open_outputs(&err);
	if (!rc)
		rc = judge((const char *const *)&argv[first_arg],
			   (size_t)(argc - first_arg), &policy, &err);
	for (i = 0; i < NR_OUTPUTS; i++)
		outfile_abort(&outputs[i].file);
	gate_policy_release(&policy);
	opt_list_release(&arms);
	opt_list_release(&metrics);
	opt_list_release(&thresholds);
	opt_list_release(&budgets);
	return rc < 0 ? log_failure(&err) : rc;
}
