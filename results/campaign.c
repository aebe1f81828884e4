// SPDX-License-Identifier: MIT
/*
 * Loading of a campaign's folder. JSON files of other kinds that lie there,
 * such as a saved comparison, are passed over, and empty ones, such as this
 * command's own output; broken documents are not.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/campaign.h"
#include "traces/base/err.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, 0, "out of memory for the results");
}

static int is_document(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	       !strcmp(entry->d_name + len - 5, ".json");
}

static int read_document(struct campaign *campaign, const char *path,
			 uint32_t folder, struct err *err)
{
	struct result_doc *grown = reallocarray(
		campaign->docs, campaign->nr_docs + 1, sizeof(*grown));
	struct err why = { 0 };
	struct stat st;
	int rc;

	if (!grown)
		return no_memory(err);
	campaign->docs = grown;
	if (!stat(path, &st) && (!S_ISREG(st.st_mode) || !st.st_size))
		return 0;
	rc = result_read(&grown[campaign->nr_docs], path, &why);
	if (!rc)
		grown[campaign->nr_docs++].folder = folder;
	else if (rc != -ERR_ARG)
		return err_set(err, (enum err_code)why.code, 0, "%s", why.text);
	return 0;
}

static int read_folder(struct campaign *campaign, const char *dir,
		       uint32_t folder, struct err *err)
{
	struct dirent **entries = NULL;
	size_t before = campaign->nr_docs;
	int nr = scandir(dir, &entries, is_document, alphasort), i, rc = 0;

	if (nr < 0)
		return err_set(err, ERR_ARG, errno, "cannot open folder %s",
			       dir);
	for (i = 0; i < nr; i++) {
		char path[PATH_MAX];

		if (snprintf(path, sizeof(path), "%s/%s", dir,
			     entries[i]->d_name) >= (int)sizeof(path))
			rc = err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s", dir);
		if (!rc)
			rc = read_document(campaign, path, folder, err);
		free(entries[i]);
	}
	free(entries);
	if (!rc && campaign->nr_docs == before)
		rc = err_set(err, ERR_COMPARE, 0,
			     "%s has no results; run heaptape replay -o %s "
			     "first",
			     dir, dir);
	return rc;
}

/* Each folder begins with round 1; here they are one campaign's. */
static void count_on(struct campaign *campaign)
{
	uint32_t done = 0, most = 0, folder = 0;
	size_t i;

	for (i = 0; i < campaign->nr_docs; i++) {
		struct result_doc *doc = &campaign->docs[i];

		if (doc->folder != folder)
			done = most;
		folder = doc->folder;
		doc->round += done;
		if (doc->round > most)
			most = doc->round;
	}
}

static int by_tape_and_round(const void *a, const void *b)
{
	const struct result_doc *x = a, *y = b;
	int order = strcmp(x->tape, y->tape);

	if (order)
		return order;
	return (x->round > y->round) - (x->round < y->round);
}

/*
 * Entries that change what is measured: equal in every document, and the last
 * ones in those of one tape.
 */
static int check_config(const struct result_doc *a, const struct result_doc *b,
			struct err *err)
{
	static const char *const keys[] = { "pace", "touch", "window",
					    "threads", "copies" };
	size_t nr = strcmp(a->tape, b->tape) ? 3 : 5, i;

	for (i = 0; i < nr; i++) {
		const char *x = campaign_config(a, keys[i]);
		const char *y = campaign_config(b, keys[i]);

		if (x && y && strcmp(x, y) != 0)
			return err_set(err, ERR_COMPARE, 0,
				       "results of several campaigns in one "
				       "folder: %s is %.40s and %.40s",
				       keys[i], x, y);
	}
	return 0;
}

/* Neighbours in the sorted list: one tape, another round, same content. */
static int check_pair(const struct result_doc *a, const struct result_doc *b,
		      struct err *err)
{
	int rc = check_config(a, b, err);

	if (rc || strcmp(a->tape, b->tape) != 0)
		return rc;
	if (strcmp(a->tape_hash, b->tape_hash) != 0)
		return err_set(err, ERR_COMPARE, 0,
			       "results of several campaigns in one folder: "
			       "%.100s has two contents",
			       a->tape);
	if (a->round == b->round)
		return err_set(err, ERR_COMPARE, 0,
			       "results of several campaigns in one folder: "
			       "round %u of %.100s is there twice",
			       a->round, a->tape);
	return 0;
}

