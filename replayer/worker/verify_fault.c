// SPDX-License-Identifier: MIT
/*
 * One line about what an allocator did wrong: the call, its block, what is
 * wrong with it; then slot, thread, number of the call, time on the tape.
 */
#include <unistd.h>

#include "replayer/worker/verify.h"
#include "replayer/worker/words.h"
#include "replayer/worker/worker.h"

static const char *call_name(uint32_t code)
{
	static const char *const names[PLAN_CODE_MASK + 1] = {
		[PLAN_STOP] = "free-all",
		[PLAN_MALLOC] = "malloc",
		[PLAN_MALLOC_BIG] = "malloc",
		[PLAN_CALLOC] = "calloc",
		[PLAN_CALLOC_BIG] = "calloc",
		[PLAN_REALLOC_NEW] = "realloc",
		[PLAN_REALLOC_NEW_BIG] = "realloc",
		[PLAN_FREE] = "free",
		[PLAN_REALLOC] = "realloc",
		[PLAN_REALLOCARRAY] = "reallocarray",
		[PLAN_REALLOC_FREE] = "realloc to 0",
		[PLAN_REALLOCARRAY_NEW] = "reallocarray",
		[PLAN_ALIGNED_ALLOC] = "aligned_alloc",
		[PLAN_POSIX_MEMALIGN] = "posix_memalign",
		[PLAN_MEMALIGN] = "memalign",
		[PLAN_VALLOC] = "valloc",
		[PLAN_PVALLOC] = "pvalloc",
		[PLAN_FREE_SIZED] = "free_sized",
		[PLAN_FREE_ALIGNED_SIZED] = "free_aligned_sized",
	};
	const char *name = names[code & PLAN_CODE_MASK];

	return name ? name : "call";
}

/* Only the first thread that finds something tells it. */
static void claim(void)
{
	static _Atomic bool claimed;

	while (atomic_exchange(&claimed, true))
		pause();
}

static void tell_block(struct words *w, const struct verify_block *b)
{
	words_number(w, b->size);
	words_text(w, " bytes at ");
	words_address(w, b->p);
}

/* "malloc of 48 bytes at 0x7f001234" */
static void begin(struct words *w, const struct verify_scene *s)
{
	struct worker_report *r = worker.report;

	claim();
	words_begin(w, r->message, sizeof(r->message));
	words_text(w, call_name(s->place->code));
	words_text(w, " of ");
	tell_block(w, s->block);
}

/* "; slot 7, thread 2, call 1034, tape time 0.001234 s" */
static _Noreturn void end(struct words *w, const struct verify_scene *s)
{
	words_text(w, "; slot ");
	words_number(w, s->slot);
	words_text(w, ", thread ");
	words_number(w, s->thread);
	words_text(w, ", call ");
	words_number(w, s->place->call);
	words_text(w, ", tape time ");
	words_seconds(w, s->place->time_ns);
	worker.report->misbehaved = 1;
	_exit(1);
}

void verify_overlap(const struct verify_scene *scene,
		    const struct verify_block *other, uint32_t other_slot)
{
	struct words w;

	begin(&w, scene);
	words_text(&w, ": overlaps a live block");
	if (other) {
		words_text(&w, " of ");
		tell_block(&w, other);
		words_text(&w, " (slot ");
		words_number(&w, other_slot);
		words_text(&w, ")");
	}
	end(&w, scene);
}

void verify_fault(const struct verify_scene *scene, const char *before,
		  uint64_t number, const char *after)
{
	struct words w;

	begin(&w, scene);
	words_text(&w, ": ");
	words_text(&w, before);
	words_number(&w, number);
	words_text(&w, after);
	end(&w, scene);
}

void verify_changed(const struct verify_scene *scene, uint64_t byte,
		    const char *how)
{
	const struct verify_block *b = scene->block;
	struct words w;

	begin(&w, scene);
	words_text(&w, ": byte ");
	words_number(&w, byte);
	words_text(&w, how);
	words_text(&w, call_name(b->code));
	words_text(&w, ", call ");
	words_number(&w, b->call);
	words_text(&w, " of thread ");
	words_number(&w, b->thread);
	end(&w, scene);
}
