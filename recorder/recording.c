// SPDX-License-Identifier: MIT
/*
 * What happens to a recording while its process runs. The records come by the
 * drain; recording_tape.c knows the file.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "recorder/live_bytes.h"
#include "recorder/recording.h"
#include "recorder/recording_tape.h"
#include "recorder/session.h"
#include "recorder/stacks.h"
#include "traces/tape_writer.h"

#define FLUSH_NS 1000000000u
#define NAMES_NS 200000000u
#define NAME_NS  4000000u /* per thread: with many, less often */
/* So many processes are sampled as if there were one each. */
#define MANY_SAMPLED 8

static void open_zeroed(struct recording *r, const struct recording_env *env,
			pid_t pid)
{
	memset(r, 0, sizeof(*r));
	r->env = env;
	r->entry = RECORDING_NO_ENTRY;
	r->process = (struct process){ .pid = pid, .fd = -1, .status = -1 };
	r->told_pid = pid;
	r->target.pid = pid;
	r->target.live_bytes = env->live_bytes;
	r->output.fd = -1;
	sampler_init(&r->sampler);
}

int recording_open(struct recording *r, const struct recording_env *env,
		   pid_t pid, struct err *err)
{
	open_zeroed(r, env, pid);
	r->first = true;
	return recording_tape_open(r, env->config->argv[0], err);
}

void recording_open_child(struct recording *r, const struct recording_env *env,
			  const struct ring_process *entry)
{
	uint64_t now = ticks_now_ns(env->ticks),
		 then = ticks_to_ns(env->ticks, entry->start_ticks);
	pid_t pid = (pid_t)entry->pid;

	open_zeroed(r, env, pid);
	memcpy(r->image.exe, entry->exe, sizeof(r->image.exe) - 1);
	process_open(&r->process, pid, env->shared->inode,
		     now > then ? now - then : 0);
}

static struct ring_process *entry_of(const struct recording *r)
{
	return r->entry == RECORDING_NO_ENTRY
		       ? NULL
		       : &r->env->shared->processes[r->entry];
}

static void set_mode(const struct recording *r, uint32_t set, uint32_t clear)
{
	struct ring_process *p = entry_of(r);

	if (!p)
		return;
	atomic_fetch_and_explicit(&p->mode, ~clear, memory_order_relaxed);
	atomic_fetch_or_explicit(&p->mode, set, memory_order_relaxed);
}

uint64_t recording_lost(const struct recording *r)
{
	const struct ring_process *p = entry_of(r);

	return p ? atomic_load_explicit(&p->lost, memory_order_relaxed)
		 : r->image.lost;
}

bool recording_asks_usable(const struct recording *r)
{
	const struct ring_process *p = entry_of(r);

	return atomic_load_explicit(p ? &p->asks_usable : &r->image.asks_usable,
				    memory_order_relaxed);
}

void recording_leave(struct recording *r)
{
	struct ring_process *p = entry_of(r);

	if (!p)
		return;
	drain_detach(r->env->drain, r->entry);
	if (r->target.live_bytes)
		live_bytes_forget(r->target.live_bytes, r->entry);
	r->image.lost = recording_lost(r);
	r->image.asks_usable = recording_asks_usable(r);
	r->entry = RECORDING_NO_ENTRY;
	/* Release: we have left the entry. */
	atomic_store_explicit(&p->state, RING_FREE_PROCESS,
			      memory_order_release);
}

/* The program replaced itself by another one, whose heap begins empty. */
static void leave_image(struct recording *r)
{
	const char *slash = strrchr(r->image.exe, '/');
	size_t used = strlen(r->earlier);

	tape_writer_free(r->writer);
	r->writer = r->target.writer = NULL;
	drain_rest(r->env->drain, r->entry);
	recording_leave(r);
	snprintf(r->earlier + used, sizeof(r->earlier) - used, "%s%s",
		 used ? ", " : "", slash ? slash + 1 : r->image.exe);
	r->earlier_events += r->target.events + r->target.discarded;
	stacks_free(r->stacks);
	r->stacks = NULL;
	r->target = (struct drain_target){ .pid = r->target.pid,
					   .live_bytes = r->target.live_bytes };
	r->unseen[0] = '\0';
}

