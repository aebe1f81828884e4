// SPDX-License-Identifier: MIT
/*
 * Anonymous memory of this process. At marks: /proc/self/status, which tells
 * it together with the highest RSS since the last mark (VmHWM, reset through
 * clear_refs), so that peaks inside of calls are seen too. At checkpoints:
 * smaps_rollup, which counts page by page. All files are open beforehand, and
 * nothing here allocates.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replayer/worker/clock.h"
#include "replayer/worker/worker.h"

static int status_fd = -1, rollup_fd = -1, clear_fd = -1;
static uint64_t start_ns;

/* The number behind a key such as "VmHWM:", in bytes; 0 without the key. */
static uint64_t field(const char *text, const char *key)
{
	const char *p = strstr(text, key);
	uint64_t kib = 0;

	if (!p)
		return 0;
	for (p += strlen(key); *p == ' ' || *p == '\t'; p++)
		;
	for (; *p >= '0' && *p <= '9'; p++)
		kib = kib * 10 + (uint64_t)(*p - '0');
	return kib << 10;
}

static const char *read_text(int fd, char *buf, size_t len)
{
	ssize_t n = pread(fd, buf, len - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void reset_peak(void)
{
	/* Without it, peaks are those of the marks alone. */
	if (clear_fd >= 0 && write(clear_fd, "5", 1) != 1) {
		close(clear_fd);
		clear_fd = -1;
	}
}

bool worker_memory_init(struct worker *w)
{
	status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	rollup_fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	clear_fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (status_fd < 0)
		return worker_fail(w, "/proc/self/status", "cannot be read");
	reset_peak();
	start_ns = clock_real_ns();
	return true;
}

void worker_memory_sample(struct worker *w, uint32_t i)
{
	struct worker_sample *s = &w->samples[i];
	char buf[4096];
	uint64_t shared;
	uint64_t peak;

	read_text(status_fd, buf, sizeof(buf));
	shared = field(buf, "\nRssFile:") + field(buf, "\nRssShmem:");
	s->anon_bytes = field(buf, "\nRssAnon:");
	peak = clear_fd >= 0 ? field(buf, "\nVmHWM:") : 0;
	s->peak_bytes = s->anon_bytes;
	if (peak > shared + s->anon_bytes)
		s->peak_bytes = peak - shared;
	s->wall_ns = clock_real_ns() - start_ns;
	if (i == w->h->nr_marks - 1)
		worker_checkpoint(w, WORKER_AT_PEAK);
	else
		worker_checkpoint_mark(w, i);
	reset_peak();
}

void worker_memory_exact(struct worker_checkpoint *c)
{
	char buf[4096];

	if (rollup_fd < 0) {
		c->anon = field(read_text(status_fd, buf, sizeof(buf)),
				"\nRssAnon:");
		c->lazyfree = c->huge = c->swap = WORKER_UNKNOWN;
		return;
	}
	read_text(rollup_fd, buf, sizeof(buf));
	c->anon = field(buf, "\nAnonymous:");
	c->lazyfree = field(buf, "\nLazyFree:");
	c->huge = field(buf, "\nAnonHugePages:");
	c->swap = field(buf, "\nSwap:");
}

/* Reads a file line by line without any allocation. */
struct lines {
	int fd;
	size_t have, used;
	char buf[4096];
};

/* The next line, NUL-ended; NULL at the end of the file. */
static char *next_line(struct lines *l)
{
	for (;;) {
		char *line = l->buf + l->used;
		char *end = memchr(line, '\n', l->have - l->used);
		ssize_t n;

		if (end) {
			*end = '\0';
			l->used = (size_t)(end - l->buf) + 1;
			return line;
		}
		l->have -= l->used;
		memmove(l->buf, line, l->have);
		l->used = 0;
		n = read(l->fd, l->buf + l->have, sizeof(l->buf) - l->have);
		if (n <= 0)
			return NULL;
		l->have += (size_t)n;
	}
}

/* Whether the mapping that this line of smaps begins is a library's. */
static bool is_library(const struct worker *w, const char *line)
{
	uintptr_t plan = (uintptr_t)w->words;
	uintptr_t at = strtoull(line, NULL, 16);
	const char *path = strchr(line, '/');

	return path && strncmp(path, "/memfd:", 7) != 0 &&
	       (at < plan || at >= plan + w->h->bytes);
}

uint64_t worker_memory_files(const struct worker *w)
{
	static struct lines lines;
	uint64_t bytes = 0;
	bool counts = false;
	char *line;

	lines.have = lines.used = 0;
	lines.fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return 0;
	while ((line = next_line(&lines))) {
		if (*line < 'A' || *line > 'Z')
			counts = is_library(w, line);
		else if (counts && !strncmp(line, "Rss:", 4))
			bytes += field(line, "Rss:");
		else if (counts && !strncmp(line, "Anonymous:", 10))
			bytes -= field(line, "Anonymous:");
	}
	close(lines.fd);
	return bytes;
}
