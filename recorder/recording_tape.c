// SPDX-License-Identifier: MIT
/* Opens, begins and ends the tape of one process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "recorder/descriptors.h"
#include "recorder/meta.h"
#include "recorder/pattern.h"
#include "recorder/recording.h"
#include "recorder/recording_tape.h"
#include "recorder/session.h"
#include "traces/tape_writer.h"

#define AGAIN_MAX 1000u /* processes that have had the same number */

/* Never replace what another process of this session has left there. */
static bool is_taken(const struct recording *r, const char *path)
{
	struct stat st;

	return !r->first && !stat(path, &st) && st.st_mtime >= r->env->begun;
}

/* An open tape must leave some descriptors for looks at processes. */
static int check_descriptors(struct recording *r, struct err *err)
{
	if (r->first || descriptors_allow(r->output.fd, DESCRIPTORS_TAPE))
		return 0;
	output_discard(&r->output);
	return err_set(err, ERR_IO, EMFILE,
		       "no tape for process %d; raise the limit (ulimit -n)",
		       (int)r->process.pid);
}

int recording_tape_open(struct recording *r, const char *program,
			struct err *err)
{
	const struct session_config *config = r->env->config;
	struct pattern_name name = { program, r->process.pid, !r->first, 0 };
	char path[PATH_MAX];
	int ret;

	do {
		ret = pattern_expand(config->output, &name, path, sizeof(path),
				     err);
		if (ret)
			return ret;
		if (r->output.fd >= 0 && !strcmp(path, r->output.path))
			return 0;
	} while (is_taken(r, path) && ++name.again < AGAIN_MAX);
	output_discard(&r->output);
	ret = output_open(&r->output, path, config->force,
			  config->max_size_bytes, err);
	return ret ? ret : check_descriptors(r, err);
}

/* What the options and the process's birth bring about. */
static int describe(const struct recording *r, struct tape_meta *meta,
		    struct err *err)
{
	const struct session_config *config = r->env->config;
	char pid[16], parent[16], stacks[32], depth[16];
	const char *heap = config->start_paused                ? "running"
			   : r->image.birth == RING_BIRTH_FORK ? "inherited"
							       : "empty";
	const char *const entries[][2] = {
		{ "pid", pid },
		{ "parent_pid", r->image.parent ? parent : NULL },
		{ "heap_at_start", heap },
		{ "latency", config->latency ? "yes" : NULL },
		{ "residency", config->residency ? "yes" : NULL },
		{ "stacks", config->stacks.on ? stacks : NULL },
		{ "stack_depth", config->stacks.on ? depth : NULL },
	};
	size_t i;
	int ret = 0;

	snprintf(pid, sizeof(pid), "%d", (int)r->process.pid);
	snprintf(parent, sizeof(parent), "%u", r->image.parent);
	stack_rate_describe(&config->stacks, stacks, sizeof(stacks));
	snprintf(depth, sizeof(depth), "%u", config->stacks.depth);
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]) && !ret; i++)
		if (entries[i][1])
			ret = tape_meta_set(meta, entries[i][0], entries[i][1],
					    err);
	return ret;
}

static int collect(const struct recording *r, struct tape_meta *meta,
		   struct err *err)
{
	const struct ring_process *image =
		r->entry == RECORDING_NO_ENTRY ? NULL : &r->image;
	char **command = NULL;
	int ret;

	if (!r->first)
		command = meta_command(r->process.over ? 0 : r->process.pid,
				       r->image.exe);
	ret = meta_collect(meta, command ? command : r->env->config->argv,
			   image, r->env->ticks->clock, err);
	free(command);
	return ret ? ret : describe(r, meta, err);
}

int recording_tape_begin(struct recording *r, struct err *err)
{
	const struct tape_writer_config config = { .pool = r->env->pool };
	const struct tape_sink sink = { output_write, &r->output };
	struct tape_meta meta = { 0 };
	int ret = collect(r, &meta, err);

	if (!ret)
		ret = output_rewind(&r->output, err);
	if (!ret)
		ret = tape_writer_open(&r->writer, &sink, &meta, &config, err);
	tape_meta_release(&meta);
	return ret;
}

static void describe_end(const struct recording *r, struct tape_end *end)
{
	int status = r->process.status;

	*end = (struct tape_end){
		.exit_status = r->process.over && status >= 0 ? status : 0,
		.duration_ns = r->duration_ns,
		.dropped = r->target.dropped + recording_lost(r),
		.asks_usable = recording_asks_usable(r),
	};
	if (r->reason[0])
		snprintf(end->reason, sizeof(end->reason), "%s", r->reason);
	else if (status < 0)
		strcpy(end->reason, "exit, with a status unknown to heaptape");
	else if (WIFSIGNALED(status))
		snprintf(end->reason, sizeof(end->reason), "signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		strcpy(end->reason, "exit");
}

int recording_tape_end(struct recording *r, struct err *err)
{
	struct tape_end end;
	int ret = 0;

	if (r->writer) {
		/* What waits may have no room where the end has. */
		if (r->target.err.code || tape_writer_flush(r->writer, NULL))
			r->target.dropped += tape_writer_forget(r->writer);
		if (r->output.stop && !r->reason[0])
			strcpy(r->reason, output_stop_name(r->output.stop));
		describe_end(r, &end);
		output_end(&r->output);
		ret = tape_writer_close(r->writer, &end, err);
		r->writer = NULL;
	} else {
		output_discard(&r->output);
	}
	if (output_close(&r->output, err) && !ret)
		ret = -ERR_IO;
	return ret;
}
