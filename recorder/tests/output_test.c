// SPDX-License-Identifier: MIT
/* The file of a tape: limits, full disks, removed and moved files. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/output.h"
#include "traces/base/err.h"
#include "traces/tape_reader.h"
#include "traces/tape_writer.h"

static char dir[64];

static char *in(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/heaptape-output.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return 0;
}

static int remove_dir(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

static void existing_files_need_force(void **state)
{
	struct err err = { 0 };
	struct output o;
	FILE *f = fopen(in("x.tape"), "w");

	(void)state;
	fputs("old words", f);
	fclose(f);
	assert_int_equal(output_open(&o, in("x.tape"), false, 0, &err),
			 -ERR_EXISTS);
	err_clear(&err);
	assert_int_equal(output_open(&o, in("x.tape"), true, 0, &err), 0);
	output_discard(&o);
	assert_int_equal(size_of(in("x.tape")), 9);
	assert_int_equal(output_open(&o, in("x.tape"), true, 0, &err), 0);
	assert_int_equal(output_rewind(&o, &err), 0);
	assert_int_equal(output_write(&o, "new", 3), 0);
	assert_int_equal(output_close(&o, &err), 0);
	assert_false(o.saved);
	assert_int_equal(size_of(in("x.tape")), 3);
	assert_int_equal(output_open(&o, in("none/x.tape"), false, 0, &err),
			 -ERR_IO);
	assert_int_equal(output_open(&o, in("y.tape"), false, 0, &err), 0);
	output_discard(&o);
	assert_int_equal(access(in("y.tape"), F_OK), -1);
}

/* The reserve is invisible, and given back. */
static void the_reserve_is_given_back(void **state)
{
	struct err err = { 0 };
	struct output o;
	struct stat st;

	(void)state;
	assert_int_equal(output_open(&o, in("r.tape"), false, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	assert_int_equal(size_of(in("r.tape")), 5);
	if (!o.no_reserve)
		assert_true(o.reserved_bytes > 5 + 64 * 1024);
	assert_int_equal(output_close(&o, &err), 0);
	assert_int_equal(stat(in("r.tape"), &st), 0);
	assert_true(st.st_blocks * 512 <= 8192);
}

/*
 * Write noise until the output says stop, then end as the recorder does.
 * Returns the number of events that the tape holds.
 */
static uint64_t fill(struct output *o, uint64_t most)
{
	struct tape_event ev[64];
	const struct tape_sink sink = { output_write, o };
	struct tape_end end = { 0 };
	struct tape_reader *r;
	struct tape_writer *w;
	struct err err = { 0 };
	uint64_t i, events;

	memset(ev, 0, sizeof(ev));
	assert_int_equal(tape_writer_open(&w, &sink, NULL, NULL, &err), 0);
	for (i = 0; i < most; i++) {
		struct tape_event *e = &ev[i % 64];

		e->kind = TAPE_MALLOC;
		e->addr = ((uint64_t)random() << 20 ^ random()) & ~15ull;
		e->size = (uint64_t)random() % 100000;
		e->time_ns = i * 1000 + (uint64_t)random() % 1000;
		if (i % 64 < 63)
			continue;
		if (tape_writer_add(w, (uint32_t)(i / 64 % 3), ev, 64, NULL) ||
		    (output_wants_flush(o, tape_writer_waiting(w)) &&
		     tape_writer_flush(w, NULL)) ||
		    output_must_stop(o))
			break;
	}
	assert_true(i < most);
	if (tape_writer_flush(w, NULL))
		end.dropped = tape_writer_forget(w);
	output_end(o);
	snprintf(end.reason, sizeof(end.reason), "%s",
		 output_stop_name(o->stop ? o->stop : o->limit_kind));
	assert_int_equal(tape_writer_close(w, &end, &err), 0);
	assert_int_equal(output_close(o, &err), 0);
	assert_int_equal(tape_reader_open(&r, o->path, 0, &err), 0);
	events = tape_reader_info(r)->events;
	assert_true(tape_reader_end(r)->clean);
	assert_true(tape_reader_info(r)->indexed);
	assert_int_equal(tape_reader_info(r)->lost_bytes, 0);
	/* All but what waited in buffers, and for a soft stop all. */
	assert_true(end.dropped <= 3 * 65536);
	assert_true(events + end.dropped + 64 >= i);
	tape_reader_close(r);
	return events;
}

static void a_tape_keeps_to_its_size(void **state)
{
	struct err err = { 0 };
	struct output o;
	uint64_t size;

	(void)state;
	for (size = 65536; size < 3000000; size += 1001 + size / 16) {
		assert_int_equal(
			output_open(&o, in("m.tape"), true, size, &err), 0);
		assert_int_equal(output_rewind(&o, &err), 0);
		assert_true(fill(&o, 100000000) > 1000);
		assert_true(size_of(in("m.tape")) <= size);
		assert_true(size_of(in("m.tape")) > size / 4);
	}
}

static void the_limit_on_files_is_a_full_disk(void **state)
{
	struct rlimit old, small;
	struct err err = { 0 };
	struct output o;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 500000;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(output_open(&o, in("f.tape"), true, 1u << 30, &err),
			 0);
	assert_true(fill(&o, 100000000) > 1000);
	assert_int_equal(o.limit_kind, OUTPUT_DISK_FULL);
	assert_true(size_of(in("f.tape")) <= 500000);
	setrlimit(RLIMIT_FSIZE, &old);
}

/* A disk of our own, in a mount namespace of our own. */
static bool mount_small(const char *options)
{
	return !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", dir, "tmpfs", 0, options);
}

static void a_full_disk_gets_its_end(void **state)
{
	static const char *const sizes[] = { "size=1m", "size=4m", "size=40m" };
	struct err err = { 0 };
	struct output o;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (!mount_small(sizes[i]))
			skip();
		assert_int_equal(output_open(&o, in("d.tape"), false, 0, &err),
				 0);
		assert_true(fill(&o, 100000000) > 1000);
		assert_int_equal(o.stop, OUTPUT_DISK_FULL);
		umount(dir);
	}
}

/* Others take what is left: the reserve must be enough. */
static void others_may_fill_the_disk(void **state)
{
	static char noise[1 << 16];
	struct err err = { 0 };
	struct output o;
	int fd;

	(void)state;
	if (!mount_small("size=8m"))
		skip();
	assert_int_equal(output_open(&o, in("o.tape"), false, 0, &err), 0);
	assert_int_equal(output_write(&o, "", 0), 0);
	fd = open(in("hog"), O_WRONLY | O_CREAT, 0600);
	while (write(fd, noise, sizeof(noise)) > 0)
		;
	close(fd);
	assert_true(fill(&o, 100000000) > 10000);
	umount(dir);
}

static void a_full_sink_is_told(void **state)
{
	struct err err = { 0 };
	struct output o;

	(void)state;
	assert_int_equal(output_open(&o, "/dev/full", true, 0, &err), 0);
	assert_int_equal(output_rewind(&o, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), ENOSPC);
	assert_int_equal(output_must_stop(&o), OUTPUT_DISK_FULL);
	assert_int_equal(output_close(&o, &err), 0);
}

static void expect_words(const char *path)
{
	char text[16] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "words");
	fclose(f);
}

