// SPDX-License-Identifier: MIT
/* Opening and reading of a tape's file, or of a tape in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/base/err.h"
#include "traces/tape_source.h"

static void set_name(struct tape_source *src, const char *name)
{
	size_t len = strlen(name), room = sizeof(src->label) - 4;
	size_t skip = len > room ? len - room : 0;

	snprintf(src->name, sizeof(src->name), "%s", name);
	snprintf(src->label, sizeof(src->label), "%s%s", skip ? "..." : "",
		 name + skip);
}

int tape_source_open(struct tape_source *src, const char *path, struct err *err)
{
	struct stat st;

	memset(src, 0, sizeof(*src));
	set_name(src, path);
	src->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src->fd < 0)
		return err_set(err, errno == ENOENT ? ERR_ARG : ERR_IO, errno,
			       "cannot open tape %s", src->label);
	if (fstat(src->fd, &st)) {
		err_set(err, ERR_IO, errno, "cannot stat tape %s", src->label);
	} else if (S_ISDIR(st.st_mode)) {
		err_set(err, ERR_ARG, 0,
			"%s is a folder; name a tape (a file) in it",
			src->label);
	} else if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_ARG, 0,
			"%s is no regular file; tapes are read by seeking, "
			"so copy it to a file first",
			src->label);
	} else {
		src->size = (uint64_t)st.st_size;
		return 0;
	}
	close(src->fd);
	src->fd = -1;
	return err ? -err->code : -ERR_IO;
}

void tape_source_memory(struct tape_source *src, const void *bytes, size_t len)
{
	memset(src, 0, sizeof(*src));
	set_name(src, "(memory)");
	src->fd = -1;
	src->bytes = bytes;
	src->size = len;
}

static int cut(const struct tape_source *src, uint64_t offset, size_t len,
	       struct err *err)
{
	return err_set(err, ERR_TRUNCATED, 0,
		       "%s: needs %zu bytes at offset %llu, but ends at %llu",
		       src->label, len, (unsigned long long)offset,
		       (unsigned long long)src->size);
}

int tape_source_read(const struct tape_source *src, uint64_t offset, void *buf,
		     size_t len, struct err *err)
{
	char *p = buf;

	if (offset > src->size || len > src->size - offset)
		return cut(src, offset, len, err);
	if (src->fd < 0) {
		memcpy(buf, src->bytes + offset, len);
		return 0;
	}
	while (len) {
		ssize_t n = pread(src->fd, p, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_IO, errno,
				       "%s: cannot read at offset %llu",
				       src->label, (unsigned long long)offset);
		if (!n)
			return cut(src, offset, len, err);
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

void tape_source_release(struct tape_source *src)
{
	if (src->fd >= 0)
		close(src->fd);
	src->fd = -1;
}
