// SPDX-License-Identifier: MIT
/*
 * The loop that runs a thread's stream, in four builds: plain, with every call
 * timed, with the sizes of blocks counted, and with every call checked. Between
 * two calls it does as little as it can; blocks are touched outside of the
 * timed call.
 */
#include <string.h>

#include "replayer/worker/account.h"
#include "replayer/worker/sync.h"
#include "replayer/worker/ticks.h"
#include "replayer/worker/verify.h"

/* A constant wherever it is passed on: each build has its own loop. */
enum build { PLAIN, TIMED, COUNTED, CHECKED };

#define AHEAD 12 /* words between an op and the prefetch of its slot */

/* A store that the compiler keeps. */
static inline void poke(void *p)
{
	atomic_store_explicit((_Atomic char *)p, 1, memory_order_relaxed);
}

static void touch_pages(char *p, uint64_t from, uint64_t size)
{
	uintptr_t first = (uintptr_t)p + from;
	uintptr_t end = (uintptr_t)p + size;
	uintptr_t at = (first + PLAN_PAGE) & ~(uintptr_t)(PLAN_PAGE - 1);

	poke((void *)first);
	for (; at < end; at += PLAN_PAGE)
		poke((void *)at);
	poke((void *)(end - 1));
}

/* A large block: only as many of its pages as the tape tells. */
static void touch_told(struct worker_thread *t, char *p, uint64_t from,
		       uint64_t size)
{
	char *first = (char *)((uintptr_t)p & ~(uintptr_t)(PLAN_PAGE - 1));
	uint64_t before = plan_slot(t->touched), pages = plan_arg(t->touched);
	uint64_t skip = (uint64_t)(p - first);

	t->touched = 0;
	if (before)
		from = before > 1 ? (before - 1) * PLAN_PAGE - skip : 0;
	if (pages && (pages - 1) * PLAN_PAGE < skip + size)
		size = pages > 1 ? (pages - 1) * PLAN_PAGE - skip : 0;
	if (from < size)
		touch_pages(p, from, size);
}

/* Use the bytes [from, size) of a block as the touch policy says. */
static inline void touch(struct worker_thread *t, char *p, uint64_t from,
			 uint64_t size)
{
	if (!p) {
		t->nulls += size != 0;
		return;
	}
	if (from >= size)
		return;
	switch (worker.order.touch) {
	case WORKER_TOUCH_NONE:
		break;
	case WORKER_TOUCH_FIRST:
		poke(p + from);
		break;
	case WORKER_TOUCH_PAGES:
		if (size >= PLAN_LARGE && t->touched)
			touch_told(t, p, from, size);
		else
			touch_pages(p, from, size);
		break;
	case WORKER_TOUCH_ALL:
		memset(p + from, 1, size - from);
		break;
	}
}

static unsigned group_of(uint64_t size)
{
	static const uint64_t ends[WORKER_GROUPS] = WORKER_GROUP_ENDS;
	unsigned i = 0;

	while (size > ends[i])
		i++;
	return i;
}

/* op: a kind of call, or WORKER_TOUCHED. */
static void note(struct worker_thread *t, unsigned op, uint64_t size,
		 uint64_t begin, uint64_t end)
{
	unsigned group = group_of(size);
	uint64_t ticks = end - begin;

	/* Counters of two CPUs may differ a little: never below zero. */
	if ((int64_t)ticks < 0)
		ticks = 0;
	hist_add(&t->hists[op * WORKER_GROUPS + group], ticks_to_ns(ticks));
	if (worker.order.pace != WORKER_RECORDED || op == WORKER_TOUCHED)
		return;
	t->now_ns = ticks_real_ns(&t->anchor, end);
	hist_add(&t->hists[(WORKER_LAGS + op) * WORKER_GROUPS + group],
		 t->now_ns > t->due_ns ? t->now_ns - t->due_ns : 0);
}

/* Run one call; with a clock around it in the latency build. */
#define CALL(op, size, expr)               \
 do {                                      \
  if (build == TIMED) {                    \
   uint64_t begin_ = ticks_begin();        \
   expr;                                   \
   note(t, op, size, begin_, ticks_end()); \
  } else {                                 \
   expr;                                   \
  }                                        \
 } while (0)

/* What the flags of an op ask for after it. */
static void after_op(struct worker_thread *t, uint64_t word)
{
	if (word & PLAN_PUBLISH)
		worker_publish(&t->copy->gates[plan_slot(word)]);
	if (word & PLAN_PEAK && worker.order.pass == WORKER_MEMORY)
		worker_meet(t, worker.h->nr_marks - 1);
}

/* Touch, with a clock of its own around it in the latency build. */
static inline __attribute__((always_inline)) void use(struct worker_thread *t,
						      char *p, uint64_t from,
						      uint64_t size,
						      enum build build)
{
	uint64_t begin;

