// SPDX-License-Identifier: MIT
/* Samples of the recorded process from /proc/PID/status and stat. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/descriptors.h"
#include "recorder/sample.h"
#include "traces/base/process_memory.h"

#define INTERVAL_MIN_NS 10000000ull
#define INTERVAL_MAX_NS 160000000ull

static int open_proc(pid_t pid, const char *name)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void sampler_init(struct sampler *s)
{
	memset(s, 0, sizeof(*s));
	s->status_fd = s->stat_fd = -1;
}

void sampler_open(struct sampler *s, pid_t pid)
{
	memset(s, 0, sizeof(*s));
	s->interval_ns = INTERVAL_MIN_NS;
	s->status_fd = open_proc(pid, "status");
	s->stat_fd = open_proc(pid, "stat");
	if (descriptors_allow(s->stat_fd, DESCRIPTORS_SAMPLES))
		s->pid = pid;
	else
		sampler_close(s);
}

void sampler_close(struct sampler *s)
{
	if (s->status_fd >= 0)
		close(s->status_fd);
	if (s->stat_fd >= 0)
		close(s->stat_fd);
	s->status_fd = s->stat_fd = -1;
}

/* minflt and majflt are the 10th and 12th fields; the 2nd may hold spaces. */
static bool parse_stat(struct tape_sample *sample, const char *stat)
{
	const char *rest = strrchr(stat, ')');
	unsigned long long minor, major;

	if (!rest ||
	    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu",
		   &minor, &major) != 2)
		return false;
	sample->minor_faults = minor;
	sample->major_faults = major;
	return true;
}

bool sample_parse(struct tape_sample *sample, const char *status,
		  const char *stat)
{
	struct process_memory memory;

	if (!process_memory_parse(&memory, status))
		return false;
	sample->rss_anon_bytes = memory.anon_bytes;
	sample->rss_file_bytes = memory.file_bytes;
	sample->swap_bytes = memory.swap_bytes;
	sample->threads = memory.threads;
	return parse_stat(sample, stat);
}

static bool read_text(int fd, char *buf, size_t len)
{
	ssize_t n = fd >= 0 ? pread(fd, buf, len - 1, 0) : -1;

	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

/* Whether the picture is the same; faults alone tell nothing new. */
static bool same(const struct tape_sample *a, const struct tape_sample *b)
{
	return a->rss_anon_bytes == b->rss_anon_bytes &&
	       a->rss_file_bytes == b->rss_file_bytes &&
	       a->swap_bytes == b->swap_bytes && a->threads == b->threads;
}

/*
 * A main thread that has left by pthread_exit has no memory to tell of, but
 * the others have. False: there is none.
 */
static bool find_thread(struct sampler *s, char *status, size_t len)
{
	const struct dirent *entry;
	char path[300];
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)s->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "task/%s/status", entry->d_name);
		fd = open_proc(s->pid, path);
		if (read_text(fd, status, len) && strstr(status, "\nRssAnon:"))
			break;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (dir)
		closedir(dir);
	if (!dir || !entry)
		return false;
	if (s->status_fd >= 0)
		close(s->status_fd);
	s->status_fd = fd;
	return true;
}

static bool read_status(struct sampler *s, char *status, size_t len)
{
	return (read_text(s->status_fd, status, len) &&
		strstr(status, "\nRssAnon:")) ||
	       (s->pid && find_thread(s, status, len));
}

/* Read the process; false when there is nothing to be read. */
static bool look(struct sampler *s, uint64_t now_ns, uint64_t ring_bytes,
		 struct tape_sample *out)
{
	char status[4096], stat[1024];

	memset(out, 0, sizeof(*out));
	if (!read_status(s, status, sizeof(status)) ||
	    !read_text(s->stat_fd, stat, sizeof(stat)) ||
	    !sample_parse(out, status, stat))
		return false;
	out->time_ns = now_ns;
	out->rss_file_bytes -= ring_bytes < out->rss_file_bytes
				       ? ring_bytes
				       : out->rss_file_bytes;
	return true;
}

unsigned sampler_take(struct sampler *s, uint64_t now_ns, uint64_t ring_bytes,
		      struct tape_sample out[2])
{
	const unsigned sparser = s->sparser ? s->sparser : 1;
	struct tape_sample now;
	unsigned nr = 0;

	if (now_ns < s->next_ns)
		return 0;
	s->next_ns = now_ns + s->interval_ns;
	if (!look(s, now_ns, ring_bytes, &now))
		return 0;
	if (s->last.time_ns && same(&now, &s->last)) {
		s->held = now;
		if (s->interval_ns < sparser * INTERVAL_MAX_NS)
			s->interval_ns *= 2;
		return 0;
	}
	s->interval_ns = sparser * INTERVAL_MIN_NS;
	s->next_ns = now_ns + s->interval_ns;
	if (s->held.time_ns)
		out[nr++] = s->held;
	s->held.time_ns = 0;
	s->last = now;
	out[nr++] = now;
	return nr;
}

unsigned sampler_edge(struct sampler *s, uint64_t now_ns, uint64_t ring_bytes,
		      struct tape_sample out[2])
{
	struct tape_sample now;
	unsigned nr = 0;

	if (s->held.time_ns)
		out[nr++] = s->held;
	s->held.time_ns = 0;
	if (look(s, now_ns, ring_bytes, &now)) {
		s->last = now;
		out[nr++] = now;
	}
	return nr;
}
