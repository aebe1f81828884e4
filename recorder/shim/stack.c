// SPDX-License-Identifier: MIT
/*
 * Which calls' stacks are taken, and which of them the drain knows already.
 * What a thread keeps for that is not touched by signal handlers that come in
 * the middle.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "recorder/shim/record.h"
#include "recorder/shim/stack.h"
#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_walk.h"

#define KNOWN     (1u << 15)
#define KNOWN_MIN (1u << 8)
#define TOLD      64

#define REFUSED_MAX 32

struct stack_thread {
	struct stack_span span;
	uint64_t random;
	uint32_t busy;
	uint32_t refused;    /* while busy */
	uint32_t known_mask; /* grows; entries are not moved then */
	uint32_t nr_known;   /* since it grew */
	uint64_t told[TOLD]; /* modules: start, generation */
	struct stack_log log;
	struct stack_memo memo;
	struct stack_module module;
	uint64_t ips[RING_DEPTH_MAX];
	uint64_t known[KNOWN]; /* hashes */
};

struct stack_dues stack_dues;
static struct stack_config config;
static double scale; /* of the distances between stacks; 0: all */

/* Of this library, by the linker. */
extern const char own_start[] __asm__("__ehdr_start")
	__attribute__((visibility("hidden")));
extern const char own_end[] __asm__("_end")
	__attribute__((visibility("hidden")));

/* -ln(x) for 0 < x <= 1, to some millionths; there may be no libm. */
static double minus_ln(double x)
{
	uint64_t bits;
	double m, s, s2;
	int exponent;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int)(bits >> 52) - 1023;
	bits = (bits & ((1ull << 52) - 1)) | 1023ull << 52;
	memcpy(&m, &bits, sizeof(m));
	/* ln(m) = 2 artanh(s), 1 <= m < 2 */
	s = (m - 1) / (m + 1);
	s2 = s * s;
	m = 2 * s *
	    (1 + s2 * (1.0 / 3 + s2 * (1.0 / 5 + s2 * (1.0 / 7 + s2 / 9))));
	return -(exponent * 0.6931471805599453 + m);
}

void stack_start(const struct ring_control *control)
{
	double period = (double)control->stack_period;

	config.unwind = control->unwind;
	config.depth = control->stack_depth < RING_DEPTH_MAX
			       ? control->stack_depth
			       : RING_DEPTH_MAX;
	config.own_start = (uintptr_t)own_start;
	config.own_end = (uintptr_t)own_end;
	stack_dues.per_call = control->stacks != RING_STACKS_BYTES;
	/* Sizes that no block has do not turn the count round. */
	stack_dues.per_byte =
		control->stacks == RING_STACKS_BYTES ? (1ull << 48) - 1 : 0;
	if (control->stacks == RING_STACKS_BYTES)
		scale = period;
	else if (control->stacks == RING_STACKS_CALLS && period > 1)
		scale = 1 / minus_ln(1 - 1 / period);
}

/* How far it is to the next one: exponential, so that all have one chance. */
static int64_t distance(struct stack_thread *s)
{
	uint64_t x = s->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	s->random = x;
	return (int64_t)(scale * minus_ln((double)((x >> 11) + 1) * 0x1p-53)) +
	       (scale > 0);
}

void stack_begin(struct rec_thread *t)
{
	struct stack_thread *s = t->stacks;

	if (!s)
		return;
	s->span = (struct stack_span){ .own = { 0, 0 } };
	stack_memo_forget(&s->memo, stack_generation());
	s->busy = 0;
}

static __attribute__((noinline, cold)) void release(struct stack_thread *s)
{
	int saved_errno = errno;

	munmap(s, sizeof(*s));
	errno = saved_errno;
}

static __attribute__((noinline, cold)) uint64_t
open_thread(struct rec_thread *t, size_t size)
{
	int saved_errno = errno;
	struct stack_thread *s;

	/* Its first event, or its first in a forked child. */
	if (!t || (!t->ring && t != &rec_ended && t != &rec_refused))
		t = shim_attach();
	if (!t || !t->ring)
		return 0;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	errno = saved_errno;
	if (s == MAP_FAILED) {
		t->stack_left = INT64_MAX;
		return 0;
	}
	madvise(s, sizeof(*s), MADV_DONTDUMP);
	errno = saved_errno;
	s->random =
		(clock_counter() ^ (uintptr_t)s) * 0x9e3779b97f4a7c15ull | 1;
	s->known_mask = KNOWN_MIN - 1;
	s->memo.nr = 1;
	t->stack_left = distance(s);
	t->stacks = s;
	return stack_sample(t, size);
}

