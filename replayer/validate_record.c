// SPDX-License-Identifier: MIT
/*
 * The folder and its tapes: the program is recorded with all of its children,
 * each on a tape of its own, under the allocator that it has by itself. The
 * process that is judged is the one with the highest RSS.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replayer/validate_parts.h"
#include "replayer/validate_run.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/tape_reader.h"

enum { MAX_ARGS = 4096, MAX_IDENTITY = 1 << 16 };

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

static char *read_whole(const char *path)
{
	char *text = calloc(1, MAX_IDENTITY);
	FILE *f = fopen(path, "re");

	if (text && f)
		text[fread(text, 1, MAX_IDENTITY - 1, f)] = '\0';
	if (f)
		fclose(f);
	return text;
}

static int write_whole(const char *path, const char *text, struct err *err)
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

/* Remove the files of a folder that are of ours. */
static int empty(const char *dir, const char *name, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX + 300];
	const struct dirent *entry;
	int rc = 0;
	DIR *d;

	if (snprintf(folder, sizeof(folder), "%s/%s", dir, name) >= PATH_MAX)
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", dir);
	d = opendir(folder);
	while (d && !rc && (entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (len < 6 || (strcmp(entry->d_name + len - 5, ".tape") &&
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
	char *its = read_whole(path);
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
	const char *dir = s->config->dir;
	char *mine = identity_of(s);
	char path[PATH_MAX];
	int rc = lock_folder(s, err);

	if (!rc && !mine)
		rc = err_set(err, ERR_NOMEM, ENOMEM, "folder");
	if (!rc &&
	    snprintf(path, sizeof(path), "%s/command", dir) >= PATH_MAX - 64)
		rc = err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", dir);
	if (!rc && s->config->force)
		rc = empty(dir, "tapes", err);
	if (!rc && s->config->force)
		rc = empty(dir, "real", err);
	if (!rc && s->config->force)
		rc = empty(dir, "replay", err);
	if (!rc && !s->config->force)
		rc = check_identity(s, path, mine, err);
	if (!rc)
		rc = write_whole(path, mine, err);
	free(mine);
	snprintf(s->outcome->dir, sizeof(s->outcome->dir), "%s", dir);
	return rc;
}

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
		rc = write_whole(status, text, err);
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
	char folder[PATH_MAX], path[PATH_MAX + 32], name[16];
	char *status;
	int rc;

	name_round(name, round);
	snprintf(folder, sizeof(folder), "%.4000s/tapes", s->config->dir);
	snprintf(path, sizeof(path), "%s/%s.status", folder, name);
	rc = files_make_dir(folder, err);
	if (!rc && access(path, R_OK)) {
		rc = warm_up_once(s, err);
		if (!rc)
			rc = make_tapes(s, folder, round, err);
	}
	if (rc)
		return rc;
	status = read_whole(path);
	if (round == 1)
		s->outcome->status = status ? atoi(status) : 0;
	free(status);
	return choose(s, folder, round, err);
}
