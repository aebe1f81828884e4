// SPDX-License-Identifier: MIT
/*
 * The folder of a campaign: which rounds are there, and whether they are of
 * this campaign: the same arms in the same builds, the same configuration,
 * the same content of the tapes.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "replayer/replay_campaign.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"

void replay_document_path(const struct replay_state *s,
			  const struct replay_tape *tape, uint32_t round,
			  char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s-r%03u.json", s->dir, tape->stem,
		     round) >= PATH_MAX)
		path[0] = '\0'; /* opening it fails with a message */
}

/*
 * NAME-r001.json: made by this tool, as its name says. The length of NAME, or
 * 0 when it is no such file.
 */
static size_t stem_len(const char *name)
{
	size_t len = strlen(name), digits = 0;

	if (len < 10 || strcmp(name + len - 5, ".json") != 0)
		return 0;
	len -= 5;
	while (len && isdigit((unsigned char)name[len - 1])) {
		len--;
		digits++;
	}
	if (digits < 3 || len <= 2 || strncmp(name + len - 2, "-r", 2) != 0)
		return 0;
	return len - 2;
}

bool replay_is_document(const char *name)
{
	return stem_len(name) != 0;
}

/* The tape of this campaign whose document has that name, or NULL. */
static struct replay_tape *tape_of(const struct replay_state *s,
				   struct replay_work *works, const char *name)
{
	size_t len = stem_len(name), i;

	for (i = 0; i < s->nr_works; i++) {
		struct replay_tape *tape = &works[i].tape;

		if (strlen(tape->stem) == len &&
		    !strncmp(tape->stem, name, len))
			return tape;
	}
	return NULL;
}

static const char *config_value(const struct result_doc *doc, const char *key)
{
	size_t i;

	for (i = 0; i < doc->nr_config; i++)
		if (!strcmp(doc->config[i].key, key))
			return doc->config[i].value;
	return "";
}

/* Whether the arm's runs in the document are of the same build. */
static bool same_build(const struct result_doc *doc,
		       const struct alloc_arm *arm)
{
	size_t i;

	for (i = 0; i < doc->nr_runs; i++)
		if (!strcmp(doc->runs[i].arm, arm->label))
			return !strcmp(doc->runs[i].build_id, arm->build_id);
	return false;
}

/* What makes the document one of another campaign; "" when it is of this. */
static void difference(const struct replay_state *s,
		       const struct replay_tape *tape,
		       const struct result_doc *doc, char *why, size_t len)
{
	struct result_doc mine = { 0 };
	size_t i;

	why[0] = '\0';
	if (replay_config_entries(s, &mine, NULL))
		return;
	for (i = 0; i < mine.nr_config && !why[0]; i++) {
		const char *key = mine.config[i].key;
		const char *its = config_value(doc, key);

		if (strcmp(its, mine.config[i].value) != 0)
			snprintf(why, len, "%s is '%.80s' there, not '%.80s'",
				 key, its, mine.config[i].value);
	}
	result_release(&mine);
	for (i = 0; i < s->nr_arms && !why[0]; i++)
		if (!same_build(doc, &s->arms[i]))
			snprintf(why, len, "%.80s was another build",
				 s->arms[i].label);
	if (!why[0] && tape && strcmp(tape->hash, doc->tape_hash) != 0)
		snprintf(why, len, "%.80s had another content", tape->stem);
}

/* A document of before that stays. */
static void keep(const struct replay_state *s, struct replay_tape *tape,
		 const struct result_doc *doc)
{
	size_t i;

	/* Whatever path leads to it now: one tape has one name. */
	snprintf(tape->name, sizeof(tape->name), "%s", doc->tape);
	for (i = 0; i < doc->nr_runs; i++)
		if (strcmp(doc->runs[i].status, "ok") != 0)
			replay_count_failure(s->outcome, tape->stem,
					     &doc->runs[i]);
}

/* Judge one document; with force, remove it if it does not belong here. */
static int check_document(const struct replay_state *s,
			  struct replay_work *works, const char *name,
			  struct err *err)
{
	struct replay_tape *tape = tape_of(s, works, name);
	struct result_doc doc = { 0 };
	struct err ignored = { 0 };
	char path[PATH_MAX + 256], why[200];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (result_read(&doc, path, &ignored))
		snprintf(why, sizeof(why), "%.190s", ignored.text);
	else
		difference(s, tape, &doc, why, sizeof(why));
	if (!why[0] && tape)
		keep(s, tape, &doc);
	result_release(&doc);
	if (!why[0])
		return 0;
	if (s->config->force) {
		if (!unlink(path))
			return 0;
		return err_set(err, ERR_IO, errno, "cannot remove %s", path);
	}
	return err_set(err, ERR_EXISTS, 0,
		       "%.60s has results of another campaign (%.100s); use "
		       "-f to replace them, or another -o",
		       s->dir, why);
}

/* Two campaigns at once would disturb each other, and share a plan. */
static int lock_folder(struct replay_state *s, struct err *err)
{
	s->folder_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A file system without locks has to do without. */
	if (s->folder_fd >= 0 && flock(s->folder_fd, LOCK_EX | LOCK_NB) &&
	    errno == EWOULDBLOCK)
		return err_set(err, ERR_SYS, 0,
			       "another heaptape replay works in %.200s; wait "
			       "for its end, or choose another -o",
			       s->dir);
	return 0;
}

int replay_folder_open(struct replay_state *s, struct replay_work *works,
		       struct err *err)
{
	struct dirent *entry;
	DIR *dir;
	int rc = files_make_dir(s->dir, err);

	if (rc)
		return rc;
	if (access(s->dir, W_OK | X_OK))
		return err_set(err, ERR_IO, errno, "cannot write into %s",
			       s->dir);
	rc = lock_folder(s, err);
	if (rc)
		return rc;
	dir = opendir(s->dir);
	if (!dir)
		return err_set(err, ERR_IO, errno, "cannot read %s", s->dir);
	while (!rc && (entry = readdir(dir)))
		if (replay_is_document(entry->d_name))
			rc = check_document(s, works, entry->d_name, err);
	closedir(dir);
	return rc;
}

bool replay_folder_has(const struct replay_state *s,
		       const struct replay_tape *tape, uint32_t round)
{
	struct result_doc doc = { 0 };
	char path[PATH_MAX];
	bool same;

	replay_document_path(s, tape, round, path);
	if (access(path, R_OK) || result_read(&doc, path, NULL))
		return false;
	same = !strcmp(doc.tape_hash, tape->hash);
	result_release(&doc);
	return same;
}
