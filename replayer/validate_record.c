// SPDX-License-Identifier: MIT
/*
 * The tapes: the program is recorded with all of its children, each on a tape
 * of its own, under the allocator that it has by itself. The process that is
 * judged is the one with the highest RSS.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replayer/validate_parts.h"
#include "replayer/validate_run.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/tape_reader.h"

/* The recorder's words, then the program's; owned. */
static char **record_words(char *const *argv, char *tool, char *pattern)
{
	char *first[] = { tool,
			  (char *)"record",
			  (char *)"-q",
			  (char *)"-f",
			  (char *)"--follow=all",
			  (char *)"--progress=never",
			  (char *)"--residency",
			  (char *)"-o",
			  pattern,
			  (char *)"--" };
	const size_t nr = sizeof(first) / sizeof(*first);
	size_t n = 0;
	char **words;

	while (argv[n])
		n++;
	words = calloc(nr + n + 1, sizeof(*words));
	if (!words)
		return NULL;
	memcpy(words, first, sizeof(first));
	memcpy(words + nr, argv, n * sizeof(*words));
	return words;
}

static int run_recorder(struct validate_state *s, char **words, int words_fd,
			struct validate_run *run, struct err *err)
{
	struct validate_launch launch = {
		.argv = words,
		.input = s->input,
		.show_output = s->config->show_output,
		.words_fd = s->config->show_output ? -1 : words_fd,
		.timeout_ns = s->config->timeout_ns,
	};
	char said[160];
	int rc = validate_run(&launch, run, err);

	files_last_line(words_fd, said, sizeof(said));
	if (!rc && run->timed_out)
		rc = err_set(err, ERR_CRASH, 0,
			     "the recording took too long (--timeout)");
	if (!rc && run->status >= 125 && run->status <= 127)
		rc = err_set(err, ERR_MISSING, 0, "cannot record: %s", said);
	return rc;
}

/* The tapes of a round begin with this. */
static void name_round(char name[16], uint32_t round)
{
	snprintf(name, 16, "r%03u", round);
}

/*
 * Before the first recording of this process one run that nobody looks at: it
 * may be slow, since its files are not in memory yet.
 */
static int warm_up_once(struct validate_state *s, struct err *err)
{
	struct validate_launch launch = {
		.argv = s->config->argv,
		.input = s->input,
		.words_fd = -1,
		.timeout_ns = s->config->timeout_ns,
	};
	struct validate_run run = { 0 };
	int rc;

	if (s->warm)
		return 0;
	s->warm = true;
	rc = validate_run(&launch, &run, err);
	validate_run_release(&run);
	return rc;
}

