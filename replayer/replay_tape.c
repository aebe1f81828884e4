// SPDX-License-Identifier: MIT
/* Opening a tape for a campaign, and its plan in a folder of plans. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replayer/plan_compile.h"
#include "replayer/replay_tape.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/tape_reader.h"

static void set_stem(struct replay_tape *tape)
{
	const char *slash = strrchr(tape->path, '/');
	size_t len;

	snprintf(tape->stem, sizeof(tape->stem), "%s",
		 slash ? slash + 1 : tape->path);
	len = strlen(tape->stem);
	if (len > 5 && !strcmp(tape->stem + len - 5, ".tape"))
		tape->stem[len - 5] = '\0';
}

/* Add the thread's events, all of them or those up to its first call. */
static int look_at_thread(struct tape_reader *r, uint32_t thread, bool all,
			  uint64_t *events, bool *calls, struct err *err)
{
	struct tape_cursor *c;
	struct tape_event ev;
	int ret = tape_cursor_open(&c, r, thread, err);

	*calls = false;
	while (!ret && (ret = tape_cursor_next(c, &ev, err)) == 1) {
		*events += 1;
		*calls |= ev.kind <= TAPE_FREE_NULL;
		ret = *calls && !all;
	}
	tape_cursor_close(c);
	return ret < 0 ? ret : 0;
}

/*
 * How many threads make calls, and the number up to which there are `wanted`
 * of them, with the events until there.
 */
static int count_callers(struct replay_tape *tape, struct tape_reader *r,
			 uint32_t wanted, struct err *err)
{
	uint32_t nr = tape_reader_info(r)->threads, i;
	uint64_t ignored = 0;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++) {
		bool wants = tape->callers < wanted, calls;

		rc = look_at_thread(r, i, wants,
				    wants ? &tape->first_events : &ignored,
				    &calls, err);
		tape->callers += calls;
		if (wants)
			tape->first_threads = i + 1;
	}
	return rc;
}

/* What is replayed: some threads, the tape, or copies of it. */
static int choose_threads(struct replay_tape *tape, struct tape_reader *r,
			  uint32_t threads, struct err *err)
{
	size_t stem = strlen(tape->stem), name = strlen(tape->name);
	int rc = count_callers(tape, r, threads, err);

	tape->copies = 1;
	tape->threads = tape->callers;
	if (rc || !threads)
		return rc;
	snprintf(tape->stem + stem, sizeof(tape->stem) - stem, "@t%u", threads);
	snprintf(tape->name + name, sizeof(tape->name) - name, "@t%u", threads);
	if (threads < tape->callers) {
		tape->threads = threads;
		return 0;
	}
	tape->first_threads = 0;
	if (!tape->callers)
		return 0;
	tape->copies = (threads - 1) / tape->callers + 1;
	tape->threads = tape->copies * tape->callers;
	return 0;
}

int replay_tape_open(struct replay_tape *tape, const char *path,
		     uint32_t threads, struct err *err)
{
	const char *allocator;
	struct tape_reader *r;
	int rc;

	memset(tape, 0, sizeof(*tape));
	tape->path = path;
	snprintf(tape->name, sizeof(tape->name), "%s", path);
	set_stem(tape);
	rc = tape_reader_open(&r, path, 0, err);
	if (rc)
		return rc;
	tape->events = tape_reader_info(r)->events;
	tape->dropped = tape_reader_info(r)->dropped;
	tape->cut = !tape_reader_end(r)->clean;
	tape->allocator_linked =
		tape_meta_get(tape_reader_meta(r), "allocator_linked") != NULL;
	tape->asks_usable = tape_reader_end(r)->asks_usable;
	allocator = tape_meta_get(tape_reader_meta(r), "allocator");
	if (allocator)
		snprintf(tape->allocator, sizeof(tape->allocator), "%s",
			 allocator);
	rc = choose_threads(tape, r, threads, err);
	if (!rc)
		rc = tape_reader_hash(r, tape->hash, err);
	if (!rc)
		rc = replay_samples_read(tape, r, err);
	tape_reader_close(r);
	return rc;
}

static int compile(struct replay_tape *tape, uint64_t clock_step_ns,
		   bool (*progress)(void *ctx, uint64_t steps), void *ctx,
		   struct err *err)
{
	const struct plan_source want = { .clock_step_ns = clock_step_ns,
					  .partial = tape->first_threads != 0,
					  .threads = tape->first_threads,
					  .events = tape->first_events };
	struct tape_reader *r;
	int rc = tape_reader_open(&r, tape->path, 0, err);

	if (rc)
		return rc;
	rc = plan_compile(r, tape->plan, &want, progress, ctx, &tape->header,
			  err);
	tape_reader_close(r);
	return rc;
}

/* The marks by seq: they lie so, except the peak at the end. */
static void put_in_order(struct replay_tape *tape)
{
	uint32_t nr = tape->header.nr_marks, i = nr - 1, k;

	for (k = 0; k < nr; k++)
		tape->order[k] = k;
	for (; i && tape->marks[i - 1].seq > tape->marks[nr - 1].seq; i--)
		tape->order[i] = i - 1;
	tape->order[i] = nr - 1;
}

static int read_marks(struct replay_tape *tape, struct err *err)
{
	size_t bytes = tape->header.nr_marks * sizeof(*tape->marks);
	int fd = open(tape->plan, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	tape->marks = malloc(bytes);
	tape->order = malloc(tape->header.nr_marks * sizeof(*tape->order));
	if (fd < 0 || !tape->marks || !tape->order) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_IO, errno, "cannot read %s",
			       tape->plan);
	}
	n = pread(fd, tape->marks, bytes, (off_t)tape->header.marks_at);
	close(fd);
	if (n != (ssize_t)bytes)
		return err_set(err, ERR_IO, n < 0 ? errno : 0, "cannot read %s",
			       tape->plan);
	put_in_order(tape);
	return 0;
}

int replay_tape_compile(struct replay_tape *tape, const char *folder,
			uint64_t clock_step_ns,
			bool (*progress)(void *ctx, uint64_t steps), void *ctx,
			struct err *err)
{
	char clock[32] = "", first[32] = "";
	int rc = files_make_dir(folder, err);

	if (rc)
		return rc;
	if (clock_step_ns)
		snprintf(clock, sizeof(clock), "-clock%" PRIu64, clock_step_ns);
	if (tape->first_threads)
		snprintf(first, sizeof(first), "-first%u", tape->first_threads);
	if ((size_t)snprintf(tape->plan, sizeof(tape->plan),
			     "%s/%s-v%d%s%s.plan", folder, tape->hash,
			     PLAN_VERSION, clock, first) >= sizeof(tape->plan))
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%s", folder);
	if (plan_read_header(tape->plan, &tape->header, NULL))
		rc = compile(tape, clock_step_ns, progress, ctx, err);
	return rc ? rc : read_marks(tape, err);
}

void replay_tape_release(struct replay_tape *tape)
{
	free(tape->samples);
	free(tape->marks);
	free(tape->order);
	memset(tape, 0, sizeof(*tape));
}

uint64_t replay_tape_ops(const struct replay_tape *tape)
{
	uint64_t ops = 0;
	int i;

	for (i = 0; i < PLAN_OPS; i++)
		ops += tape->header.ops[i];
	return ops * tape->copies;
}
