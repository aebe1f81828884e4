// SPDX-License-Identifier: MIT
/*
 * What the verify pass does around each call. A block takes its memory in the
 * shadow after the call that made it, and gives it up before the one that
 * frees it: in between it is the program's, and nobody else's. Its record is
 * stored before its memory is taken, so who meets it there finds it.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "replayer/worker/contents.h"
#include "replayer/worker/shadow.h"
#include "replayer/worker/verify.h"
#include "replayer/worker/worker.h"

#define MAX_ALIGNMENT _Alignof(max_align_t)

static struct verify_block *blocks; /* by slot */
static struct verify_place *places; /* by thread */
static struct sigaction before_segv, before_bus;
/* Whose memory this thread is about to read or write. */
static __thread const struct verify_scene *used_in;

/* An op of a stream that makes a block. */
struct made {
	enum plan_code code;
	uint64_t size;
	uint64_t alignment;
};

/* A block that cannot be used is a fault; all else is as it was before. */
static void on_signal(int sig)
{
	if (used_in)
		verify_fault(used_in, "its memory cannot be used: signal ",
			     (uint64_t)sig, "");
	sigaction(SIGSEGV, &before_segv, NULL);
	sigaction(SIGBUS, &before_bus, NULL);
}

bool verify_init(struct worker *w)
{
	const struct sigaction action = { .sa_handler = on_signal };

	blocks = worker_map(w, (size_t)w->h->nr_slots * sizeof(*blocks),
			    "the table of blocks");
	places = worker_map(w, (size_t)w->h->nr_threads * sizeof(*places),
			    "the threads' places");
	return blocks && places && shadow_init(w) &&
	       !sigaction(SIGSEGV, &action, &before_segv) &&
	       !sigaction(SIGBUS, &action, &before_bus);
}

static struct verify_scene scene_of(const struct worker_thread *t,
				    uint32_t slot)
{
	uint32_t number = (uint32_t)(t - worker.copies->threads);

	return (struct verify_scene){ .place = &places[number],
				      .block = &blocks[slot],
				      .thread = number,
				      .slot = slot };
}

static uint64_t natural_alignment(uint64_t size)
{
	if (size >= MAX_ALIGNMENT)
		return MAX_ALIGNMENT;
	return size ? 1ULL << (63 - __builtin_clzll(size)) : 1;
}

static struct made decode(const uint64_t *at)
{
	struct made m = { .code = *at & PLAN_CODE_MASK };

	switch (m.code) {
	case PLAN_MALLOC:
	case PLAN_CALLOC:
	case PLAN_REALLOC_NEW:
		m.size = plan_arg(*at);
		break;
	case PLAN_MALLOC_BIG:
	case PLAN_CALLOC_BIG:
	case PLAN_REALLOC_NEW_BIG:
		m.size = at[1];
		break;
	case PLAN_REALLOC:
	case PLAN_REALLOCARRAY:
		m.size = plan_realloc_new(*at, at[1]);
		break;
	default:
		m.size = at[1] & ((1ULL << PLAN_ALIGN_SHIFT) - 1);
		break;
	}
	m.alignment = natural_alignment(m.size);
	if (m.code == PLAN_VALLOC || m.code == PLAN_PVALLOC)
		m.alignment = (uint64_t)sysconf(_SC_PAGESIZE);
	else if (m.code >= PLAN_ALIGNED_ALLOC && m.code <= PLAN_MEMALIGN)
		m.alignment = 1ULL << (at[1] >> PLAN_ALIGN_SHIFT);
	return m;
}

static bool overlaps(const struct verify_block *a, const struct verify_block *b)
{
	/* Relaxed: who took the memory that we met had stored it before. */
	uint64_t at = atomic_load_explicit(&b->addr, memory_order_relaxed);
	uint64_t size = atomic_load_explicit(&b->size, memory_order_relaxed);

	return at && size && at < a->addr + a->size && at + size > a->addr;
}

/* Another live block that has bytes of this one, or NULL. */
static const struct verify_block *find_other(const struct verify_block *block)
{
	uint32_t i;

	for (i = 0; i < worker.h->nr_slots; i++)
		if (&blocks[i] != block && overlaps(block, &blocks[i]))
			return &blocks[i];
	return NULL;
}

static void take(const struct verify_scene *s)
{
	const struct verify_block *other = NULL;
	enum shadow_found found = shadow_take(s->block->addr, s->block->size);

	if (found == SHADOW_SHARED || found == SHADOW_TAKEN)
		other = find_other(s->block);
	/* Without another one in sight: it has been freed just now. */
	if (other || found == SHADOW_TAKEN)
		verify_overlap(s, other,
			       (uint32_t)(other ? other - blocks : 0));
	if (found == SHADOW_BEYOND)
		verify_fault(s, "its address has more than ",
			     SHADOW_ADDRESS_BITS, " bits");
	if (found == SHADOW_NO_MEMORY)
		_exit(1);
}

/* Check the contents as far as limit; how: what has become of a bad byte. */
static void check_contents(const struct verify_scene *s, uint64_t limit,
			   const char *how)
{
	const struct verify_block *b = s->block;
	uint64_t byte;

	used_in = s;
	byte = contents_check(b->p, b->used, limit, b->key);
	used_in = NULL;
	if (byte < b->used)
		verify_changed(s, byte, how);
}

static void check_zero(const struct verify_scene *s)
{
	const struct verify_block *b = s->block;
	uint64_t byte;

	used_in = s;
	byte = contents_check_zero(b->p, b->size);
	used_in = NULL;
	if (byte < b->size)
		verify_fault(s, "byte ", byte, " is not zero");
}