static int make_tapes(struct validate_state *s, const char *folder,
		      uint32_t round, struct err *err)
{
	int words_fd = memfd_create("heaptape-words", MFD_CLOEXEC);
	char tool[PATH_MAX], pattern[PATH_MAX + 32], status[PATH_MAX + 32];
	char name[16], text[16], **words = NULL;
	struct validate_run run = { 0 };
	int rc = files_find_part("heaptape-record", tool, sizeof(tool), err);

	name_round(name, round);
	snprintf(pattern, sizeof(pattern), "%s/%s-%%e-%%p.tape", folder, name);
	snprintf(status, sizeof(status), "%s/%s.status", folder, name);
	if (!rc)
		words = record_words(s->config->argv, tool, pattern);
	if (!rc && (!words || words_fd < 0))
		rc = err_set(err, ERR_SYS, errno, "cannot start the recorder");
	if (!rc)
		rc = run_recorder(s, words, words_fd, &run, err);
	snprintf(text, sizeof(text), "%d\n", run.status);
	validate_run_release(&run);
	if (!rc)
		rc = validate_write_text(status, text, err);
	if (words_fd >= 0)
		close(words_fd);
	free(words);
	return rc;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What choosing needs to know of a tape. */
struct candidate {
	uint64_t peak_bytes;
	char exe[PATH_MAX];
	char allocator[PATH_MAX];
};

static int keep_peak(void *ctx, const struct tape_sample *sample,
		     struct err *err)
{
	struct candidate *c = ctx;
	uint64_t bytes = sample->rss_anon_bytes + sample->rss_file_bytes;

	(void)err;
	if (bytes > c->peak_bytes)
		c->peak_bytes = bytes;
	return 0;
}

static void copy_meta(struct tape_reader *r, const char *key, char *to)
{
	const char *value = tape_meta_get(tape_reader_meta(r), key);

	snprintf(to, PATH_MAX, "%s", value ? value : "");
}

static int look_at_tape(const char *path, struct candidate *c, struct err *err)
{
	struct tape_reader *r;
	int rc = tape_reader_open(&r, path, 0, err);

	memset(c, 0, sizeof(*c));
	if (rc)
		return rc;
	copy_meta(r, "exe", c->exe);
	copy_meta(r, "allocator", c->allocator);
	rc = tape_reader_each_sample(r, keep_peak, c, err);
	tape_reader_close(r);
	return rc;
}

/*
 * The executable that a command of that name is, links resolved, as
 * redis-server may be one to another; "" when there is none.
 */
static void resolve_command(const char *name, char exe[PATH_MAX])
{
	const char *dir = getenv("PATH");
	char path[2 * PATH_MAX];
	size_t len;

	exe[0] = '\0';
	if (strchr(name, '/')) {
		if (!realpath(name, exe))
			exe[0] = '\0';
		return;
	}
	for (; dir && *dir; dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		snprintf(path, sizeof(path), "%.*s/%.200s",
			 len < PATH_MAX ? (int)len : 0, dir, name);
		if (!access(path, X_OK) && realpath(path, exe))
			return;
		exe[0] = '\0';
	}
}

/* Whether a tape's executable is what --process asks for. */
static bool has_name(const struct candidate *c, const char *name,
		     const char *resolved)
{
	return !name || !strcmp(last_part(c->exe), name) ||
	       !strcmp(c->exe, resolved);
}

/* The tape of the round: that of the largest process, or of the one chosen. */
static int choose(struct validate_state *s, const char *folder, uint32_t round,
		  struct err *err)
{
	struct validate_outcome *o = s->outcome;
	const char *name = round > 1 ? o->process : s->config->process;
	char tape[PATH_MAX + 300], prefix[16];
	const struct dirent *entry;
	char resolved[PATH_MAX] = "";
	struct candidate c;
	uint64_t best = 0;
	DIR *dir = opendir(folder);
	int rc = dir ? 0 : err_set(err, ERR_IO, errno, "%s", folder);

	name_round(prefix, round);
	if (name)
		resolve_command(name, resolved);
	while (!rc && (entry = readdir(dir))) {
		char path[PATH_MAX + 300];
		size_t len = strlen(entry->d_name);

		if (len < 6 || strncmp(entry->d_name, prefix, strlen(prefix)) ||
		    entry->d_name[strlen(prefix)] != '-' ||
		    strcmp(entry->d_name + len - 5, ".tape") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		rc = look_at_tape(path, &c, err);
		if (rc || !c.exe[0] || c.peak_bytes <= best ||
		    !has_name(&c, name, resolved))
			continue;
		best = c.peak_bytes;
		memcpy(tape, path, sizeof(tape));
		snprintf(o->process, sizeof(o->process), "%.255s",
			 last_part(c.exe));
		memcpy(o->recorded_under, c.allocator, sizeof(c.allocator));
	}
	if (dir)
		closedir(dir);
	if (!rc && !best)
		rc = err_set(err, ERR_ARG, 0,
			     name ? "no process named %.80s was recorded; the "
				    "names are in %.100s"
				  : "%s: nothing was recorded in %.100s",
			     name ? name : "the program", folder);
	if (rc)
		return rc;
	o->tapes[o->nr_tapes] = strdup(tape);
	if (!o->tapes[o->nr_tapes])
		return err_set(err, ERR_NOMEM, ENOMEM, "name of a tape");
	o->nr_tapes++;
	return 0;
}

int validate_record(struct validate_state *s, uint32_t round, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX + 32], name[16], mine[20];
	char *status;
	int rc;

	name_round(name, round);
	snprintf(folder, sizeof(folder), "%.4000s/tapes", s->config->dir);
	snprintf(path, sizeof(path), "%s/%s.status", folder, name);
	snprintf(mine, sizeof(mine), "%s-", name);
	rc = files_make_dir(folder, err);
	if (!rc && access(path, R_OK)) {
		rc = warm_up_once(s, err);
		/* Of a recording that was interrupted. */
		if (!rc)
			rc = validate_folder_empty(s, "tapes", mine, err);
		if (!rc)
			rc = make_tapes(s, folder, round, err);
	}
	if (rc)
		return rc;
	status = validate_read_text(path);
	if (round == 1)
		s->outcome->status = status ? atoi(status) : 0;
	free(status);
	return choose(s, folder, round, err);
}
