// SPDX-License-Identifier: MIT
/*
 * A process is found when the kernel has given out new process ids
 * (/proc/loadavg tells the last one), by its parent; those of others are
 * remembered and not looked at again. A sample is one read of
 * /proc/PID/status. An exec shows by another executable, or by a peak that
 * has become much smaller: the kernel's own figure may step back a little.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replayer/validate_watch.h"
#include "results/result.h"
#include "traces/base/err.h"
#include "traces/base/process_memory.h"

#define INTERVAL_MIN_NS 1000000ULL
#define INTERVAL_MAX_NS 5000000ULL
#define SEARCH_NS       50000000ULL /* search at least so often */

enum {
	MAX_CURVE = 512,
	PID_LIMIT = 1 << 22, /* of the kernel */
};

struct watch {
	const char *name;
	char library[PATH_MAX]; /* file name, links resolved; "": none */
	struct watch_process *all;
	size_t nr;
	uint8_t *foreign; /* a bit per process id: not of ours */
	int loadavg_fd;
	char last_pid[16];
	uint64_t begin_ns;
	uint64_t searched_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool read_text(int fd, char *buf, size_t len)
{
	ssize_t n = fd >= 0 ? pread(fd, buf, len - 1, 0) : -1;

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct watch_process *find(const struct watch *w, pid_t pid)
{
	size_t i;

	for (i = 0; i < w->nr; i++)
		if (w->all[i].live && w->all[i].pid == pid)
			return &w->all[i];
	return NULL;
}

/* Without memory for it, the process is not seen. */
static struct watch_process *add(struct watch *w, pid_t pid)
{
	struct watch_process *grown =
		reallocarray(w->all, w->nr + 1, sizeof(*grown));
	struct watch_process *p;

	if (!grown)
		return NULL;
	w->all = grown;
	p = &grown[w->nr++];
	memset(p, 0, sizeof(*p));
	p->pid = pid;
	p->live = true;
	p->stride = 1;
	p->status_fd = -1;
	return p;
}

static void end(struct watch_process *p)
{
	p->live = false;
	if (p->status_fd >= 0)
		close(p->status_fd);
	p->status_fd = -1;
}

int watch_open(struct watch **out, pid_t root, const char *name,
	       const char *library, struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	char path[PATH_MAX];

	*out = w;
	if (!w)
		return err_set(err, ERR_NOMEM, ENOMEM, "watch");
	w->name = name;
	if (library && realpath(library, path))
		snprintf(w->library, sizeof(w->library), "%s", last_part(path));
	w->begin_ns = now_ns();
	w->loadavg_fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	w->foreign = calloc(PID_LIMIT / 8, 1);
	if (!w->foreign || !add(w, root))
		return err_set(err, ERR_NOMEM, ENOMEM, "watch");
	return 0;
}

void watch_close(struct watch *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->nr; i++) {
		end(&w->all[i]);
		free(w->all[i].curve);
	}
	if (w->loadavg_fd >= 0)
		close(w->loadavg_fd);
	free(w->foreign);
	free(w->all);
	free(w);
}

/* The parent's id, or 0 where there is no such process any more. */
static pid_t parent_of(pid_t pid)
{
	int fd = open_proc(pid, "stat"), parent = 0;
	char stat[512];
	const char *rest;

	if (read_text(fd, stat, sizeof(stat))) {
		rest = strrchr(stat, ')');
		if (!rest || sscanf(rest + 1, " %*c %d", &parent) != 1)
			parent = 0;
	}
	if (fd >= 0)
		close(fd);
	return parent;
}

/* Look once at every process that is not known; whether one is of ours. */
static bool search_once(struct watch *w, bool last)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");
	bool found = false;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name), parent;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    pid >= PID_LIMIT || w->foreign[pid / 8] & 1 << pid % 8 ||
		    pid == getpid() || find(w, pid))
			continue;
		parent = parent_of(pid);
		if (parent == getpid() || (parent && find(w, parent)))
			found |= add(w, pid) != NULL;
		else if (last)
			w->foreign[pid / 8] |= (uint8_t)(1 << pid % 8);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A child may stand before its parent in the list, hence again. */
static void search(struct watch *w)
{
	while (search_once(w, false))
		;
	search_once(w, true);
	w->searched_ns = now_ns();
}

/* Whether any process or thread was made since the last search. */
static bool is_time_to_search(struct watch *w)
{
	const char *last;
	char text[128];

	if (now_ns() - w->searched_ns > SEARCH_NS)
		return true;
	if (!read_text(w->loadavg_fd, text, sizeof(text)))
		return false;
	last = strrchr(text, ' ');
	if (!last || !strncmp(w->last_pid, last, sizeof(w->last_pid) - 1))
		return false;
	snprintf(w->last_pid, sizeof(w->last_pid), "%.15s", last);
	return true;
}