static void removed_files_are_saved(void **state)
{
	struct err err = { 0 };
	char sub[256], expected[256];
	struct output o;

	(void)state;
	snprintf(sub, sizeof(sub), "%s", in("sub"));
	assert_int_equal(mkdir(sub, 0700), 0);
	/* The folder is still there: under the same name. */
	assert_int_equal(output_open(&o, in("sub/s.tape"), false, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	unlink(o.path);
	assert_int_equal(output_close(&o, &err), 0);
	assert_true(o.saved);
	expect_words(in("sub/s.tape"));
	/* The folder is gone: in $TMPDIR. */
	unlink(in("sub/s.tape"));
	assert_int_equal(output_open(&o, in("sub/s.tape"), false, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	unlink(o.path);
	rmdir(sub);
	setenv("TMPDIR", dir, 1);
	assert_int_equal(output_close(&o, &err), 0);
	snprintf(expected, sizeof(expected), "%s/s-%d.tape", dir,
		 (int)getpid());
	assert_string_equal(o.path, expected);
	expect_words(o.path);
	/* Nowhere: it is told. */
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(output_open(&o, in("sub/s.tape"), false, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	unlink(o.path);
	rmdir(sub);
	assert_int_equal(output_close(&o, &err), -ERR_IO);
	unsetenv("TMPDIR");
}

/* What somebody else put there meanwhile is not ours to remove. */
static void files_of_others_stay(void **state)
{
	struct err err = { 0 };
	struct output o;

	(void)state;
	assert_int_equal(output_open(&o, in("x.tape"), false, 0, &err), 0);
	unlink(in("x.tape"));
	fclose(fopen(in("x.tape"), "w"));
	output_discard(&o);
	assert_int_equal(access(in("x.tape"), F_OK), 0);
	assert_int_equal(symlink("y.tape", in("link")), 0);
	assert_int_equal(output_open(&o, in("link"), false, 0, &err),
			 -ERR_EXISTS);
	err_clear(&err);
	assert_int_equal(output_open(&o, in("link"), true, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	assert_int_equal(output_close(&o, &err), 0);
	assert_false(o.saved);
	expect_words(in("y.tape"));
}

static void moved_files_are_found(void **state)
{
	struct err err = { 0 };
	struct output o;
	char from[256];

	(void)state;
	snprintf(from, sizeof(from), "%s", in("a.tape"));
	assert_int_equal(output_open(&o, from, false, 0, &err), 0);
	assert_int_equal(output_write(&o, "words", 5), 0);
	assert_int_equal(rename(from, in("b.tape")), 0);
	assert_int_equal(output_close(&o, &err), 0);
	assert_true(o.saved);
	assert_string_equal(o.path, in("b.tape"));
	expect_words(o.path);
}

#define OUTPUT_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTPUT_TEST(existing_files_need_force),
		OUTPUT_TEST(the_reserve_is_given_back),
		OUTPUT_TEST(a_tape_keeps_to_its_size),
		OUTPUT_TEST(the_limit_on_files_is_a_full_disk),
		OUTPUT_TEST(a_full_disk_gets_its_end),
		OUTPUT_TEST(others_may_fill_the_disk),
		OUTPUT_TEST(a_full_sink_is_told),
		OUTPUT_TEST(removed_files_are_saved),
		OUTPUT_TEST(files_of_others_stay),
		OUTPUT_TEST(moved_files_are_found),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
