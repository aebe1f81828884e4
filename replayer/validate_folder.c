// SPDX-License-Identifier: MIT
/* The folder of a validation: whose it is, and what it holds. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "replayer/validate_parts.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define MAX_TEXT 65536 /* bytes of a file that is read as text */

/* What all that is in a folder has in common, as text. */
static char *identity_of(const struct validate_state *s)
{
	const struct validate_config *c = s->config;
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "command: %s\nstdin: %s\nprocess: %s\narms:", c->line,
		s->input_name, c->process ? c->process : "the largest");
	for (i = 0; i < s->nr_arms; i++)
		fprintf(out, " %s", s->labels[i]);
	fputc('\n', out);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

char *validate_read_text(const char *path)
{
	char *text = calloc(1, MAX_TEXT);
	FILE *f = fopen(path, "re");

	if (text && f)
		text[fread(text, 1, MAX_TEXT - 1, f)] = '\0';
	if (f)
		fclose(f);
	return text;
}

int validate_write_text(const char *path, const char *text, struct err *err)
{
	struct outfile out;
	int rc = outfile_open(&out, path, true, err);

	if (rc)
		return rc;
	fputs(text, out.stream);
	return outfile_commit(&out, err);
}

/* The first line of a that b has otherwise. */
static void first_difference(const char *a, const char *b, char *line,
			     size_t len)
{
	size_t n, m;

	for (;; a += n + 1, b += m + 1) {
		n = strcspn(a, "\n");
		m = strcspn(b, "\n");
		if (n != m || strncmp(a, b, n) != 0 || !a[n] || !b[m])
			break;
	}
	snprintf(line, len, "%.*s", (int)n, a);
}

/* Whether a file is the one that tells how a recording has ended. */
static bool is_status(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".status");
}

int validate_folder_empty(const struct validate_state *s, const char *name,
			  const char *prefix, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX + 300];
	const struct dirent *entry;
	int rc = 0;
	DIR *d;

	if (snprintf(folder, sizeof(folder), "%s/%s", s->config->dir, name) >=
	    PATH_MAX)
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...",
			       s->config->dir);
	d = opendir(folder);
	while (d && !rc && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    len < 6 ||
		    (strcmp(entry->d_name + len - 5, ".tape") &&
		     strcmp(entry->d_name + len - 5, ".json") &&
		     !is_status(entry->d_name)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (unlink(path))
			rc = err_set(err, ERR_IO, errno, "cannot remove %s",
				     path);
	}
	if (d)
		closedir(d);
	return rc;
}

static int lock_folder(struct validate_state *s, struct err *err)
{
	const char *dir = s->config->dir;
	int rc = files_make_dir(dir, err);

	if (rc)
		return rc;
	if (access(dir, W_OK | X_OK))
		return err_set(err, ERR_IO, errno, "cannot write into %s", dir);
	s->folder_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->folder_fd >= 0 && flock(s->folder_fd, LOCK_EX | LOCK_NB) &&
	    errno == EWOULDBLOCK)
		return err_set(err, ERR_SYS, 0,
			       "another heaptape validate works in %.200s",
			       dir);
	return 0;
}

static int check_identity(const struct validate_state *s, const char *path,
			  const char *mine, struct err *err)
{
	char *its = validate_read_text(path);
	char line[120];
	int rc = 0;

	if (!its)
		return err_set(err, ERR_NOMEM, ENOMEM, "folder");
	if (its[0] && strcmp(its, mine) != 0) {
		first_difference(its, mine, line, sizeof(line));
		rc = err_set(err, ERR_EXISTS, 0,
			     "%.60s is of another validation (%s); use -f to "
			     "start over, or another -o",
			     s->config->dir, line);
	}
	free(its);
	return rc;
}

int validate_folder_open(struct validate_state *s, struct err *err)
{
	static const char *const parts[] = { "tapes", "real", "replay" };
	const char *dir = s->config->dir;
	char *mine = identity_of(s);
	char path[PATH_MAX];
	int rc = lock_folder(s, err);
	size_t i;

	if (!rc && !mine)
		rc = err_set(err, ERR_NOMEM, ENOMEM, "folder");
	if (!rc &&
	    snprintf(path, sizeof(path), "%s/command", dir) >= PATH_MAX - 64)
		rc = err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", dir);
	for (i = 0; i < 3 && !rc && s->config->force; i++)
		rc = validate_folder_empty(s, parts[i], "", err);
	if (!rc && !s->config->force)
		rc = check_identity(s, path, mine, err);
	if (!rc)
		rc = validate_write_text(path, mine, err);
	free(mine);
	snprintf(s->outcome->dir, sizeof(s->outcome->dir), "%s", dir);
	return rc;
}
