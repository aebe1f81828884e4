// SPDX-License-Identifier: MIT
/*
 * Two tables: from a stack's hash to its innermost node, and from (parent,
 * module, address) to a node. Both are open, at most half full, and grow by
 * doubling until the budget is used up.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/modules.h"
#include "recorder/stacks.h"
#include "traces/base/err.h"
#include "traces/tape_stacks.h"

#define STACKS_MIN 1024u /* entries of a table, at first */

struct known {
	uint64_t hash;
	uint32_t node; /* 0: the entry is free */
};

struct stacks {
	struct unpack_stacks hooks;
	struct tape_writer **writer;
	struct err *err;
	struct modules modules;
	char *exe;
	struct tape_frame_node *nodes; /* [1] is the first; room for half */
	uint32_t *by_frame;            /* numbers of nodes; 0: free */
	uint32_t nr_nodes;
	uint32_t frame_slots; /* of by_frame: a power of two */
	struct known *by_hash;
	uint32_t nr_known;
	uint32_t hash_slots;
	uint64_t refused;
};

/* Of all processes' trees. */
static size_t bytes_in_use;

static bool may_use(size_t bytes)
{
	return bytes <= STACKS_BYTES_MAX - bytes_in_use;
}

static uint64_t mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 32;
}

static uint32_t frame_place(const struct stacks *s,
			    const struct tape_frame_node *f)
{
	uint64_t h =
		mix(f->address ^ mix((uint64_t)f->parent << 32 | f->module));
	uint32_t i = (uint32_t)h & (s->frame_slots - 1);
	const struct tape_frame_node *n;

	for (; s->by_frame[i]; i = (i + 1) & (s->frame_slots - 1)) {
		n = &s->nodes[s->by_frame[i]];
		if (n->address == f->address && n->parent == f->parent &&
		    n->module == f->module)
			break;
	}
	return i;
}

static uint32_t hash_place(const struct stacks *s, uint64_t hash)
{
	uint32_t i = (uint32_t)mix(hash) & (s->hash_slots - 1);

	while (s->by_hash[i].node && s->by_hash[i].hash != hash)
		i = (i + 1) & (s->hash_slots - 1);
	return i;
}

/* Room for one node more; false: there is none. */
static bool grow_frames(struct stacks *s)
{
	uint32_t slots = s->frame_slots ? s->frame_slots * 2 : STACKS_MIN, i;
	size_t had =
		s->frame_slots * (sizeof(*s->by_frame) + sizeof(*s->nodes) / 2);
	struct tape_frame_node *nodes;
	uint32_t *by_frame;

	if (s->nr_nodes + 1 < s->frame_slots / 2)
		return true;
	if (!may_use(s->frame_slots ? had : 2 * STACKS_MIN * sizeof(*s->nodes)))
		return false;
	by_frame = calloc(slots, sizeof(*by_frame));
	nodes = by_frame ? realloc(s->nodes, slots / 2 * sizeof(*nodes)) : NULL;
	if (!nodes) {
		free(by_frame);
		return false;
	}
	free(s->by_frame);
	s->nodes = nodes;
	s->by_frame = by_frame;
	s->frame_slots = slots;
	bytes_in_use += slots * (sizeof(*by_frame) + sizeof(*nodes) / 2) - had;
	for (i = 1; i <= s->nr_nodes; i++)
		by_frame[frame_place(s, &nodes[i])] = i;
	return true;
}

static bool grow_known(struct stacks *s)
{
	uint32_t slots = s->hash_slots ? s->hash_slots * 2 : STACKS_MIN, i;
	struct known *old = s->by_hash, *grown;

	if (s->nr_known < s->hash_slots / 2)
		return true;
	if (!may_use((slots - s->hash_slots) * sizeof(*grown)))
		return false;
	grown = calloc(slots, sizeof(*grown));
	if (!grown)
		return false;
	bytes_in_use += (slots - s->hash_slots) * sizeof(*grown);
	s->by_hash = grown;
	i = s->hash_slots;
	s->hash_slots = slots;
	while (i--)
		if (old[i].node)
			grown[hash_place(s, old[i].hash)] = old[i];
	free(old);
	return true;
}

static bool failed(struct stacks *s, int ret)
{
	if (ret)
		*s->writer = NULL;
	return ret;
}

/* The node of a frame, which is written when it is new; 0: no room. */
static uint32_t intern(struct stacks *s, const struct tape_frame_node *frame)
{
	uint32_t i;

	if (!grow_frames(s))
		return 0;
	i = frame_place(s, frame);
	if (s->by_frame[i])
		return s->by_frame[i];
	if (s->nr_nodes == TAPE_FRAMES_MAX ||
	    failed(s, tape_writer_frame(*s->writer, frame->parent,
					frame->module, frame->address, s->err)))
		return 0;
	s->nodes[++s->nr_nodes] = *frame;
	s->by_frame[i] = s->nr_nodes;
	return s->nr_nodes;
}

/* Words: generation, return addresses, innermost first. */
static void define_stack(struct stacks *s, uint64_t hash, const uint64_t *words,
			 size_t nr)
{
	struct tape_frame_node frame = { .parent = 0 };
	uint64_t bias;
	uint32_t i;

	if (nr < 2 || !grow_known(s)) {
		s->refused += nr >= 2;
		return;
	}
	i = hash_place(s, hash);
	if (s->by_hash[i].node)
		return;
	while (--nr) {
		bias = 0;
		/* What lies just behind a call may be another file's. */
		frame.module = modules_find(&s->modules, words[0],
					    words[nr] - 1, &bias);
		frame.address = words[nr] - bias;
		frame.parent = intern(s, &frame);
		if (!frame.parent) {
			s->refused++;
			return;
		}
	}
	s->by_hash[i] = (struct known){ hash, frame.parent };
	s->nr_known++;
}

static void define_module(struct stacks *s, const uint64_t *words, size_t nr)
{
	struct tape_module module;

	if (modules_add(&s->modules, words, nr, s->exe, &module) && module.path)
		failed(s, tape_writer_module(*s->writer, &module, s->err));
}

static void define(void *ctx, unsigned kind, uint64_t value,
		   const uint64_t *words, size_t nr)
{
	struct stacks *s = ctx;

	if (!*s->writer)
		return;
	if (kind == RING_MODULE_DEF)
		define_module(s, words, nr);
	else
		define_stack(s, value, words, nr);
}

static uint32_t find(void *ctx, uint64_t hash)
{
	const struct stacks *s = ctx;

	return s->hash_slots ? s->by_hash[hash_place(s, hash)].node : 0;
}

struct stacks *stacks_new(struct tape_writer **writer, struct err *err,
			  const char *exe)
{
	struct stacks *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->hooks = (struct unpack_stacks){ define, find, s };
	s->writer = writer;
	s->err = err;
	s->exe = strdup(exe);
	if (!s->exe) {
		free(s);
		return NULL;
	}
	return s;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	bytes_in_use -=
		s->hash_slots * sizeof(*s->by_hash) +
		s->frame_slots * (sizeof(*s->by_frame) + sizeof(*s->nodes) / 2);
	modules_release(&s->modules);
	free(s->nodes);
	free(s->by_frame);
	free(s->by_hash);
	free(s->exe);
	free(s);
}

const struct unpack_stacks *stacks_hooks(const struct stacks *s)
{
	return &s->hooks;
}

uint64_t stacks_refused(const struct stacks *s)
{
	return s->refused;
}