/* When full, every other point goes. */
static void add_point(struct watch_process *p, uint64_t time_ns, uint64_t bytes)
{
	size_t i;

	if (p->nr_samples % p->stride)
		return;
	if (!p->curve)
		p->curve = calloc(MAX_CURVE, sizeof(*p->curve));
	if (!p->curve)
		return;
	if (p->nr_curve == MAX_CURVE) {
		for (i = 0; i < MAX_CURVE / 2; i++)
			p->curve[i] = p->curve[2 * i];
		p->nr_curve = MAX_CURVE / 2;
		p->stride *= 2;
	}
	p->curve[p->nr_curve++] = (struct result_point){
		.time_ns = time_ns - p->begin_ns,
		.rss_bytes = bytes,
	};
}

static void add_sample(struct watch_process *p,
		       const struct process_memory *memory)
{
	uint64_t bytes = memory->anon_bytes + memory->file_bytes;
	uint64_t now = now_ns();

	if (!p->nr_samples)
		p->begin_ns = now;
	else
		p->byte_ns += ((double)p->last_bytes + (double)bytes) / 2 *
			      (double)(now - p->last_ns);
	add_point(p, now, bytes);
	if (bytes > p->peak_bytes)
		p->peak_bytes = bytes;
	if (memory->peak_bytes > p->peak_bytes)
		p->peak_bytes = memory->peak_bytes;
	p->last_bytes = bytes;
	p->last_ns = now;
	p->nr_samples++;
}

/* The loader maps it early; look at ever more distant samples. */
static void look_for_preload(const struct watch *w, struct watch_process *p)
{
	FILE *maps;
	char path[64], line[4352];

	if (!w->library[0] || p->has_preload ||
	    p->nr_samples & (p->nr_samples - 1))
		return;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)p->pid);
	maps = fopen(path, "re");
	while (maps && !p->has_preload && fgets(line, sizeof(line), maps))
		p->has_preload = strstr(line, w->library) != NULL;
	if (maps)
		fclose(maps);
}

/* The executable that it runs now, "" when that cannot be told. */
static void read_exe(pid_t pid, char exe[4096])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, exe, 4095);
	exe[n > 0 ? n : 0] = '\0';
}

/* The process has begun another program: the one of before is over. */
static struct watch_process *renew(struct watch *w, size_t i, const char *exe)
{
	struct watch_process *p = &w->all[i];

	if (p->nr_samples) {
		pid_t pid = p->pid;

		end(p);
		p = add(w, pid);
	}
	if (!p)
		return NULL;
	snprintf(p->exe, sizeof(p->exe), "%s", exe);
	p->wanted = !strcmp(last_part(exe), w->name);
	return p;
}

/* Sample one that lives; it may end meanwhile. */
static void look_at(struct watch *w, size_t i)
{
	struct watch_process *p = &w->all[i];
	struct process_memory memory;
	char exe[4096], status[4096];

	read_exe(p->pid, exe);
	if (exe[0] && strcmp(exe, p->exe) != 0)
		p = renew(w, i, exe);
	if (!p || !p->wanted)
		return;
	if (p->status_fd < 0)
		p->status_fd = open_proc(p->pid, "status");
	if (!read_text(p->status_fd, status, sizeof(status)) ||
	    !process_memory_parse(&memory, status))
		return;
	if (memory.peak_bytes && memory.peak_bytes < p->peak_bytes / 2) {
		p = renew(w, (size_t)(p - w->all), exe);
		if (!p)
			return;
	}
	add_sample(p, &memory);
	look_for_preload(w, p);
}

void watch_look(struct watch *w)
{
	size_t nr, i;

	if (is_time_to_search(w))
		search(w);
	nr = w->nr;
	for (i = 0; i < nr; i++) {
		if (!w->all[i].live)
			continue;
		if (parent_of(w->all[i].pid))
			look_at(w, i);
		else
			end(&w->all[i]);
	}
}

uint64_t watch_interval_ns(const struct watch *w)
{
	uint64_t ns = (now_ns() - w->begin_ns) / 1000;

	if (ns < INTERVAL_MIN_NS)
		return INTERVAL_MIN_NS;
	return ns < INTERVAL_MAX_NS ? ns : INTERVAL_MAX_NS;
}

const struct watch_process *watch_largest(const struct watch *w)
{
	const struct watch_process *best = NULL;
	size_t i;

	for (i = 0; i < w->nr; i++)
		if (w->all[i].wanted && w->all[i].nr_samples &&
		    (!best || w->all[i].peak_bytes > best->peak_bytes))
			best = &w->all[i];
	return best;
}

double watch_mean_bytes(const struct watch_process *p)
{
	if (p->last_ns == p->begin_ns)
		return (double)p->last_bytes;
	return p->byte_ns / (double)(p->last_ns - p->begin_ns);
}