	if (build != TIMED || !p || from >= size ||
	    worker.order.touch == WORKER_TOUCH_NONE) {
		touch(t, p, from, size);
		return;
	}
	begin = ticks_begin();
	touch(t, p, from, size);
	note(t, WORKER_TOUCHED, size, begin, ticks_end());
}

/* Keep the block that a call has returned. */
static inline __attribute__((always_inline)) void keep(struct worker_thread *t,
						       void **slot, void *p,
						       uint64_t size,
						       enum build build)
{
	*slot = p;
	account_add(t, slot, p, size, build == COUNTED);
	use(t, p, 0, size, build);
}

/* The rarer calls of two words: aligned ones, sized frees. */
static inline __attribute__((always_inline)) void
wide_op(struct worker_thread *t, const struct worker_calls *f, void **slot,
	uint64_t word, uint64_t next, enum build build)
{
	uint64_t size = next & ((1ULL << PLAN_ALIGN_SHIFT) - 1);
	uint64_t align = 1ULL << (next >> PLAN_ALIGN_SHIFT);
	void *p = NULL;

	switch (word & PLAN_CODE_MASK) {
	case PLAN_REALLOCARRAY_NEW:
		CALL(PLAN_OP_REALLOC, size, p = f->reallocarray(NULL, 1, size));
		break;
	case PLAN_ALIGNED_ALLOC:
		CALL(PLAN_OP_MALLOC, size, p = f->aligned_alloc(align, size));
		break;
	case PLAN_POSIX_MEMALIGN:
		CALL(PLAN_OP_MALLOC, size,
		     if (f->posix_memalign(&p, align, size)) p = NULL);
		break;
	case PLAN_MEMALIGN:
		CALL(PLAN_OP_MALLOC, size, p = f->memalign(align, size));
		break;
	case PLAN_VALLOC:
		CALL(PLAN_OP_MALLOC, size, p = f->valloc(size));
		break;
	case PLAN_PVALLOC:
		CALL(PLAN_OP_MALLOC, size, p = f->pvalloc(size));
		break;
	case PLAN_FREE_SIZED:
		account_drop(t, slot, build == COUNTED);
		CALL(PLAN_OP_FREE, size, f->free_sized(*slot, size));
		return;
	default:
		account_drop(t, slot, build == COUNTED);
		CALL(PLAN_OP_FREE, size,
		     f->free_aligned_sized(*slot, align, size));
		return;
	}
	keep(t, slot, p, size, build);
}

static inline __attribute__((always_inline)) void
realloc_op(struct worker_thread *t, const struct worker_calls *f, void **slot,
	   uint64_t word, uint64_t next, enum build build)
{
	uint64_t old = plan_realloc_old(next);
	uint64_t size = plan_realloc_new(word, next);
	char *p = *slot;

	account_drop(t, slot, build == COUNTED);
	if ((word & PLAN_CODE_MASK) == PLAN_REALLOC)
		CALL(PLAN_OP_REALLOC, size, p = f->realloc(p, size));
	else
		CALL(PLAN_OP_REALLOC, size, p = f->reallocarray(p, 1, size));
	/* A realloc that failed has left the old block in place. */
	if (p || !size) {
		*slot = p;
		account_add(t, slot, p, size, build == COUNTED);
	} else if (build == COUNTED) {
		account_add(t, slot, *slot,
			    t->copy->sizes[slot - t->copy->slots], true);
	}
	use(t, p, old, size, build);
}

/* Calls that leave no block. */
static inline __attribute__((always_inline)) void
lone_op(struct worker_thread *t, const struct worker_calls *f, void **slot,
	uint64_t word, enum build build)
{
	uint32_t arg = plan_arg(word);
	void *p;

	if ((word & PLAN_CODE_MASK) == PLAN_REALLOC_FREE) {
		account_drop(t, slot, build == COUNTED);
		CALL(PLAN_OP_REALLOC, arg, p = f->realloc(*slot, 0));
		/* Some allocators return a block, even for size 0. */
		if (p)
			f->free(p);
		return;
	}
	for (; arg; arg--)
		f->free(NULL);
}

/* Ops that are not calls. The next op's place; NULL: the stream has ended. */
static const uint64_t *harness_op(struct worker_thread *t, const uint64_t *at)
{
	uint64_t word = *at;
	uint32_t slot = plan_slot(word);

	switch (word & PLAN_CODE_MASK) {
	case PLAN_NEXT:
		return worker.words + (uint64_t)slot * (PLAN_PAGE / 8);
	case PLAN_WAIT:
		worker_wait_slot(t, &t->copy->gates[slot], plan_arg(word));
		break;
	case PLAN_SKEW:
		worker_tell(t, *++at);
		break;
	case PLAN_SPAWN:
		worker_spawn(t, slot);
		break;
	case PLAN_JOIN:
		worker_join(t, slot);
		break;
	case PLAN_MARK:
		atomic_store_explicit(&worker.report->marks_done, slot + 1,
				      memory_order_relaxed);
		if (worker.order.pass == WORKER_MEMORY)
			worker_meet(t, slot);
		break;
	case PLAN_CLOCK:
		worker_clock(t, plan_clock(word));
		break;
	case PLAN_TOUCHED:
		t->touched = word;
		break;
	default:
		return NULL;
	}
	return at + 1;
}

