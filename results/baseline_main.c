// SPDX-License-Identifier: MIT
/* heaptape baseline: store what has passed, to judge later campaigns by. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "results/baseline.h"
#include "results/baseline_library.h"
#include "results/gate.h"
#include "results/render_gate.h"
#include "results/verbs.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *reference, *label, *pin, *policy_file, *confirm;
static struct opt_list metrics;
static uint64_t keep = BASELINE_SESSIONS;
static bool libraries, force, json;

static const struct opt_def defs[] = {
	{ 'b', "base", "ARM", OPT_TEXT, &reference,
	  "save: the reference, measured in every campaign\n"
	  "(default: glibc or first)" },
	{ 'm', "metric", "NAME", OPT_LIST, &metrics,
	  "save, accept: store this metric, too; repeatable" },
	{ 'l', "label", "TEXT", OPT_TEXT, &label,
	  "save, accept: what the sessions are called, such as\n"
	  "a commit" },
	{ 0, "pin", "TEXT", OPT_TEXT, &pin,
	  "save, accept: all sessions become the anchor, called\n"
	  "so, that later campaigns must not drift from" },
	{ 0, "library", NULL, OPT_FLAG, &libraries,
	  "save, accept: keep the arms' shared objects, too" },
	{ 'p', "policy", "FILE", OPT_TEXT, &policy_file,
	  "accept: judge by that policy, as gate does" },
	{ 0, "confirm", "DIR", OPT_TEXT, &confirm,
	  "accept: results of the second session, as for gate" },
	{ 0, "keep", "N", OPT_COUNT, &keep,
	  "prune: leave the newest N sessions (default: 20)" },
	{ 'f', "force", NULL, OPT_FLAG, &force,
	  "save: replace a baseline that there is" },
	{ 0, "json", NULL, OPT_FLAG, &json, "show: print the document" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "baseline",
	.synopsis = "[OPTION]... save|accept|show|prune|list [NAME] [DIR]...",
	.summary = "Store results that passed, for later ones to be judged "
		   "by.",
	.examples =
		"  heaptape baseline save main run1/ run2/ run3/ --label 2f0c\n"
		"  heaptape gate now1/ now2/ now3/ --baseline main\n"
		"  heaptape baseline accept main now1/ now2/ now3/\n"
		"  heaptape baseline accept main rel1/ rel2/ rel3/ --pin v1.2\n"
		"  heaptape baseline show main\n",
	.exits = "0 done, 2 usage, 5 not possible here; accept: as "
		 "heaptape-gate(1), 0 accepted",
	.defs = defs,
};

/* What the words after the options mean. */
struct request {
	char path[PATH_MAX]; /* of the baseline */
	const char *const *dirs;
	size_t nr_dirs;
};

/* By the names that the gate knows, too: "rss_peak". */
static int find_metrics(struct gate_policy *named, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < metrics.nr && !rc; i++)
		rc = gate_policy_add_metric(named, metrics.items[i], err);
	return rc;
}

/* The sessions of the campaign into b, and b into its file. */
static int store(struct baseline *b, const struct campaign *campaign,
		 const char *path, bool replace, struct err *err)
{
	struct gate_policy named = { 0 };
	size_t added = 0;
	int rc = find_metrics(&named, err);

	snprintf(b->path, sizeof(b->path), "%s", path);
	if (!rc)
		rc = baseline_add(b, campaign,
				  (const char *const *)named.metrics,
				  named.nr_metrics, label, &added, err);
	if (!rc && libraries)
		rc = baseline_libraries_keep(b, campaign, err);
	if (!rc && pin)
		rc = baseline_pin(b, pin, err);
	if (!rc)
		rc = baseline_write(b, path, replace, err);
	if (!rc)
		log_note("%s: %zu sessions added, it has %zu%s%s", path, added,
			 b->window.nr, pin ? "; anchor " : "", pin ? pin : "");
	gate_policy_release(&named);
	return rc;
}

static int make_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return files_make_dir(folder, err);
}

static int save(const struct request *r, struct err *err)
{
	struct campaign campaign;
	struct baseline b = { 0 };
	int rc = campaign_load_all(&campaign, r->dirs, r->nr_dirs, err);

	if (rc)
		return rc;
	if (!force && !access(r->path, F_OK))
		rc = err_set(err, ERR_EXISTS, 0,
			     "%.150s exists: heaptape baseline accept adds to "
			     "it, --force replaces it",
			     r->path);
	if (!rc)
		rc = baseline_begin(&b, &campaign, reference, err);
	if (!rc)
		rc = make_folder(r->path, err);
	if (!rc)
		rc = store(&b, &campaign, r->path, force, err);
	baseline_release(&b);
	campaign_release(&campaign);
	return rc;
}

/*
 * Only what passes is stored, or a regression would become the measure of what
 * comes after it. While the baseline is young, nobody can have enough sessions
 * to judge by: then what there are do. Who pins a new anchor knows how far it
 * is from the old one. The code of the gate, or negative.
 */
