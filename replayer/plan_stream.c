// SPDX-License-Identifier: MIT
/*
 * Chunks of a plan's file. Space is allocated before it is mapped, so that a
 * full disk is an error and not a SIGBUS. What an op means is left to
 * plan_compile.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replayer/plan_stream.h"
#include "traces/base/err.h"

#define RESERVE_BYTES (1ULL << 38)
#define FIRST_BYTES   (1ULL << 20)
#define EXTENT_BYTES  (16ULL << 20) /* each next one; small plans stay small */
#define CHUNK_PAGES   64 /* of a long stream; the first has one page */

int plan_file_open(struct plan_file *f, const char *path, struct err *err)
{
	void *map;

	memset(f, 0, sizeof(*f));
	f->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (f->fd < 0)
		return err_set(err, ERR_IO, errno, "cannot create plan %s",
			       path);
	map = mmap(NULL, RESERVE_BYTES, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return err_set(err, ERR_NOMEM, errno,
			       "cannot reserve address space for a plan");
	f->words = map;
	return 0;
}

/* Back one more extent, and let go of the pages far behind. */
static int add_extent(struct plan_file *f, uint64_t bytes, struct err *err)
{
	char *base = (char *)f->words;
	int rc;

	if (f->size + bytes > RESERVE_BYTES)
		return err_set(err, ERR_NOMEM, 0, "the plan exceeds 256 GiB");
	do {
		rc = posix_fallocate(f->fd, (off_t)f->size, (off_t)bytes);
	} while (rc == EINTR);
	if (rc)
		return err_set(err, ERR_IO, rc,
			       "cannot write the plan; choose a folder on a "
			       "larger disk with -o");
	if (mmap(base + f->size, bytes, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, f->fd, (off_t)f->size) == MAP_FAILED)
		return err_set(err, ERR_NOMEM, errno, "cannot map the plan");
	/* All at once is cheaper than a fault per page. */
	madvise(base + f->size, bytes, MADV_POPULATE_WRITE);
	if (f->size > f->dropped + EXTENT_BYTES) {
		madvise(base + f->dropped, f->size - EXTENT_BYTES - f->dropped,
			MADV_DONTNEED);
		f->dropped = f->size - EXTENT_BYTES;
	}
	f->size += bytes;
	return 0;
}

int plan_file_extend(struct plan_file *f, uint64_t bytes, uint64_t *at,
		     struct err *err)
{
	bytes = (bytes + PLAN_PAGE - 1) & ~(uint64_t)(PLAN_PAGE - 1);
	while (f->used + bytes > f->size) {
		int rc = add_extent(
			f, f->size < EXTENT_BYTES ? FIRST_BYTES : EXTENT_BYTES,
			err);

		if (rc)
			return rc;
	}
	*at = f->used;
	f->used += bytes;
	return 0;
}

int plan_stream_grow(struct plan_file *f, struct plan_stream *s,
		     struct err *err)
{
	uint32_t pages = s->pages ? s->pages * 2 : 1;
	uint64_t at;
	int rc;

	if (pages > CHUNK_PAGES)
		pages = CHUNK_PAGES;
	rc = plan_file_extend(f, (uint64_t)pages * PLAN_PAGE, &at, err);
	if (rc)
		return rc;
	if (s->next)
		f->words[s->next] =
			plan_word(PLAN_NEXT, (uint32_t)(at / PLAN_PAGE), 0);
	else
		s->first_page = (uint32_t)(at / PLAN_PAGE);
	s->pages = pages;
	s->next = at / sizeof(uint64_t);
	s->limit = s->next + (uint64_t)pages * PLAN_PAGE / sizeof(uint64_t) - 1;
	return 0;
}

int plan_file_close(struct plan_file *f, struct err *err)
{
	int rc = 0;

	if (f->words)
		munmap(f->words, RESERVE_BYTES);
	f->words = NULL;
	if (f->fd >= 0 && f->used && ftruncate(f->fd, (off_t)f->used))
		rc = err_set(err, ERR_IO, errno, "cannot cut the plan");
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	return rc;
}
