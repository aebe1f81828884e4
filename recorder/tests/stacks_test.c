// SPDX-License-Identifier: MIT
/* Stacks in the drain: hashes to nodes of the tape, modules, rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/modules.h"
#include "recorder/stack_rate.h"
#include "recorder/stacks.h"
#include "traces/base/err.h"
#include "traces/tape_reader.h"
#include "traces/tape_stacks.h"
#include "traces/tape_writer.h"

struct fixture {
	struct tape_writer *writer; /* as the drain's: NULL after an error */
	struct tape_writer *opened;
	struct stacks *stacks;
	const struct unpack_stacks *hooks;
	struct err err;
	char *bytes;
	size_t len;
};

static int sink(void *ctx, const void *buf, size_t len)
{
	struct fixture *f = ctx;

	f->bytes = realloc(f->bytes, f->len + len);
	memcpy(f->bytes + f->len, buf, len);
	f->len += len;
	return 0;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const struct tape_sink to = { sink, f };
	const struct tape_meta meta = { NULL, 0 };

	assert_int_equal(
		tape_writer_open(&f->opened, &to, &meta, NULL, &f->err), 0);
	f->writer = f->opened;
	f->stacks = stacks_new(&f->writer, &f->err, "/bin/program");
	f->hooks = stacks_hooks(f->stacks);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tape_writer_free(f->opened);
	stacks_free(f->stacks);
	free(f->bytes);
	free(f);
	return 0;
}

static void define_module(struct fixture *f, uint64_t generation,
			  uint64_t start, uint64_t len, const char *path)
{
	uint64_t words[5 + 16] = { generation, start, start + len, start,
				   2 | (uint64_t)strlen(path) << 32 };

	memcpy(&words[5], "\xab\x01", 2);
	memcpy((char *)&words[5] + 2, path, strlen(path));
	f->hooks->define(f->hooks->ctx, RING_MODULE_DEF, 0, words, 21);
}

static uint32_t define_stack(struct fixture *f, uint64_t hash,
			     uint64_t generation, uint64_t inner,
			     uint64_t outer)
{
	const uint64_t words[] = { generation, inner, outer };

	f->hooks->define(f->hooks->ctx, RING_STACK_DEF, hash, words, 3);
	return f->hooks->find(f->hooks->ctx, hash);
}

/* Close the tape and read its tables. */
static void read_back(struct fixture *f, struct tape_frame_node **nodes,
		      size_t *nr_nodes, struct tape_module **modules,
		      size_t *nr_modules)
{
	const struct tape_end end = { .clean = true };
	struct tape_reader *r;

	assert_int_equal(tape_writer_close(f->opened, &end, &f->err), 0);
	f->opened = f->writer = NULL;
	assert_int_equal(
		tape_reader_open_memory(&r, f->bytes, f->len, 0, &f->err), 0);
	assert_int_equal(tape_reader_frames(r, nodes, nr_nodes, &f->err), 0);
	assert_int_equal(tape_reader_modules(r, modules, nr_modules, &f->err),
			 0);
	tape_reader_close(r);
}

static void shares_outer_frames(void **state)
{
	struct fixture *f = *state;
	struct tape_frame_node *nodes;
	struct tape_module *modules;
	size_t nr_nodes, nr_modules;
	uint32_t a, b;

	assert_int_equal(f->hooks->find(f->hooks->ctx, 77), 0);
	define_module(f, 0, 0x10000, 0x1000, "");
	define_module(f, 0, 0x20000, 0x1000, "/lib/x.so");
	define_module(f, 0, 0x20000, 0x1000, "/lib/x.so");
	a = define_stack(f, 77, 0, 0x20010, 0x10020);
	b = define_stack(f, 78, 0, 0x20030, 0x10020);
	assert_true(a && b && a != b);
	assert_int_equal(define_stack(f, 77, 0, 0x20010, 0x10020), a);
	/* Where nothing is mapped; just behind the last byte of a module. */
	assert_true(define_stack(f, 79, 0, 0x50000, 0x11000) != 0);
	read_back(f, &nodes, &nr_nodes, &modules, &nr_modules);
	assert_int_equal(nr_modules, 2);
	assert_string_equal(modules[1].path, "/bin/program");
	assert_string_equal(modules[2].path, "/lib/x.so");
	assert_string_equal(modules[2].build_id, "ab01");
	assert_int_equal(nr_nodes, 5);
	assert_int_equal(nodes[a].address, 0x10);
	assert_int_equal(nodes[a].module, 2);
	assert_int_equal(nodes[a].parent, nodes[b].parent);
	assert_int_equal(nodes[nodes[a].parent].address, 0x20);
	assert_int_equal(nodes[nodes[a].parent].parent, 0);
	assert_int_equal(nodes[5].module, 0);
	assert_int_equal(nodes[5].address, 0x50000);
	assert_int_equal(nodes[4].module, 1);
	assert_int_equal(nodes[4].address, 0x1000);
	free(nodes);
	free(modules);
}

