// SPDX-License-Identifier: MIT
/*
 * The shared objects of arms, kept to be measured again. A file's name is its
 * content's hash: one that several baselines or sessions use is there once, and
 * one that was tampered with is noticed.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "results/baseline_library.h"
#include "results/campaign.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define FOLDER "libraries"

/* The folder of a file, with its slash; "" for the current one. */
static int folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

/* path must have room for PATH_MAX. */
static int place_of(const struct baseline *b, const char *sha, char *path,
		    struct err *err)
{
	int len = snprintf(path, PATH_MAX, "%.*s" FOLDER "%s%s%s",
			   folder_of(b->path), b->path, *sha ? "/" : "", sha,
			   *sha ? ".so" : "");

	return len < PATH_MAX
		       ? 0
		       : err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s", b->path);
}

static int copy(const char *from, const char *to, struct err *err)
{
	struct outfile out = { 0 };
	FILE *in = fopen(from, "re");
	char chunk[1 << 16];
	size_t n;
	int rc = in ? outfile_open(&out, to, true, err)
		    : err_set(err, ERR_ARG, errno, "cannot read %s", from);

	while (!rc && (n = fread(chunk, 1, sizeof(chunk), in)))
		if (fwrite(chunk, 1, n, out.stream) != n)
			rc = err_set(err, ERR_IO, errno, "cannot write %s", to);
	if (!rc && ferror(in))
		rc = err_set(err, ERR_IO, 0, "cannot read %s", from);
	if (!rc)
		rc = outfile_commit(&out, err);
	outfile_abort(&out);
	if (in)
		fclose(in);
	return rc;
}

/* Whether the file is what was measured, as far as its time tells. */
static int check_time(const char *from, const struct result_doc *doc,
		      struct err *err)
{
	struct tm tm = { 0 };
	struct stat st;

	if (stat(from, &st) || !S_ISREG(st.st_mode))
		return err_set(err, ERR_ARG, errno,
			       "cannot keep the library %.120s", from);
	if (strptime(doc->started, "%Y-%m-%dT%H:%M:%SZ", &tm) &&
	    st.st_mtime > timegm(&tm))
		return err_set(err, ERR_ARG, 0,
			       "%.120s was changed after it was measured; "
			       "measure it again",
			       from);
	return 0;
}

int baseline_library_keep(const struct baseline *b, const char *from,
			  const struct result_doc *doc, char sha[SHA256_HEX],
			  struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX];
	int rc = check_time(from, doc, err);

	if (!rc)
		rc = sha256_file(from, sha, NULL, err);
	if (!rc)
		rc = place_of(b, "", folder, err);
	if (!rc)
		rc = place_of(b, sha, path, err);
	if (!rc)
		rc = files_make_dir(folder, err);
	if (!rc && access(path, R_OK))
		rc = copy(from, path, err);
	return rc;
}

int baseline_library_path(const struct baseline *b, const char *sha,
			  char path[PATH_MAX], struct err *err)
{
	char found[SHA256_HEX], full[PATH_MAX];
	int rc = place_of(b, sha, path, err);

	if (!rc && !realpath(path, full))
		rc = err_set(err, ERR_ARG, errno,
			     "the library %.120s of the baseline", path);
	if (!rc)
		rc = sha256_file(full, found, NULL, err);
	if (!rc && strcmp(found, sha) != 0)
		rc = err_set(err, ERR_ARG, 0,
			     "%.120s is not the library that its name says",
			     path);
	if (!rc)
		strcpy(path, full);
	return rc;
}

/* The run of an arm in a document of that session, or NULL. */
static const struct result_run *run_of(const struct campaign *campaign,
				       const struct baseline_session *s,
				       const char *arm,
				       const struct result_doc **doc)
{
	size_t i, k;

	for (i = 0; i < campaign->nr_docs; i++) {
		*doc = &campaign->docs[i];
		if ((*doc)->seed != s->seed ||
		    strcmp((*doc)->started, s->started) != 0)
			continue;
		for (k = 0; k < (*doc)->nr_runs; k++)
			if (!strcmp((*doc)->runs[k].arm, arm))
				return &(*doc)->runs[k];
	}
	return NULL;
}