/* Copy what the program announced; it may change or be no text. */
static void read_image(struct recording *r, uint32_t entry)
{
	struct ring_process *image = &r->image;

	memcpy(image, &r->env->shared->processes[entry], sizeof(*image));
	image->exe[sizeof(image->exe) - 1] = '\0';
	image->allocator[sizeof(image->allocator) - 1] = '\0';
}

/* Without memory for them there are none. */
static void open_stacks(struct recording *r)
{
	r->stacks = stacks_new(&r->target.writer, &r->target.err, r->image.exe);
	if (r->stacks)
		r->target.stacks = stacks_hooks(r->stacks);
}

/*
 * A new program begins as the drain says now, which may have been told
 * otherwise since the program looked; a forked child as its parent was.
 */
static bool begins_paused(const struct recording *r)
{
	const _Atomic uint32_t *word = r->image.birth == RING_BIRTH_FORK
					       ? &entry_of(r)->mode
					       : &r->env->shared->control->mode;
	uint32_t mode = atomic_load_explicit(word, memory_order_relaxed);

	if (mode & RING_PAUSED)
		set_mode(r, RING_PAUSED | RING_WINDOW, 0);
	else if (r->image.mode & RING_PAUSED)
		set_mode(r, RING_WINDOW, RING_PAUSED);
	return mode & RING_PAUSED;
}

void recording_begin(struct recording *r, uint32_t entry)
{
	int ret = 0;

	if (r->entry != RECORDING_NO_ENTRY)
		leave_image(r);
	read_image(r, entry);
	r->entry = entry;
	drain_attach(r->env->drain, entry, &r->target);
	if (r->env->over)
		recording_end(r, r->env->over);
	if (r->ended) {
		set_mode(r, RING_PAUSED, 0);
		return;
	}
	r->paused = begins_paused(r);
	r->started = !r->paused;
	if (!r->first)
		ret = recording_tape_open(r, r->image.exe, &r->err);
	if (!ret)
		ret = recording_tape_begin(r, &r->err);
	r->target.writer = r->writer;
	if (!ret && r->env->config->stacks.on)
		open_stacks(r);
	sampler_close(&r->sampler);
	if (!r->process.over)
		sampler_open(&r->sampler, r->process.pid);
	if (ret)
		recording_end(r, "error");
}

void recording_mark(struct recording *r, const char *text)
{
	struct tape_event ev = {
		.kind = TAPE_MARK,
		.time_ns = ticks_now_ns(r->env->ticks),
		.text = text,
	};

	ev.end_ns = ev.time_ns;
	if (r->target.writer &&
	    tape_writer_add(r->target.writer, 0, &ev, 1, &r->target.err))
		r->target.writer = NULL;
}

/* A program that replaced the recorded one may keep our shim out. */
static void check_exe(struct recording *r)
{
	char exe[PATH_MAX];

	process_exe(r->process.pid, exe, sizeof(exe));
	if (!exe[0]) /* it is over, and was what it was */
		return;
	r->unseen[0] = '\0';
	/* valgrind tells the program that it is itself. */
	if (strstr(exe, "/valgrind/") && r->target.events)
		return;
	if (strcmp(exe, r->image.exe) && !strstr(exe, " (deleted)"))
		snprintf(r->unseen, sizeof(r->unseen), "%.*s",
			 (int)sizeof(r->unseen) - 1, exe);
}

/*
 * The first thread has another name: by the program, or since it became
 * another program. In the latter case the name is not one of the program's.
 */
static void check_name(struct recording *r)
{
	char *name = r->target.name;

	if (!strcmp(name, r->checked_name))
		return;
	check_exe(r);
	if (r->unseen[0])
		name[0] = '\0';
	strcpy(r->checked_name, name);
}

static int add_samples(struct recording *r, const struct tape_sample *samples,
		       unsigned nr)
{
	unsigned i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++)
		ret = tape_writer_sample(r->writer, &samples[i],
					 &r->target.err);
	return ret;
}

