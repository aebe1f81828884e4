// SPDX-License-Identifier: MIT
/* Reads what results depend on from uname, sysconf, /proc and /sys. */
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "replayer/replay_environment.h"
#include "results/result.h"

/* The first line of a file; "" where it is not there. */
static void first_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (!f)
		return;
	if (!fgets(buf, (int)len, f))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

/* The text behind the first "key  : " of /proc/cpuinfo; "" without. */
static void cpuinfo(const char *key, char *buf, size_t len)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[4096];

	buf[0] = '\0';
	while (f && !buf[0] && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(buf, len, "%s", colon + 1 + (colon[1] == ' '));
	}
	if (f)
		fclose(f);
}

/* "always [madvise] never": what stands in brackets. */
static void chosen(char *text)
{
	char *open = strchr(text, '['), *close = strchr(text, ']');

	if (!open || !close || close < open)
		return;
	*close = '\0';
	memmove(text, open + 1, strlen(open + 1) + 1);
}

static int add(struct result_doc *doc, const char *key, const char *value,
	       struct err *err)
{
	return *value ? result_add_environment(doc, key, value, err) : 0;
}

static int add_number(struct result_doc *doc, const char *key, long value,
		      struct err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	return result_add_environment(doc, key, text, err);
}

static int add_cpu(struct result_doc *doc, struct err *err)
{
	char text[4096];
	int rc;

	cpuinfo("model name", text, sizeof(text));
	if (!text[0])
		cpuinfo("CPU part", text, sizeof(text));
	rc = add(doc, "cpu", text, err);
	cpuinfo("flags", text, sizeof(text));
	if (!rc && text[0])
		rc = add(doc, "hypervisor",
			 strstr(text, " hypervisor") ? "yes" : "no", err);
	first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
		   text, sizeof(text));
	if (!rc)
		rc = add(doc, "governor", text[0] ? text : "unknown", err);
	if (!rc)
		rc = add_number(doc, "cpus", sysconf(_SC_NPROCESSORS_ONLN),
				err);
	return rc;
}

/* Vendor, family, model and stepping: the model's name is not enough. */
static int add_cpu_id(struct result_doc *doc, struct err *err)
{
	static const char *const keys[] = { "vendor_id",       "cpu family",
					    "model",           "stepping",
					    "CPU implementer", "CPU variant",
					    "CPU part",        "CPU revision" };
	char id[128] = "", text[64];
	size_t used = 0, i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		cpuinfo(keys[i], text, sizeof(text));
		if (text[0] && used < sizeof(id))
			used += (size_t)snprintf(id + used, sizeof(id) - used,
						 "%s%.40s", used ? " " : "",
						 text);
	}
	return add(doc, "cpu_id", id, err);
}

/* The limit of this process's cgroup, as a container sees it, too. */
static int add_memory_limit(struct result_doc *doc, struct err *err)
{
	char line[512], path[600], text[64];
	const char *own;

	first_line("/proc/self/cgroup", line, sizeof(line));
	own = !strncmp(line, "0::", 3) ? line + 3 : "/";
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", own);
	first_line(path, text, sizeof(text));
	if (!text[0])
		first_line("/sys/fs/cgroup/memory.max", text, sizeof(text));
	return add(doc, "memory_limit_bytes",
		   text[0] && strcmp(text, "max") != 0 ? text : "none", err);
}

/* Files that the usual engines leave in a container. */
static int add_container(struct result_doc *doc, struct err *err)
{
	bool there = !access("/.dockerenv", F_OK) ||
		     !access("/run/.containerenv", F_OK) ||
		     !access("/run/systemd/container", F_OK);

	return add(doc, "container", there ? "yes" : "no", err);
}

/* What makes machines of one class, and is not told elsewhere. */
static int add_details(struct result_doc *doc, struct err *err)
{
	char smt[16];
	cpu_set_t set;
	int rc = add_cpu_id(doc, err);

	if (!rc && !sched_getaffinity(0, sizeof(set), &set))
		rc = add_number(doc, "usable_cpus", CPU_COUNT(&set), err);
	first_line("/sys/devices/system/cpu/smt/active", smt, sizeof(smt));
	if (!rc)
		rc = add(doc, "smt", smt, err);
	if (!rc)
		rc = add_memory_limit(doc, err);
	return rc ? rc : add_container(doc, err);
}

int replay_environment(struct result_doc *doc, struct err *err)
{
	long page = sysconf(_SC_PAGESIZE);
	struct utsname uts;
	char text[256];
	int rc = 0;

	if (!uname(&uts)) {
		rc = add(doc, "host", uts.nodename, err);
		if (!rc)
			rc = add(doc, "kernel", uts.release, err);
		if (!rc)
			rc = add(doc, "machine", uts.machine, err);
	}
	if (!rc)
		rc = add_cpu(doc, err);
	if (!rc)
		rc = add_number(doc, "page_size_bytes", page, err);
	if (!rc)
		rc = add_number(doc, "memory_bytes",
				sysconf(_SC_PHYS_PAGES) * page, err);
	first_line("/sys/kernel/mm/transparent_hugepage/enabled", text,
		   sizeof(text));
	chosen(text);
	if (!rc)
		rc = add(doc, "thp", text, err);
	if (!rc)
		rc = add(doc, "libc", gnu_get_libc_version(), err);
	return rc ? rc : add_details(doc, err);
}