/* Bytes of it that the program has used, from its start on. */
static uint64_t used_of(struct worker_thread *t, uint64_t size)
{
	uint64_t pages = plan_arg(t->touched);

	t->touched = 0;
	if (size < PLAN_LARGE || !pages || (pages - 1) * PLAN_PAGE > size)
		return size;
	return (pages - 1) * PLAN_PAGE;
}

/* A call has returned p: look whether it can be a block of that size. */
static void accept(const struct verify_scene *s, char *p, uint64_t size,
		   uint64_t alignment)
{
	struct verify_block *b = &blocks[s->slot];
	uint64_t usable = size;

	b->p = p;
	/* Relaxed: taking the memory releases it. */
	atomic_store_explicit(&b->size, size, memory_order_relaxed);
	atomic_store_explicit(&b->addr, shadow_address(p),
			      memory_order_relaxed);
	if (b->addr & (alignment - 1))
		verify_fault(s, "not aligned to ", alignment, "");
	if (worker.calls.usable_size)
		usable = worker.calls.usable_size(p);
	if (usable < size)
		verify_fault(s, "its usable size is ", usable, "");
	take(s);
}

/* Write to it, as the program does. */
static void use(const struct verify_scene *s, uint64_t used)
{
	struct verify_block *b = &blocks[s->slot];

	b->used = used;
	b->key = contents_key(s->slot, b->size,
			      s->place->call << 20 ^ s->thread);
	b->code = s->place->code;
	b->call = s->place->call;
	b->thread = s->thread;
	used_in = s;
	contents_fill(b->p, used, b->key);
	used_in = NULL;
}

static void made(struct worker_thread *t, uint32_t slot, const struct made *m)
{
	const struct verify_scene s = scene_of(t, slot);
	uint64_t used = used_of(t, m->size);

	blocks[slot].p = NULL;
	if (!worker.copies->slots[slot])
		return;
	accept(&s, worker.copies->slots[slot], m->size, m->alignment);
	if (m->code == PLAN_CALLOC || m->code == PLAN_CALLOC_BIG)
		check_zero(&s);
	use(&s, used);
}

/* The block is about to be given back: the last look at it. */
static void leave(const struct verify_scene *s)
{
	struct verify_block *b = &blocks[s->slot];

	if (!b->p)
		return;
	check_contents(s, b->used, " has changed since ");
	places[s->thread].blocks++;
	shadow_give(b->addr, b->size);
	atomic_store_explicit(&b->addr, 0, memory_order_relaxed);
}

/* What a realloc was given has kept its contents, wherever it lies now. */
static void reallocated(struct worker_thread *t, uint32_t slot,
			const struct made *m)
{
	const struct verify_scene s = scene_of(t, slot);
	const struct verify_block *b = &blocks[slot];
	/* One that failed leaves the block as it was. */
	bool failed = t->nulls != s.place->nulls;
	uint64_t size = failed ? b->size : m->size;

	if (!b->p || !worker.copies->slots[slot]) {
		made(t, slot, m);
		return;
	}
	accept(&s, worker.copies->slots[slot], size, failed ? 1 : m->alignment);
	check_contents(&s, size, " was not kept from ");
	use(&s, used_of(t, size));
}

void verify_before(struct worker_thread *t, const uint64_t *at)
{
	const struct verify_scene s = scene_of(t, plan_slot(*at));
	struct verify_place *place = &places[s.thread];
	enum plan_code code = *at & PLAN_CODE_MASK;

	if (code == PLAN_CLOCK)
		place->time_ns = plan_clock(*at);
	if (code < PLAN_MALLOC)
		return;
	place->code = code;
	place->call += code == PLAN_FREE_NULL ? plan_arg(*at) : 1;
	place->nulls = t->nulls;
	switch (code) {
	case PLAN_REALLOC:
	case PLAN_REALLOCARRAY:
	case PLAN_REALLOC_FREE:
	case PLAN_FREE:
	case PLAN_FREE_SIZED:
	case PLAN_FREE_ALIGNED_SIZED:
		leave(&s);
		break;
	default:
		break;
	}
}

void verify_after(struct worker_thread *t, const uint64_t *at)
{
	uint32_t slot = plan_slot(*at);
	struct made m = decode(at);

	switch (m.code) {
	case PLAN_FREE:
	case PLAN_FREE_NULL:
	case PLAN_FREE_SIZED:
	case PLAN_FREE_ALIGNED_SIZED:
	case PLAN_REALLOC_FREE:
		break;
	case PLAN_REALLOC:
	case PLAN_REALLOCARRAY:
		reallocated(t, slot, &m);
		break;
	default:
		made(t, slot, &m);
		break;
	}
}

void verify_born(struct worker_thread *t, uint32_t slot, uint64_t size)
{
	const struct made m = { .code = PLAN_MALLOC,
				.size = size,
				.alignment = natural_alignment(size) };

	places[t - worker.copies->threads].code = m.code;
	made(t, slot, &m);
}

void verify_finish(struct worker *w)
{
	const uint32_t *live =
		(const void *)((const char *)w->words + w->h->live_at);
	struct verify_place *first = &places[0];
	uint32_t i;

	first->code = PLAN_STOP;
	first->time_ns = w->h->last_ns;
	for (i = 0; i < w->h->nr_live; i++) {
		const struct verify_scene s =
			scene_of(w->copies->threads, live[i]);

		leave(&s);
		w->calls.free(w->copies->slots[live[i]]);
	}
	for (i = 0; i < w->h->nr_threads; i++) {
		w->report->verified_ops += places[i].call;
		w->report->verified_blocks += places[i].blocks;
	}
}