int baseline_libraries_keep(struct baseline *b, const struct campaign *campaign,
			    struct err *err)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < b->window.nr && !rc; i++) {
		struct baseline_session *s = &b->window.sessions[i];

		for (k = 0; k < s->nr_arms && !rc; k++) {
			struct baseline_arm *arm = &s->arms[k];
			const struct result_doc *doc;
			const struct result_run *run =
				run_of(campaign, s, arm->arm, &doc);

			if (run && *run->path &&
			    strcmp(arm->arm, b->reference) != 0 &&
			    strncmp(arm->arm, "glibc", 5) != 0)
				rc = baseline_library_keep(b, run->path, doc,
							   arm->library, err);
		}
	}
	return rc;
}

static int is_json(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 &&
	       !strcmp(entry->d_name + len - 5, ".json");
}

int baseline_each(const char *folder,
		  int (*visit)(void *ctx, const char *path, struct err *err),
		  void *ctx, struct err *err)
{
	struct dirent **entries = NULL;
	int nr = scandir(folder, &entries, is_json, alphasort), i, rc = 0;

	if (nr < 0)
		return err_set(err, ERR_ARG, errno, "cannot open folder %s",
			       folder);
	for (i = 0; i < nr; i++) {
		char path[PATH_MAX];

		if (!rc && snprintf(path, sizeof(path), "%s/%s", folder,
				    entries[i]->d_name) < PATH_MAX)
			rc = visit(ctx, path, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

/* The hashes that baselines name. */
struct used {
	char (*sha)[SHA256_HEX];
	size_t nr;
};

static int note_window(struct used *used, const struct baseline_window *window,
		       struct err *err)
{
	size_t i, k;

	for (i = 0; i < window->nr; i++)
		for (k = 0; k < window->sessions[i].nr_arms; k++) {
			char(*grown)[SHA256_HEX] = reallocarray(
				used->sha, used->nr + 1, sizeof(*grown));

			if (!grown)
				return err_set(err, ERR_NOMEM, ENOMEM,
					       "libraries");
			used->sha = grown;
			strcpy(grown[used->nr++],
			       window->sessions[i].arms[k].library);
		}
	return 0;
}

/* A file of another kind names none; a broken baseline might. */
static int note_used(void *ctx, const char *path, struct err *err)
{
	struct err why = { 0 };
	struct baseline b;
	int rc = baseline_read(&b, path, &why);

	if (rc == -ERR_ARG)
		return 0;
	if (rc)
		return err_set(err, (enum err_code)why.code, 0, "%s", why.text);
	rc = note_window(ctx, &b.window, err);
	if (!rc)
		rc = note_window(ctx, &b.anchor, err);
	baseline_release(&b);
	return rc;
}

/* A library by its name, that nobody names. */
static bool is_unused(const struct used *used, const char *name)
{
	size_t i;

	if (strlen(name) != SHA256_HEX - 1 + 3 ||
	    strcmp(name + SHA256_HEX - 1, ".so") != 0)
		return false;
	for (i = 0; i < used->nr; i++)
		if (used->sha[i][0] &&
		    !strncmp(used->sha[i], name, SHA256_HEX - 1))
			return false;
	return true;
}

int baseline_libraries_prune(const char *folder, size_t *removed,
			     struct err *err)
{
	struct used used = { 0 };
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int rc = baseline_each(folder, note_used, &used, err);

	*removed = 0;
	snprintf(path, sizeof(path), "%s/" FOLDER, folder);
	dir = rc ? NULL : opendir(path);
	while (dir && (entry = readdir(dir)))
		if (is_unused(&used, entry->d_name))
			*removed += !unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	free(used.sha);
	return rc;
}
