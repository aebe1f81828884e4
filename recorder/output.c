// SPDX-License-Identifier: MIT
/*
 * Writing with a reserve. What becomes of a file that was removed while it was
 * written is in output_save.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "recorder/output.h"
#include "recorder/output_save.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define AHEAD_MAX   (1u << 20)
#define AHEAD_MIN   (64u << 10)
#define MARGIN_MAX  (1u << 20) /* what may come at once */
#define END_BYTES   4096u      /* END block, index header and trailer */
#define INDEX_ENTRY 24u        /* bytes per block in the index, generously */

/* What END and index will take. */
static uint64_t end_bytes(const struct output *o)
{
	return END_BYTES + o->nr_writes * INDEX_ENTRY;
}

/* The smaller one of what the user and the system allow. */
static void set_limit(struct output *o, uint64_t max_bytes)
{
	struct rlimit limit;

	o->limit_bytes = max_bytes;
	o->limit_kind = OUTPUT_MAX_SIZE;
	if (o->regular && !getrlimit(RLIMIT_FSIZE, &limit) &&
	    limit.rlim_cur != RLIM_INFINITY &&
	    (!max_bytes || limit.rlim_cur < max_bytes)) {
		o->limit_bytes = limit.rlim_cur;
		o->limit_kind = OUTPUT_DISK_FULL;
	}
	o->margin_bytes = o->limit_bytes / 4 < MARGIN_MAX ? o->limit_bytes / 4
							  : MARGIN_MAX;
}

/* A small disk shall not be filled by the reserve. */
static void set_ahead(struct output *o)
{
	struct statvfs fs;
	uint64_t some = AHEAD_MAX;

	if (!fstatvfs(o->fd, &fs))
		some = (uint64_t)fs.f_bavail * fs.f_frsize / 16;
	o->ahead_bytes = some > AHEAD_MAX   ? AHEAD_MAX
			 : some < AHEAD_MIN ? AHEAD_MIN
					    : some;
}

int output_open(struct output *o, const char *path, bool force,
		uint64_t max_bytes, struct err *err)
{
	struct stat st;

	memset(o, 0, sizeof(*o));
	o->fd = -1;
	if (strlen(path) >= sizeof(o->path))
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", path);
	strcpy(o->path, path);
	o->created = true;
	o->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (o->fd < 0 && errno == EEXIST) {
		if (!force)
			return err_set(err, ERR_EXISTS, 0,
				       "%s exists; use -f to replace it", path);
		o->created = false;
		/*
		 * A link that leads nowhere yet exists, too. A pipe without a
		 * reader is an error, nothing to wait for.
		 */
		o->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK,
			     0666);
		if (o->fd >= 0)
			fcntl(o->fd, F_SETFL, O_WRONLY);
	}
	if (o->fd < 0)
		return err_set(err, ERR_IO, errno, "cannot create %s", path);
	o->regular = !fstat(o->fd, &st) && S_ISREG(st.st_mode);
	o->no_reserve = !o->regular;
	set_limit(o, max_bytes);
	set_ahead(o);
	return 0;
}

int output_rewind(struct output *o, struct err *err)
{
	o->stop = OUTPUT_GOES_ON;
	o->bytes = 0;
	o->nr_writes = 0;
	o->reserved_bytes = 0;
	if (o->regular &&
	    (lseek(o->fd, 0, SEEK_SET) < 0 || ftruncate(o->fd, 0)))
		return err_set(err, ERR_IO, errno, "cannot rewrite %s",
			       o->path);
	return 0;
}

/* Make the disk space up to that offset ours. 0 or an errno value. */
static int reserve_up_to(struct output *o, uint64_t offset)
{
	int ret;

	if (o->no_reserve || offset <= o->reserved_bytes)
		return 0;
	do
		ret = fallocate(o->fd, FALLOC_FL_KEEP_SIZE,
				(off_t)o->reserved_bytes,
				(off_t)(offset - o->reserved_bytes));
	while (ret && errno == EINTR);
	if (!ret) {
		o->reserved_bytes = offset;
		return 0;
	}
	if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
		return errno;
	o->no_reserve = true;
	return 0;
}

/*
 * Room for a tape of that length. Some more is reserved early, so that there
 * is something left for what waits when the disk turns out to be full.
 */
static int make_room(struct output *o, uint64_t need)
{
	if (o->limit_bytes && need > o->limit_bytes) {
		o->stop = o->limit_kind;
		return EFBIG;
	}
	if (!o->stop && need + o->ahead_bytes > o->reserved_bytes &&
	    reserve_up_to(o, need + 2 * o->ahead_bytes))
		o->stop = OUTPUT_DISK_FULL;
	return reserve_up_to(o, need);
}

/* Take back a block of which only a part could be written. */
static void take_back(struct output *o)
{
	if (!o->regular || ftruncate(o->fd, (off_t)o->bytes) ||
	    lseek(o->fd, (off_t)o->bytes, SEEK_SET) < 0)
		return;
	/* The reserve went with it. */
	o->reserved_bytes = o->bytes;
}

int output_write(void *output, const void *buf, size_t len)
{
	struct output *o = output;
	int sys = make_room(o, o->bytes + len + (o->ending ? 0 : end_bytes(o)));

	if (!sys && files_write_all(o->fd, buf, len)) {
		sys = errno;
		take_back(o);
	}
	if (sys) {
		if (!o->stop &&
		    (sys == ENOSPC || sys == EDQUOT || sys == EFBIG))
			o->stop = OUTPUT_DISK_FULL;
		return sys;
	}
	o->bytes += len;
	o->nr_writes++;
	return 0;
}

bool output_wants_flush(const struct output *o, uint64_t waiting)
{
	return o->limit_bytes && waiting > o->margin_bytes / 4 &&
	       o->bytes + waiting + o->margin_bytes + end_bytes(o) >=
		       o->limit_bytes;
}

enum output_stop output_must_stop(const struct output *o)
{
	if (o->stop || !o->limit_bytes)
		return o->stop;
	return o->bytes + end_bytes(o) + o->margin_bytes >= o->limit_bytes
		       ? o->limit_kind
		       : OUTPUT_GOES_ON;
}

const char *output_stop_name(enum output_stop stop)
{
	return stop == OUTPUT_MAX_SIZE ? "max-size" : "disk full";
}

void output_end(struct output *o)
{
	o->ending = true;
}

int output_close(struct output *o, struct err *err)
{
	int ret = 0;

	if (o->fd < 0)
		return 0;
	if (o->regular && o->reserved_bytes > o->bytes &&
	    ftruncate(o->fd, (off_t)o->bytes))
		ret = err_set(err, ERR_IO, errno, "cannot write %s", o->path);
	if (!ret && o->regular)
		ret = output_save(o, err);
	if (close(o->fd) && !ret)
		ret = err_set(err, ERR_IO, errno, "cannot write %s", o->path);
	o->fd = -1;
	return ret;
}

void output_discard(struct output *o)
{
	if (o->fd < 0)
		return;
	if (o->created && output_is_in_place(o))
		unlink(o->path);
	close(o->fd);
	o->fd = -1;
}
