// SPDX-License-Identifier: MIT
/* Starting gnuplot, speaking with it, and what to say when it fails. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/plotter.h"
#include "traces/base/err.h"

#define LIMIT_MS      60000
#define NOT_INSTALLED 127

/* The child has the picture as this; gnuplot opens and cuts it anew. */
#define PICTURE_FD 3

static const char begin[] = "reset session\nset encoding utf8\n"
			    "set output '/proc/self/fd/3'\n";
static const char end[] = "\nunset output\nset print '-'\nprint 'drawn'\n";

/* In the child: become gnuplot. */
static void exec_gnuplot(int socket, int picture)
{
	int null = open("/dev/null", O_WRONLY);

	setenv("LC_ALL", "C.UTF-8", 1);
	/* The picture is moved out of the way of what it replaces. */
	picture = fcntl(picture, F_DUPFD, 10);
	socket = fcntl(socket, F_DUPFD, 10);
	if (dup2(socket, 0) >= 0 && dup2(socket, 1) >= 0 &&
	    dup2(null, 2) >= 0 && dup2(picture, PICTURE_FD) >= 0) {
		close(socket);
		close(picture);
		execlp("gnuplot", "gnuplot", "-d", "-", (char *)NULL);
	}
	_exit(NOT_INSTALLED);
}

static int start(struct plotter *p, struct err *err)
{
	int ends[2];

	p->picture = memfd_create("picture", MFD_CLOEXEC);
	if (p->picture < 0)
		return err_set(err, ERR_SYS, errno, "cannot prepare a figure");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		close(p->picture);
		return err_set(err, ERR_SYS, errno, "cannot prepare a figure");
	}
	p->pid = fork();
	if (!p->pid)
		exec_gnuplot(ends[1], p->picture);
	close(ends[1]);
	p->socket = ends[0];
	if (p->pid > 0)
		return 0;
	close(p->socket);
	close(p->picture);
	p->pid = 0;
	return err_set(err, ERR_SYS, errno, "cannot start gnuplot");
}

/* A gnuplot that has gone is told by the answer that does not come. */
static int tell(struct plotter *p, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(p->socket, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

enum heard { HEARD_WORD, HEARD_END, HEARD_NOTHING };

/* Wait for its word. */
static enum heard hear(struct plotter *p)
{
	struct pollfd poll_fd = { .fd = p->socket, .events = POLLIN };
	char buf[256];
	ssize_t n;
	int ready;

	for (;;) {
		do
			ready = poll(&poll_fd, 1, LIMIT_MS);
		while (ready < 0 && errno == EINTR);
		if (ready <= 0)
			return HEARD_NOTHING;
		n = recv(p->socket, buf, sizeof(buf), 0);
		if (n <= 0)
			return HEARD_END;
		if (buf[n - 1] == '\n')
			return HEARD_WORD;
	}
}

/* Ends it, if it has not ended; returns its status as waitpid has it. */
static int stop(struct plotter *p)
{
	int status = 0;

	close(p->socket);
	close(p->picture);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
	return status;
}

static int failed(struct plotter *p, bool stuck, struct err *err)
{
	int status;

	if (stuck)
		kill(p->pid, SIGKILL);
	status = stop(p);
	p->missing = WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED;
	if (p->missing)
		return err_set(err, ERR_MISSING, 0,
			       "gnuplot is missing; install gnuplot-nox");
	if (stuck)
		return err_set(err, ERR_SYS, 0,
			       "gnuplot took more than a minute");
	if (WIFSIGNALED(status))
		return err_set(err, ERR_SYS, 0, "gnuplot died of signal %d",
			       WTERMSIG(status));
	return err_set(err, ERR_SYS, 0, "gnuplot failed with status %d",
		       WEXITSTATUS(status));
}

static int take_picture(struct plotter *p, char **data, size_t *len,
			struct err *err)
{
	off_t size = lseek(p->picture, 0, SEEK_END);
	ssize_t n;

	if (size <= 0)
		return err_set(err, ERR_SYS, 0, "gnuplot drew no figure");
	*data = malloc((size_t)size + 1);
	if (!*data)
		return err_set(err, ERR_NOMEM, 0, "out of memory for a figure");
	n = pread(p->picture, *data, (size_t)size, 0);
	if (n != size) {
		free(*data);
		*data = NULL;
		return err_set(err, ERR_SYS, 0, "gnuplot's figure is cut");
	}
	(*data)[n] = '\0';
	*len = (size_t)n;
	return 0;
}

int plotter_draw(struct plotter *p, const char *script, char **data,
		 size_t *len, struct err *err)
{
	enum heard heard;
	int rc;

	*data = NULL;
	*len = 0;
	if (p->missing)
		return err_set(err, ERR_MISSING, 0,
			       "gnuplot is missing; install gnuplot-nox");
	rc = p->pid ? 0 : start(p, err);
	if (rc)
		return rc;
	if (ftruncate(p->picture, 0) || tell(p, begin, sizeof(begin) - 1) ||
	    tell(p, script, strlen(script)) || tell(p, end, sizeof(end) - 1))
		return failed(p, false, err);
	heard = hear(p);
	if (heard != HEARD_WORD)
		return failed(p, heard == HEARD_NOTHING, err);
	return take_picture(p, data, len, err);
}

void plotter_release(struct plotter *p)
{
	if (p->pid)
		stop(p);
	memset(p, 0, sizeof(*p));
}