static inline uint64_t *place_of(struct stack_thread *s, uint64_t hash)
{
	return &s->known[(uint32_t)hash & s->known_mask & ~3u];
}

static inline bool is_known(struct stack_thread *s, uint64_t hash)
{
	const uint64_t *p = place_of(s, hash);

	return p[0] == hash || p[1] == hash || p[2] == hash || p[3] == hash;
}

static void remember(struct stack_thread *s, uint64_t hash)
{
	if (++s->nr_known > s->known_mask / 2 && s->known_mask < KNOWN - 1) {
		s->known_mask = s->known_mask * 2 + 1;
		s->nr_known = 0;
	}
	place_of(s, hash)[s->nr_known % 4] = hash;
}

/* Tell of the files that the addresses lie in, each once. */
static void tell_modules(struct rec_thread *t, struct stack_thread *s,
			 uint64_t generation, unsigned nr)
{
	struct stack_object object = { .end = 0 };
	uint64_t id, ip, *told;
	unsigned i;

	for (i = 0; i < nr; i++) {
		ip = s->ips[i] - 1;
		if ((ip >= object.start && ip < object.end) ||
		    !stack_object_find(ip, &object))
			continue;
		id = object.start ^ generation << 48;
		told = &s->told[object.start * 0x9e3779b97f4a7c15ull >> 58];
		if (*told != id &&
		    stack_tell_module(t, generation, &object, &s->module))
			*told = id;
	}
}

/* The drain does not know it yet. */
static __attribute__((noinline, cold)) uint64_t
define(struct rec_thread *t, struct stack_thread *s, uint64_t hash,
       uint64_t generation, unsigned nr)
{
	int saved_errno = errno;
	bool told;

	tell_modules(t, s, generation, nr);
	told = stack_tell(t, hash, generation, s->ips, nr);
	if (told)
		remember(s, hash);
	errno = saved_errno;
	return told ? hash : 0;
}

static uint64_t walk(struct rec_thread *t, struct stack_thread *s,
		     const struct stack_regs *here, struct stack_range *range)
{
	const uint64_t generation = s->memo.generation;
	uint64_t hash = stack_hash_start(generation);
	unsigned nr = stack_walk(&config, &s->span, range, here, &s->log,
				 s->ips, &hash);

	if (!nr)
		return 0;
	if (range->high != s->span.own.high)
		s->span.other = *range;
	hash = stack_hash_end(hash);
	if (!is_known(s, hash))
		hash = define(t, s, hash, generation, nr);
	if (hash && !s->log.impure)
		stack_memo_keep(&s->memo, here->sp, hash, &s->log);
	return hash;
}

/* As it was before, or by a walk. */
static uint64_t recall(struct rec_thread *t, struct stack_thread *s,
		       const struct stack_regs *here)
{
	const uint64_t generation = stack_generation();
	struct stack_range range;
	uint64_t hash;

	if (unlikely(!stack_enter(&s->span, here->sp, &range)))
		return 0;
	if (unlikely(s->memo.generation != generation))
		stack_memo_forget(&s->memo, generation);
	hash = stack_memo_find(&s->memo, here, &range);
	return likely(hash) ? hash : walk(t, s, here, &range);
}

/*
 * A signal handler inside of stack_take() has no stack; nor has who comes after
 * one that left by longjmp. After some calls it can only be the latter, or
 * does not matter: new memory is used, and the old one freed by who returns.
 */
static void refuse(struct rec_thread *t, struct stack_thread *s)
{
	if (++s->refused == REFUSED_MAX)
		t->stacks = NULL;
}

uint64_t stack_take(struct rec_thread *t, size_t size)
{
	struct stack_thread *s = t ? t->stacks : NULL;
	struct stack_regs here;
	uint64_t hash;

	if (unlikely(!s))
		return open_thread(t, size);
	t->stack_left = scale > 0 ? distance(s) : 0;
	if (unlikely(s->busy)) {
		refuse(t, s);
		return 0;
	}
	s->busy = 1;
	atomic_signal_fence(memory_order_seq_cst);
	stack_here(&here);
	hash = recall(t, s, &here);
	atomic_signal_fence(memory_order_seq_cst);
	s->busy = 0;
	if (unlikely(t->stacks != s))
		release(s);
	return hash;
}