/* The ring of one thread may be read later than that of another. */
static void tells_files_at_one_place_apart(void **state)
{
	struct fixture *f = *state;
	struct tape_frame_node *nodes;
	struct tape_module *modules;
	size_t nr_nodes, nr_modules;
	uint32_t a, b, c, d;

	define_module(f, 0, 0x20000, 0x1000, "/lib/a.so");
	define_module(f, 1, 0x20000, 0x2000, "/lib/b.so");
	d = define_stack(f, 2, 1, 0x20010, 0x20020);
	a = define_stack(f, 1, 0, 0x20010, 0x20020);
	define_module(f, 2, 0x20000, 0x1000, "/lib/a.so");
	c = define_stack(f, 3, 2, 0x20010, 0x20020);
	b = define_stack(f, 4, 1, 0x20030, 0x20020);
	read_back(f, &nodes, &nr_nodes, &modules, &nr_modules);
	assert_int_equal(nr_modules, 2);
	assert_string_equal(modules[nodes[a].module].path, "/lib/a.so");
	assert_string_equal(modules[nodes[b].module].path, "/lib/b.so");
	assert_string_equal(modules[nodes[c].module].path, "/lib/a.so");
	assert_string_equal(modules[nodes[d].module].path, "/lib/b.so");
	free(nodes);
	free(modules);
}

/* The shared memory may hold anything. */
static void refuses_nonsense(void **state)
{
	struct fixture *f = *state;
	uint64_t words[64];
	unsigned i;
	size_t nr;

	for (nr = 0; nr <= 64; nr++) {
		for (i = 0; i < 64; i++)
			words[i] = (i * 0x9e3779b97f4a7c15ull) ^ nr;
		f->hooks->define(f->hooks->ctx, RING_MODULE_DEF, 0, words, nr);
		words[1] = 1;
		words[2] = 2;
		words[4] = nr;
		f->hooks->define(f->hooks->ctx, RING_MODULE_DEF, 0, words, nr);
		words[4] = nr << 32;
		f->hooks->define(f->hooks->ctx, RING_MODULE_DEF, 0, words, nr);
		f->hooks->define(f->hooks->ctx, RING_STACK_DEF, nr, words, nr);
	}
	assert_int_equal(f->hooks->find(f->hooks->ctx, 0), 0);
	assert_int_equal(f->hooks->find(f->hooks->ctx, 1), 0);
	assert_true(f->hooks->find(f->hooks->ctx, 2) != 0);
	assert_non_null(f->writer);
}

static void keeps_to_its_memory(void **state)
{
	struct fixture *f = *state;
	uint64_t i, nr = 0;
	uint32_t first = define_stack(f, 1, 0, 1000, 2000);

	for (i = 2; !stacks_refused(f->stacks); i++) {
		nr += define_stack(f, i * 0x9e3779b97f4a7c15ull, 0, 5 * i,
				   7 * i) != 0;
		assert_true(i < 4000000);
	}
	/* Two nodes of 24 bytes and a place of 32 each, at least. */
	assert_in_range(nr, 50000, STACKS_BYTES_MAX / 80);
	assert_int_equal(define_stack(f, 1, 0, 1000, 2000), first);
	assert_int_equal(define_stack(f, 3, 0, 12345, 2000), 0);
	stacks_free(f->stacks);
	f->stacks = stacks_new(&f->writer, &f->err, "");
	f->hooks = stacks_hooks(f->stacks);
	f->writer = NULL;
	assert_int_equal(define_stack(f, 1, 0, 1000, 2000), 0);
}

static void reads_rates(void **state)
{
	static const struct {
		const char *text;
		const char *described;
	} good[] = {
		{ "all", "all" },
		{ "1/1", "all" },
		{ "1/100", "1/100" },
		{ "512K", "bytes/524288" },
	};
	static const char *const bad[] = { "",    "some", "1/", "1/0", "2/3",
					   "1/x", "1/-1", "0",  "-1" };
	struct stack_rate rate;
	struct err err = { 0 };
	char text[32];
	size_t i;

	(void)state;
	assert_int_equal(stack_rate_parse(&rate, NULL, NULL, 0, &err), 0);
	assert_false(rate.on);
	assert_int_equal(rate.depth, 64);
	assert_int_equal(stack_rate_parse(&rate, "off", "fp", 9, &err), 0);
	assert_false(rate.on);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
			stack_rate_parse(&rate, good[i].text, "dwarf", 7, &err),
			0);
		stack_rate_describe(&rate, text, sizeof(text));
		assert_string_equal(text, good[i].described);
		assert_true(rate.on);
		assert_int_equal(rate.depth, 7);
		assert_int_equal(rate.unwind, RING_UNWIND_DWARF);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(stack_rate_parse(&rate, bad[i], NULL, 0, NULL),
				 -ERR_ARG);
	assert_int_equal(stack_rate_parse(&rate, "all", "gdb", 0, NULL),
			 -ERR_ARG);
	assert_int_equal(
		stack_rate_parse(&rate, "all", NULL, RING_DEPTH_MAX + 1, NULL),
		-ERR_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares_outer_frames, setup,
						teardown),
		cmocka_unit_test_setup_teardown(tells_files_at_one_place_apart,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_nonsense, setup,
						teardown),
		cmocka_unit_test_setup_teardown(keeps_to_its_memory, setup,
						teardown),
		cmocka_unit_test(reads_rates),
	};

	return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
