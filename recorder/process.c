// SPDX-License-Identifier: MIT
/* Follows processes by pidfd, and by /proc what a pidfd does not tell. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder/descriptors.h"
#include "recorder/process.h"

/* struct pidfd_info of Linux 6.15: how a process that was reaped has ended. */
struct exit_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};

#define EXIT_INFO      _IOWR(0xff, 11, struct exit_info)
#define EXIT_INFO_CODE (1u << 3)

/* What /proc/PID/stat tells. */
struct stat_line {
	char state;
	long threads;
	unsigned long long start;
	int status;
};

static bool read_stat(pid_t pid, struct stat_line *line)
{
	char path[64], text[1024], *c;
	ssize_t n;
	int fd, i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	c = strrchr(text, ')');
	if (!c)
		return false;
	line->state = c[2];
	/* Behind the name come fields 3 to 52. */
	for (i = 3, c += 2; i <= 52 && *c; i++, c += strcspn(c, " "), c++) {
		if (i == 20)
			line->threads = strtol(c, NULL, 10);
		if (i == 22)
			line->start = strtoull(c, NULL, 10);
		if (i == 52)
			line->status = (int)strtol(c, NULL, 10);
		if (!c[strcspn(c, " ")])
			break;
	}
	return true;
}

static bool is_over(const struct stat_line *line)
{
	/* A main thread that has left is a zombie, too; others live on. */
	return line->state == 'X' || (line->state == 'Z' && line->threads <= 1);
}

/* Look for the file among what the process maps. */
static bool maps_file(pid_t pid, ino_t inode)
{
	char path[64], *line = NULL, *memfd;
	bool found = false;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	while (f && !found && getline(&line, &size, f) > 0) {
		memfd = strstr(line, " /memfd:");
		if (!memfd)
			continue;
		while (memfd > line && memfd[-1] == ' ')
			memfd--;
		while (memfd > line && memfd[-1] != ' ')
			memfd--;
		found = strtoull(memfd, NULL, 10) == inode;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* The moment so long ago, as /proc/PID/stat gives times. */
static unsigned long long kernel_time(uint64_t ago_ns)
{
	const uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_BOOTTIME, &now);
	ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return (ns > ago_ns ? ns - ago_ns : 0) / (1000000000u / hz);
}

/*
 * One that runs as another user hides what it maps, and one that is about to
 * execute a program maps nothing yet. Then it must be younger than we are, and
 * have been there at that time.
 */
static bool is_the_one(const struct process *p, ino_t inode, uint64_t ago_ns)
{
	struct stat_line own = { 0 };

	return maps_file(p->pid, inode) ||
	       (read_stat(getpid(), &own) && p->start >= own.start &&
		p->start <= kernel_time(ago_ns));
}

/* Take hold of the process that has the number now; false: none has. */
static bool hold(struct process *p, pid_t pid, struct stat_line *line)
{
	*p = (struct process){ .pid = pid, .fd = -1, .status = -1 };
	if (pid <= 0)
		return false;
	/* First, so that what is read then is of the same process. */
	p->fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if ((p->fd < 0 && errno != ENOSYS && errno != EPERM &&
	     errno != EMFILE && errno != ENFILE) ||
	    !read_stat(pid, line))
		return false;
	if (p->fd >= 0 && !descriptors_allow(p->fd, DESCRIPTORS_FOLLOW))
		process_close(p);
	p->start = line->start;
	return true;
}

void process_open(struct process *p, pid_t pid, ino_t inode, uint64_t ago_ns)
{
	struct stat_line line = { 0 };

	p->sought = !hold(p, pid, &line) || !is_the_one(p, inode, ago_ns);
	if (!p->sought && is_over(&line)) {
		p->over = true;
		p->status = line.status;
	}
	if (p->sought || p->over)
		process_close(p);
}

/* The number that it has in the innermost namespace, if it is not ours. */
static pid_t inner_pid(pid_t pid)
{
	char path[64], text[4096], *line, *end, *last;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = strstr(text, "\nNSpid:\t");
	if (!line)
		return 0;
	line += strlen("\nNSpid:\t");
	end = strchrnul(line, '\n');
	*end = '\0';
	last = strrchr(line, '\t');
	return last ? (pid_t)strtol(last + 1, NULL, 10) : 0;
}

/* Inside of another root a path is shorter. */
static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len >= end_len && !strcmp(path + len - end_len, end);
}

bool process_is_sought(struct process *p, pid_t pid, ino_t inode,
		       const char *exe)
{
	struct stat_line line = { 0 };
	struct process found;
	char runs[PATH_MAX];

	if (!p->sought || inner_pid(pid) != p->pid || !hold(&found, pid, &line))
		return false;
	process_exe(pid, runs, sizeof(runs));
	if (!ends_with(runs, exe) || !maps_file(pid, inode)) {
		process_close(&found);
		return false;
	}
	*p = found;
	return true;
}

void process_give_up(struct process *p)
{
	p->sought = false;
	p->over = true;
}

/* How it ended: the zombie tells, or the kernel after it was reaped. */
static void read_status(struct process *p)
{
	struct exit_info info = { .mask = EXIT_INFO_CODE };
	struct stat_line line = { 0 };

	if (read_stat(p->pid, &line) && line.start == p->start)
		p->status = line.status;
	else if (p->fd >= 0 && !ioctl(p->fd, EXIT_INFO, &info) &&
		 (info.mask & EXIT_INFO_CODE))
		p->status = info.exit_code;
}

bool process_ended(struct process *p)
{
	struct pollfd poll_fd = { .fd = p->fd, .events = POLLIN };
	struct stat_line line = { 0 };

	if (p->over || p->sought)
		return p->over;
	if (p->fd >= 0)
		p->over = poll(&poll_fd, 1, 0) > 0;
	else
		p->over = !read_stat(p->pid, &line) || is_over(&line) ||
			  line.start != p->start;
	if (p->over)
		read_status(p);
	return p->over;
}

void process_close(struct process *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

uint64_t process_age_ns(pid_t pid)
{
	const uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
	unsigned long long now = kernel_time(0);
	struct stat_line line = { 0 };

	if (!read_stat(pid, &line) || is_over(&line) || line.start > now)
		return 0;
	return (now - line.start) * (1000000000u / hz);
}

static bool read_exe(const char *link, char *path, size_t len)
{
	ssize_t n = readlink(link, path, len - 1);

	path[n > 0 ? n : 0] = '\0';
	return n > 0;
}

void process_exe(pid_t pid, char *path, size_t len)
{
	const struct dirent *entry;
	char link[300];
	DIR *dir;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	if (read_exe(link, path, len) || errno != ENOENT)
		return;
	snprintf(link, sizeof(link), "/proc/%d/task", (int)pid);
	dir = opendir(link);
	while (dir && (entry = readdir(dir))) {
		snprintf(link, sizeof(link), "/proc/%d/task/%s/exe", (int)pid,
			 entry->d_name);
		if (read_exe(link, path, len))
			break;
	}
	if (dir)
		closedir(dir);
}
