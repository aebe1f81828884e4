// SPDX-License-Identifier: MIT
/* Puts control, limits and the live line together for one session. */
#include "recorder/attend.h"
#include "recorder/clock.h"
#include "recorder/recordings.h"
#include "recorder/session.h"
#include "traces/base/log.h"

void attend_open(struct attend *a, struct recordings *all)
{
	const struct session_config *config = all->env.config;

	*a = (struct attend){ .all = all };
	a->limits.max_time_ns = config->max_time_ns;
	a->limits.max_memory_bytes = config->max_memory_bytes;
	control_open(&a->control, all->env.shared, all->env.ticks,
		     config->start_paused);
	a->begun_ns = clock_monotonic_ns();
	live_line_start(&a->line, config->progress, a->begun_ns);
	if (a->line.on && !live_bytes_open(&a->live))
		all->env.live_bytes = &a->live;
}

void attend_close(struct attend *a)
{
	if (!a->all)
		return;
	live_line_erase(&a->line);
	a->line.on = false;
	a->all->env.live_bytes = NULL;
	live_bytes_close(&a->live);
}

static void check_limits(struct attend *a)
{
	const struct recording_env *env = &a->all->env;
	const char *reason;

	/* Not before there is a program to tell of. */
	if (a->over || !a->control.started || !a->all->first.image.serial)
		return;
	reason = limits_reached(&a->limits, ticks_now_ns(env->ticks),
				env->shared->fd);
	if (!reason)
		return;
	a->over = true;
	/* Programs that are still to come begin unrecorded and stay so. */
	atomic_fetch_or_explicit(&env->shared->control->mode, RING_PAUSED,
				 memory_order_relaxed);
	a->all->env.over = reason;
	recordings_end(a->all, reason);
}

static void add_facts(struct live_facts *f, const struct recording *r)
{
	f->events += r->target.events;
	f->tape_bytes += r->output.bytes;
	f->dropped += r->target.dropped;
	if (r->ended)
		return;
	f->processes++;
	f->paused |= r->paused;
	f->rss_bytes +=
		r->sampler.last.rss_anon_bytes + r->sampler.last.rss_file_bytes;
}

static void draw(struct attend *a, uint64_t now_ns)
{
	const struct session_result *others = a->all->result;
	struct live_facts facts = {
		.elapsed_ns = now_ns - a->begun_ns,
		.events = others->other_events,
		.tape_bytes = others->other_bytes,
		.dropped = others->other_lost,
		.live_bytes = live_bytes_now(&a->live),
	};
	size_t i;

	add_facts(&facts, &a->all->first);
	for (i = 0; i < a->all->nr; i++)
		add_facts(&facts, a->all->other[i]);
	live_line_draw(&a->line, &facts, now_ns);
}

/* Who wants to start it needs the number. */
static void tell_paused(struct attend *a)
{
	const unsigned pid = a->all->env.shared->control->target_pid;

	a->told = true;
	if (!a->control.started)
		log_note("paused; 'heaptape ctl %u start' starts the recording",
			 pid);
}

void attend(struct attend *a)
{
	uint64_t now_ns;

	if (!a->told)
		tell_paused(a);
	control_serve(&a->control, a->all);
	check_limits(a);
	if (!a->line.on)
		return;
	now_ns = clock_monotonic_ns();
	if (live_line_is_due(&a->line, now_ns))
		draw(a, now_ns);
}

uint64_t attend_rest_ns(const struct attend *a, uint64_t max)
{
	const uint64_t end = a->limits.max_time_ns;
	uint64_t now;

	if (a->line.on) {
		now = clock_monotonic_ns();
		if (now >= a->line.next_ns)
			return 0;
		if (a->line.next_ns - now < max)
			max = a->line.next_ns - now;
	}
	if (!end || a->over || !a->control.started)
		return max;
	now = ticks_now_ns(a->all->env.ticks);
	return now >= end ? 0 : end - now < max ? end - now : max;
}