/* What is due by the clock: a sample, a look at the program, a flush. */
static void do_chores(struct recording *r, uint64_t now_ns)
{
	struct tape_sample samples[2];
	unsigned nr;
	int ret;

	r->sampler.sparser = 1 + r->env->nr / MANY_SAMPLED;
	/* Before the first start there is no time yet. */
	nr = r->started ? sampler_take(&r->sampler, now_ns,
				       r->target.ring_bytes, samples)
			: 0;
	ret = add_samples(r, samples, nr);
	if (now_ns >= r->next_names_ns) {
		r->next_names_ns =
			now_ns + (NAMES_NS + NAME_NS * r->target.live) *
					 (1 + r->env->nr / 8);
		check_exe(r);
		drain_names(r->env->drain, r->entry);
	}
	if (!ret && now_ns >= r->next_flush_ns) {
		r->next_flush_ns = now_ns + FLUSH_NS;
		ret = tape_writer_flush(r->writer, &r->target.err);
	}
	if (ret)
		r->target.writer = NULL;
}

void recording_pause(struct recording *r, bool pause)
{
	struct tape_sample samples[2];
	unsigned nr;

	if (r->ended || r->paused == pause || !r->target.writer)
		return;
	r->paused = pause;
	r->started |= !pause;
	if (pause)
		set_mode(r, RING_PAUSED, 0);
	/* What was recorded until now comes first. */
	drain_pass(r->env->drain);
	recording_mark(r, pause ? "recording stopped" : "recording started");
	nr = sampler_edge(&r->sampler, ticks_now_ns(r->env->ticks),
			  r->target.ring_bytes, samples);
	if (r->target.writer && add_samples(r, samples, nr))
		r->target.writer = NULL;
	/* Blocks come and go unseen in a pause: no block of events spans it. */
	if (r->target.writer && tape_writer_flush(r->writer, &r->target.err))
		r->target.writer = NULL;
	if (!pause)
		set_mode(r, RING_WINDOW, RING_PAUSED);
}

void recording_tend(struct recording *r, uint64_t now_ns)
{
	enum output_stop stop;

	if (r->ended || !r->writer)
		return;
	check_name(r);
	if (r->target.writer && !r->process.over)
		do_chores(r, now_ns);
	if (r->output.limit_bytes && r->target.writer &&
	    output_wants_flush(&r->output, tape_writer_waiting(r->writer)) &&
	    tape_writer_flush(r->writer, &r->target.err))
		r->target.writer = NULL;
	stop = output_must_stop(&r->output);
	if (stop)
		recording_end(r, output_stop_name(stop));
	else if (!r->target.writer)
		recording_end(r, "error");
}

uint64_t recording_due_ns(const struct recording *r)
{
	return r->target.writer && !r->process.over ? r->sampler.next_ns
						    : UINT64_MAX;
}

void recording_end(struct recording *r, const char *reason)
{
	struct tape_sample samples[2];

	if (r->ended)
		return;
	r->ended = true;
	r->duration_ns = ticks_now_ns(r->env->ticks);
	if (reason)
		set_mode(r, RING_PAUSED, 0);
	else if (r->image.serial && !r->started)
		reason = "never started";
	if (reason)
		snprintf(r->reason, sizeof(r->reason), "%s", reason);
	/* A tape without a program in it is empty. */
	if (!r->writer && !reason && r->first)
		recording_tape_begin(r, &r->err);
	if (r->writer && !r->target.err.code && r->started)
		add_samples(r, samples,
			    sampler_edge(&r->sampler, r->duration_ns,
					 r->target.ring_bytes, samples));
	/* A tape that has no room for more may still get its end. */
	if (r->target.err.code && !r->err.code && !r->output.stop)
		r->err = r->target.err;
	recording_tape_end(r, &r->err);
	r->target.writer = NULL;
	sampler_close(&r->sampler);
}

void recording_close(struct recording *r)
{
	recording_leave(r);
	tape_writer_free(r->writer);
	r->writer = NULL;
	output_discard(&r->output);
	sampler_close(&r->sampler);
	stacks_free(r->stacks);
	r->stacks = NULL;
	r->target.stacks = NULL;
	process_close(&r->process);
}
