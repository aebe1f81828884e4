// SPDX-License-Identifier: MIT
/*
 * Prints the stacks of a tape, one line per allocation, innermost caller
 * first: the size asked for, then MODULE+OFFSET of each call, where the offset
 * is that of the byte before the return address, or the bare address where no
 * module is known.
 * usage: make_chains TAPE [SIZE]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/tape_reader.h"
#include "traces/tape_stacks.h"

struct tables {
	struct tape_frame_node *nodes;
	struct tape_module *modules;
	size_t nr_nodes;
	size_t nr_modules;
};

static void print_chain(const struct tables *t, const struct tape_event *ev)
{
	uint32_t id = ev->notes && ev->notes->has & TAPE_NOTE_STACK
			      ? ev->notes->stack
			      : 0;

	printf("%" PRIu64, ev->size);
	for (; id; id = t->nodes[id].parent) {
		const struct tape_frame_node *n = &t->nodes[id];

		printf(" %s+0x%" PRIx64, t->modules[n->module].path,
		       n->address - 1);
	}
	putchar('\n');
}

static int print_thread(struct tape_reader *r, const struct tables *t,
			uint32_t thread, uint64_t size, struct err *err)
{
	struct tape_cursor *c;
	struct tape_event ev;
	int ret = tape_cursor_open(&c, r, thread, err);

	if (ret)
		return ret;
	while ((ret = tape_cursor_next(c, &ev, err)) > 0)
		if (tape_kind_is_alloc(ev.kind) && (!size || ev.size == size))
			print_chain(t, &ev);
	tape_cursor_close(c);
	return ret;
}

static int print_tape(const char *path, uint64_t size, struct err *err)
{
	struct tables t = { 0 };
	struct tape_reader *r;
	uint32_t i;
	int ret = tape_reader_open(&r, path, 0, err);

	if (ret)
		return ret;
	ret = tape_reader_frames(r, &t.nodes, &t.nr_nodes, err);
	if (!ret)
		ret = tape_reader_modules(r, &t.modules, &t.nr_modules, err);
	for (i = 0; !ret && i < tape_reader_info(r)->threads; i++)
		ret = print_thread(r, &t, i, size, err);
	free(t.nodes);
	free(t.modules);
	tape_reader_close(r);
	return ret;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };

	if (argc < 2 ||
	    print_tape(argv[1], argc > 2 ? strtoull(argv[2], NULL, 0) : 0,
		       &err)) {
		fprintf(stderr, "make_chains: %s\n", err.text);
		return 1;
	}
	return 0;
}