static int judge(const struct baseline *b, const struct campaign *campaign,
		 const struct campaign *second, struct err *err)
{
	struct baseline measure = *b; /* borrows all of it */
	struct gate_input input = { campaign, second, &measure };
	struct gate_policy policy = { 0 };
	struct gate gate = { 0 };
	int rc = policy_file ? gate_policy_read(&policy, policy_file, err) : 0;

	if (b->window.nr < BASELINE_MIN_SESSIONS)
		policy.sessions = 1;
	if (pin) {
		measure.anchor.nr = 0;
		measure.anchor_label[0] = '\0';
	}
	if (!rc)
		rc = gate_judge(&gate, &input, &policy, err);
	if (!rc && gate.exit_code) {
		render_gate_terminal(&gate, stdout,
				     log_may_colour(STDOUT_FILENO), false);
		log_error("not accepted: only a campaign that passes is");
	}
	if (!rc)
		rc = gate.exit_code;
	gate_release(&gate);
	gate_policy_release(&policy);
	return rc;
}

static int accept_results(const struct request *r, struct err *err)
{
	struct campaign campaign = { 0 }, second = { 0 };
	struct baseline b = { 0 };
	int rc = baseline_read(&b, r->path, err);

	if (!rc)
		rc = campaign_load_all(&campaign, r->dirs, r->nr_dirs, err);
	if (!rc && confirm)
		rc = campaign_load(&second, confirm, err);
	if (!rc)
		rc = judge(&b, &campaign, confirm ? &second : NULL, err);
	if (!rc)
		rc = store(&b, &campaign, r->path, true, err);
	baseline_release(&b);
	campaign_release(&second);
	campaign_release(&campaign);
	return rc;
}

static int copy_out(const char *path, struct err *err)
{
	FILE *in = fopen(path, "re");
	char chunk[1 << 14];
	size_t n;

	if (!in)
		return err_set(err, ERR_IO, errno, "cannot read %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), in)))
		if (fwrite(chunk, 1, n, stdout) != n)
			break;
	fclose(in);
	return 0;
}

static int show(const struct request *r, struct err *err)
{
	struct baseline b;
	int rc = baseline_read(&b, r->path, err);

	if (rc)
		return rc;
	if (json)
		rc = copy_out(r->path, err);
	else
		render_baseline(&b, stdout);
	baseline_release(&b);
	return rc;
}

static int prune(const struct request *r, struct err *err)
{
	const char *slash = strrchr(r->path, '/');
	char folder[PATH_MAX];
	size_t removed = 0, before;
	struct baseline b;
	int rc = baseline_read(&b, r->path, err);

	if (rc)
		return rc;
	before = b.window.nr;
	snprintf(folder, sizeof(folder), "%.*s",
		 slash ? (int)(slash - r->path) : 1, slash ? r->path : ".");
	baseline_keep(&b.window, keep);
	rc = baseline_write(&b, r->path, true, err);
	if (!rc)
		rc = baseline_libraries_prune(folder, &removed, err);
	if (!rc)
		log_note("%s: %zu sessions removed, %zu left; %zu libraries "
			 "removed",
			 r->path, before - b.window.nr, b.window.nr, removed);
	baseline_release(&b);
	return rc;
}

static int list_one(void *ctx, const char *path, struct err *err)
{
	struct err why = { 0 };
	struct baseline b;
	int rc = baseline_read(&b, path, &why);

	(void)ctx;
	(void)err;
	if (rc == -ERR_ARG)
		return 0;
	if (rc) {
		log_warn("%s", why.text);
		return 0;
	}
	render_baseline_line(&b, stdout);
	baseline_release(&b);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const struct request *r, struct err *err);
	bool takes_dirs;
} actions[] = {
	{ "save", save, true },
	{ "accept", accept_results, true },
	{ "show", show, false },
	{ "prune", prune, false },
};

/* The action's number, or negative: usage. */
static int parse(char **words, int nr, struct request *r, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; nr && i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(words[0], actions[i].name))
			break;
	if (!nr || i == sizeof(actions) / sizeof(*actions))
		return err_set(err, ERR_ARG, 0,
			       "say what to do: save, accept, show, prune or "
			       "list%s%.40s",
			       nr ? ", not " : "", nr ? words[0] : "");
	if (nr < 2)
		return err_set(err, ERR_ARG, 0, "%s needs a baseline",
			       words[0]);
	rc = baseline_path(words[1], r->path, err);
	if (rc)
		return rc;
	r->dirs = (const char *const *)words + 2;
	r->nr_dirs = (size_t)nr - 2;
	if (actions[i].takes_dirs != (nr > 2))
		return err_set(err, ERR_ARG, 0, "%s %s", words[0],
			       nr > 2 ? "takes one baseline"
				      : "needs folders of results");
	return (int)i;
}

int baseline_main(int argc, char **argv)
{
	struct request request = { 0 };
	struct err err = { 0 };
	int first, action, rc;

	rc = opt_parse(&spec, argc, argv, false, &first, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (rc >= 0 && first < argc && !strcmp(argv[first], "list")) {
		rc = baseline_each(first + 1 < argc ? argv[first + 1]
						    : BASELINE_FOLDER,
				   list_one, NULL, &err);
	} else {
		action = rc < 0 ? rc
				: parse(argv + first, argc - first, &request,
					&err);
		if (action < 0)
			return opt_usage_error(&spec, &err);
		rc = actions[action].run(&request, &err);
	}
	if (!err.code && (fflush(stdout) || ferror(stdout)))
		rc = err_set(&err, ERR_IO, 0,
			     "cannot write to the standard output");
	opt_list_release(&metrics);
	return rc < 0 ? log_failure(&err) : rc;
}
