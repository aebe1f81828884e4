// SPDX-License-Identifier: MIT
/* Atomic outputs and the search for the parts of heaptape. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/base/err.h"
#include "traces/base/files.h"

int outfile_open(struct outfile *out, const char *path, bool force,
		 struct err *err)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (strlen(path) >= sizeof(out->path))
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", path);
	if (!force && !access(path, F_OK))
		return err_set(err, ERR_EXISTS, 0,
			       "%s exists; use -f to replace it", path);
	/* The rename would replace the device, pipe or link itself. */
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return err_set(err, ERR_ARG, 0,
			       "%s is not a regular file; name another output",
			       path);
	strcpy(out->path, path);
	snprintf(out->tmp, sizeof(out->tmp), "%s.tmp.%d", path, (int)getpid());
	out->stream = fopen(out->tmp, "we");
	if (!out->stream)
		return err_set(err, ERR_IO, errno, "cannot create %s", path);
	return 0;
}

int outfile_commit(struct outfile *out, struct err *err)
{
	int failed = fflush(out->stream) || fsync(fileno(out->stream));
	int sys = errno;

	if (fclose(out->stream) && !failed) {
		failed = 1;
		sys = errno;
	}
	out->stream = NULL;
	if (!failed && rename(out->tmp, out->path)) {
		failed = 1;
		sys = errno;
	}
	if (!failed)
		return 0;
	unlink(out->tmp);
	return err_set(err, ERR_IO, sys, "cannot write %s", out->path);
}

void outfile_abort(struct outfile *out)
{
	if (!out->stream)
		return;
	fclose(out->stream);
	unlink(out->tmp);
	out->stream = NULL;
}

int files_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int files_find_part(const char *name, char *path, size_t len, struct err *err)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (n < 0)
		return err_set(err, ERR_SYS, errno,
			       "cannot read /proc/self/exe");
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	if ((size_t)snprintf(path, len, "%s/%s", exe, name) >= len)
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%s", name);
	if (access(path, R_OK))
		return err_set(err, ERR_MISSING, 0,
			       "%s is missing; build or install heaptape whole",
			       path);
	return 0;
}

int files_make_dir(const char *path, struct err *err)
{
	char buf[PATH_MAX];
	struct stat st;
	char *p;

	if (strlen(path) >= sizeof(buf))
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", path);
	strcpy(buf, path);
	for (p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(buf, 0777);
		*p = '/';
	}
	if (mkdir(buf, 0777) && errno != EEXIST)
		return err_set(err, ERR_IO, errno, "cannot create folder %s",
			       path);
	if (stat(buf, &st) || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_IO, ENOTDIR, "cannot use %s", path);
	return 0;
}

void files_last_line(int fd, char *buf, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)len - 1 ? end - (off_t)len + 1 : 0;
	ssize_t n = pread(fd, buf, len - 1, from);
	char *line;

	buf[n > 0 ? n : 0] = '\0';
	while (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	line = strrchr(buf, '\n');
	if (line)
		memmove(buf, line + 1, strlen(line));
	for (; *buf; buf++)
		if ((unsigned char)*buf < ' ')
			*buf = ' ';
}