/* Returns whether the stream's end lets the thread exit. */
static inline __attribute__((always_inline)) bool
replay_stream(struct worker_thread *t, const uint64_t *at, enum build build)
{
	const struct worker_calls f = worker.calls;
	void **const slots = t->copy->slots;

	for (;;) {
		uint64_t word = *at;
		uint64_t size = plan_arg(word);
		void **slot = &slots[plan_slot(word)];
		const uint64_t *op = at;
		void *p;

		if (build == CHECKED)
			verify_before(t, op);
		__builtin_prefetch(&slots[plan_slot(at[AHEAD])], 1);
		switch (word & PLAN_CODE_MASK) {
		case PLAN_MALLOC_BIG:
			size = *++at; /* fall through */
		case PLAN_MALLOC:
			CALL(PLAN_OP_MALLOC, size, p = f.malloc(size));
			keep(t, slot, p, size, build);
			break;
		case PLAN_REALLOC_NEW_BIG:
			size = *++at; /* fall through */
		case PLAN_REALLOC_NEW:
			CALL(PLAN_OP_REALLOC, size, p = f.realloc(NULL, size));
			keep(t, slot, p, size, build);
			break;
		case PLAN_FREE:
			account_drop(t, slot, build == COUNTED);
			CALL(PLAN_OP_FREE, size, f.free(*slot));
			break;
		case PLAN_CALLOC_BIG:
			size = *++at; /* fall through */
		case PLAN_CALLOC:
			CALL(PLAN_OP_CALLOC, size, p = f.calloc(1, size));
			keep(t, slot, p, size, build);
			break;
		case PLAN_REALLOC:
		case PLAN_REALLOCARRAY:
			realloc_op(t, &f, slot, word, *++at, build);
			break;
		case PLAN_REALLOC_FREE:
		case PLAN_FREE_NULL:
			lone_op(t, &f, slot, word, build);
			break;
		case PLAN_REALLOCARRAY_NEW ... PLAN_FREE_ALIGNED_SIZED:
			wide_op(t, &f, slot, word, *++at, build);
			break;
		default:
			at = harness_op(t, at);
			if (at)
				continue;
			return (word & PLAN_CODE_MASK) == PLAN_EXIT;
		}
		at++;
		if (build == CHECKED)
			verify_after(t, op);
		if (word & PLAN_FLAGS)
			after_op(t, word);
	}
}

static bool replay_plain(struct worker_thread *t, const uint64_t *at)
{
	return replay_stream(t, at, PLAIN);
}

static bool replay_timed(struct worker_thread *t, const uint64_t *at)
{
	return replay_stream(t, at, TIMED);
}

static bool replay_counted(struct worker_thread *t, const uint64_t *at)
{
	return replay_stream(t, at, COUNTED);
}

static bool replay_checked(struct worker_thread *t, const uint64_t *at)
{
	return replay_stream(t, at, CHECKED);
}

void worker_bear(struct worker_copy *copy)
{
	const char *plan = (const char *)worker.words;
	const struct plan_born *b = (const void *)(plan + worker.h->born_at);
	struct worker_thread *t = copy->threads;
	uint64_t i;

	for (i = 0; i < worker.h->nr_born; i++) {
		t->touched = plan_touched(0, b[i].pages);
		keep(t, &copy->slots[b[i].slot], worker.calls.malloc(b[i].size),
		     b[i].size, copy->sizes ? COUNTED : PLAIN);
		if (worker.order.pass == WORKER_VERIFY)
			verify_born(t, b[i].slot, b[i].size);
	}
	t->touched = 0;
}

bool worker_replay(struct worker_thread *t)
{
	uint32_t number = (uint32_t)(t - t->copy->threads);
	uint64_t page = worker.table[number].first_page;
	const uint64_t *at = worker.words + page * (PLAN_PAGE / 8);

	if (!page) /* a thread 0 without any op */
		return false;
	if (worker.order.pass == WORKER_LATENCY)
		return replay_timed(t, at);
	if (worker.order.pass == WORKER_MEMORY)
		return replay_counted(t, at);
	if (worker.order.pass == WORKER_VERIFY)
		return replay_checked(t, at);
	return replay_plain(t, at);
}
