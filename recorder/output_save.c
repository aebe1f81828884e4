// SPDX-License-Identifier: MIT
/*
 * A removed file lives on as long as it is open: its bytes are copied to a new
 * one. (The kernel gives no new name to a file that has none left.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/output.h"
#include "recorder/output_save.h"
#include "traces/base/err.h"

#define COPY_STEP (64u << 20)

/* The name that the open file has now; false: it has none. */
static bool present_name(const struct output *o, char path[PATH_MAX])
{
	char link[64];
	struct stat st, at;
	const char *name;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n <= 0 || fstat(o->fd, &st) || !st.st_nlink)
		return false;
	path[n] = '\0';
	/* NFS keeps what was removed under such a name until it is closed. */
	name = strrchr(path, '/');
	return name && strncmp(name, "/.nfs", 5) && !stat(path, &at) &&
	       at.st_ino == st.st_ino && at.st_dev == st.st_dev;
}

bool output_is_in_place(const struct output *o)
{
	struct stat st, at;

	return !fstat(o->fd, &st) && st.st_nlink && !stat(o->path, &at) &&
	       at.st_ino == st.st_ino && at.st_dev == st.st_dev;
}

static int copy(int to, int from, uint64_t bytes)
{
	while (bytes) {
		ssize_t n = sendfile(to, from, NULL,
				     bytes < COPY_STEP ? bytes : COPY_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes -= (uint64_t)n;
	}
	return 0;
}

/* Write the bytes into a new file; errno tells why not. */
static int save_at(const struct output *o, const char *path)
{
	int from, to, ret, sys;
	char link[64];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", o->fd);
	from = open(link, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -1;
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	ret = to < 0 ? -1 : copy(to, from, o->bytes);
	sys = errno;
	if (to >= 0 && close(to) && !ret) {
		ret = -1;
		sys = errno;
	}
	if (to >= 0 && ret)
		unlink(path);
	close(from);
	errno = sys;
	return ret;
}

/* DIR/NAME-PID.tape */
static void name_elsewhere(const struct output *o, char *path, size_t len)
{
	const char *dir = getenv("TMPDIR"), *name = strrchr(o->path, '/');
	size_t stem;

	name = name ? name + 1 : o->path;
	stem = strlen(name);
	if (stem > 5 && !strcmp(name + stem - 5, ".tape"))
		stem -= 5;
	snprintf(path, len, "%s/%.*s-%d.tape", dir && *dir ? dir : "/tmp",
		 (int)(stem > 200 ? 200 : stem), name, (int)getpid());
}

int output_save(struct output *o, struct err *err)
{
	char path[PATH_MAX];

	if (output_is_in_place(o))
		return 0;
	if (present_name(o, path)) {
		o->saved = true;
		strcpy(o->path, path);
		return 0;
	}
	o->saved = true;
	if (!save_at(o, o->path))
		return 0;
	name_elsewhere(o, path, sizeof(path));
	if (save_at(o, path))
		return err_set(err, ERR_IO, errno,
			       "%s was removed while recording, and cannot be "
			       "saved as %s",
			       o->path, path);
	strcpy(o->path, path);
	return 0;
}