static int group(struct campaign *c, struct err *err)
{
	const struct result_doc **rounds;
	size_t i;

	qsort(c->docs, c->nr_docs, sizeof(*c->docs), by_tape_and_round);
	c->tapes = calloc(c->nr_docs, sizeof(*c->tapes));
	rounds = calloc(c->nr_docs, sizeof(*rounds));
	if (!c->tapes || !rounds) {
		free(rounds);
		return no_memory(err);
	}
	for (i = 0; i < c->nr_docs; i++) {
		struct campaign_tape *tape = &c->tapes[c->nr_tapes];

		rounds[i] = &c->docs[i];
		if (i && !strcmp(c->docs[i].tape, tape[-1].name)) {
			tape[-1].nr_rounds++;
			continue;
		}
		tape->name = c->docs[i].tape;
		tape->rounds = &rounds[i];
		tape->nr_rounds = 1;
		c->nr_tapes++;
	}
	return 0;
}

static int add_arm(struct campaign *c, const char *name, struct err *err)
{
	const char **grown;
	size_t i;

	for (i = 0; i < c->nr_arms; i++)
		if (!strcmp(c->arms[i], name))
			return 0;
	grown = reallocarray(c->arms, c->nr_arms + 1, sizeof(*grown));
	if (!grown)
		return no_memory(err);
	c->arms = grown;
	grown[c->nr_arms++] = name;
	return 0;
}

static int collect(struct campaign *c, struct err *err)
{
	size_t i, k;
	int rc = group(c, err);

	for (i = 0; !rc && i < c->nr_docs; i++) {
		if (i)
			rc = check_pair(&c->docs[i - 1], &c->docs[i], err);
		for (k = 0; !rc && k < c->docs[i].nr_runs; k++)
			rc = add_arm(c, c->docs[i].runs[k].arm, err);
	}
	if (!rc && !c->nr_arms)
		rc = err_set(err, ERR_COMPARE, 0,
			     "the results hold no runs; run heaptape replay");
	return rc;
}

int campaign_load_all(struct campaign *campaign, const char *const *dirs,
		      size_t nr, struct err *err)
{
	size_t i;
	int rc = 0;

	memset(campaign, 0, sizeof(*campaign));
	for (i = 0; i < nr && !rc; i++)
		rc = read_folder(campaign, dirs[i], (uint32_t)i, err);
	count_on(campaign);
	if (!rc)
		rc = collect(campaign, err);
	if (rc)
		campaign_release(campaign);
	return rc;
}

int campaign_load(struct campaign *campaign, const char *dir, struct err *err)
{
	return campaign_load_all(campaign, &dir, 1, err);
}

void campaign_release(struct campaign *campaign)
{
	size_t i;

	for (i = 0; i < campaign->nr_docs; i++)
		result_release(&campaign->docs[i]);
	if (campaign->nr_tapes)
		free(campaign->tapes[0].rounds);
	free(campaign->tapes);
	free(campaign->docs);
	free(campaign->arms);
	memset(campaign, 0, sizeof(*campaign));
}

bool campaign_same_session(const struct result_doc *a,
			   const struct result_doc *b)
{
	const char *x = campaign_environment(a, "host");
	const char *y = campaign_environment(b, "host");

	return a->folder == b->folder && a->seed == b->seed &&
	       !strcmp(x ? x : "", y ? y : "");
}

size_t campaign_sessions(const struct campaign_tape *tape)
{
	size_t nr = 0, i, k;

	for (i = 0; i < tape->nr_rounds; i++) {
		for (k = 0; k < i; k++)
			if (campaign_same_session(tape->rounds[i],
						  tape->rounds[k]))
				break;
		nr += k == i;
	}
	return nr;
}

const struct result_run *campaign_run(const struct result_doc *doc,
				      const char *arm, const char *pass)
{
	size_t i;

	for (i = 0; i < doc->nr_runs; i++)
		if (!strcmp(doc->runs[i].arm, arm) &&
		    !strcmp(doc->runs[i].pass, pass))
			return &doc->runs[i];
	return NULL;
}

bool campaign_failed(const struct campaign_tape *tape, const char *arm,
		     const char *pass)
{
	size_t i;

	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run =
			campaign_run(tape->rounds[i], arm, pass);

		if (run && strcmp(run->status, "ok") != 0)
			return true;
	}
	return false;
}

static const char *find(const struct result_pair *pairs, size_t nr,
			const char *key)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(pairs[i].key, key))
			return pairs[i].value;
	return NULL;
}

const char *campaign_config(const struct result_doc *doc, const char *key)
{
	return find(doc->config, doc->nr_config, key);
}

const char *campaign_environment(const struct result_doc *doc, const char *key)
{
	return find(doc->environment, doc->nr_environment, key);
}
