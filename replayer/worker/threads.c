// SPDX-License-Identifier: MIT
/*
 * Threads of the replay: made where they were made in the recording, and gone
 * where they went. The first threads of the copies are made before anything is
 * measured, and begin together.
 */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "replayer/worker/clock.h"
#include "replayer/worker/sync.h"

/*
 * Go to another CPU than the threads before, without staying bound to it. The
 * kernel leaves a new thread beside its maker for many milliseconds: short
 * replays would be over, and their threads would never have met.
 */
static void spread(const struct worker_thread *t)
{
	uint32_t nr = (uint32_t)CPU_COUNT(&worker.cpus), cpu = 0, left;
	cpu_set_t one;

	if (nr < 2)
		return;
	left = (uint32_t)(t->copy - worker.copies);
	left = (left + (uint32_t)(t - t->copy->threads)) % nr;
	while (!CPU_ISSET(cpu, &worker.cpus) || left--)
		cpu++;
	if (sched_getcpu() == (int)cpu)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (!sched_setaffinity(0, sizeof(one), &one))
		sched_setaffinity(0, sizeof(worker.cpus), &worker.cpus);
}

static void *replay(struct worker_thread *t)
{
	clock_is_replaying();
	t->exits = worker_replay(t);
	worker_leave(t);
	while (!t->exits && atomic_load(&worker.parked))
		worker_sleep(&worker.parked, 1);
	worker_give_baton();
	return NULL;
}

static void *thread_main(void *arg)
{
	worker_take_baton();
	spread(arg);
	return replay(arg);
}

static void make(struct worker_thread *child, uint32_t stack,
		 void *(*run)(void *child))
{
	pthread_attr_t attr;
	int rc, tries = 0;

	atomic_fetch_add_explicit(&worker.running, 1, memory_order_relaxed);
	pthread_attr_init(&attr);
	pthread_attr_setstack(
		&attr, child->copy->stacks + (size_t)stack * WORKER_STACK_BYTES,
		WORKER_STACK_BYTES);
	while ((rc = pthread_create(&child->handle, &attr, run, child)) ==
		       EAGAIN &&
	       tries++ < 1000)
		clock_real_sleep(1000000);
	pthread_attr_destroy(&attr);
	if (rc) {
		worker_fail(&worker, "pthread_create",
			    rc == EAGAIN ? "failed: raise the limit of threads"
					 : "failed: the stack is too small for "
					   "the thread variables");
		_exit(1);
	}
}

void worker_spawn(struct worker_thread *t, uint32_t number)
{
	make(&t->copy->threads[number], worker.table[number].stack,
	     thread_main);
}

/* Until *word is value, asleep: who spins would be in the others' way. */
static void sleep_until(struct worker_thread *t, _Atomic uint32_t *word,
			uint32_t value)
{
	uint64_t before = worker_switches();
	uint32_t now;

	while ((now = atomic_load(word)) != value)
		worker_sleep(word, now);
	t->waits_slept += worker_switches() - before;
}

static void *copy_main(void *arg)
{
	struct worker_thread *t = arg;

	worker_take_baton();
	spread(t);
	atomic_fetch_add(&worker.ready, 1);
	worker_wake(&worker.ready);
	sleep_until(t, &worker.started, 1);
	spread(t); /* it may have been woken beside another */
	return replay(t);
}

/*
 * Threads that take turns share a CPU: to wake one on another costs more than
 * all that it does in its turn, on a virtual machine.
 */
static void choose_cpus(struct worker *w)
{
	int here = sched_getcpu();

	if (sched_getaffinity(0, sizeof(w->cpus), &w->cpus))
		CPU_ZERO(&w->cpus);
	if (w->order.pass != WORKER_ALONE || here < 0 || here >= CPU_SETSIZE)
		return;
	CPU_ZERO(&w->cpus);
	CPU_SET(here, &w->cpus);
	sched_setaffinity(0, sizeof(w->cpus), &w->cpus);
}

void worker_make_copies(struct worker *w)
{
	uint32_t i;

	worker_take_baton();
	choose_cpus(w);
	for (i = 1; i < w->order.copies; i++)
		make(&w->copies[i].threads[0], w->h->nr_stacks, copy_main);
	sleep_until(w->copies->threads, &w->ready, w->order.copies - 1);
	if (w->h->nr_threads > 1 || w->order.copies > 1)
		spread(w->copies->threads);
}

void worker_start(struct worker *w)
{
	atomic_store(&w->started, 1);
	if (w->order.copies > 1)
		worker_wake(&w->started);
}

/*
 * Until the thread has left. What pthread_join sleeps on lies in the thread's
 * stack, where the calls pass could not tell it from an allocator's futex.
 */
static void join(struct worker_thread *other)
{
	if (worker.order.pass != WORKER_CALLS)
		pthread_join(other->handle, NULL);
	else
		while (pthread_tryjoin_np(other->handle, NULL) == EBUSY)
			sched_yield();
}

void worker_join(struct worker_thread *t, uint32_t number)
{
	struct worker_thread *other = &t->copy->threads[number];
	uint64_t before = worker_switches();

	worker_wait_left(t, number);
	join(other);
	other->joined = true;
	t->waits_slept += worker_switches() - before;
}

void worker_finish(struct worker_thread *t)
{
	struct worker *w = &worker;
	uint64_t before = worker_switches();
	uint32_t left, c, i;

	worker_leave(t);
	/* Acquire: the others' counts are read after this. */
	while ((left = atomic_load_explicit(&w->running, memory_order_acquire)))
		worker_sleep(&w->running, left);
	/* What an allocator does at the exit of a thread belongs to it. */
	for (c = 0; c < w->order.copies; c++) {
		struct worker_thread *all = w->copies[c].threads;

		for (i = 1; i < w->h->nr_threads; i++)
			if (all[i].exits && !all[i].joined)
				join(&all[i]);
	}
	t->waits_slept += worker_switches() - before;
}

uint32_t worker_nr_alive(const struct worker *w)
{
	uint32_t nr = w->order.copies, c, i;

	for (c = 0; c < w->order.copies; c++)
		for (i = 1; i < w->h->nr_threads; i++)
			nr += w->table[i].first_page &&
			      !w->copies[c].threads[i].exits;
	return nr;
}
