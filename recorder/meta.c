// SPDX-License-Identifier: MIT
/* Collects the metadata of a tape. */
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "recorder/meta.h"
#include "traces/base/err.h"
#include "traces/base/version.h"
#include "traces/tape.h"

#define BUILD_ID_HEX 128
#define COMMAND_MAX  65536  /* bytes; a tape's header holds 1 MiB */
#define ENVIRON_MAX  131072 /* bytes that are looked at */

static size_t read_command(pid_t pid, char *text, size_t len)
{
	char path[64];
	size_t used = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = pid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	while (used < len && (n = read(fd, text + used, len - used)) > 0)
		used += (size_t)n;
	close(fd);
	return used;
}

char **meta_command(pid_t pid, const char *program)
{
	const size_t words = COMMAND_MAX + 2;
	char **argv = calloc(1, words * sizeof(*argv) + COMMAND_MAX + 1);
	size_t len, nr = 0;
	char *text, *c;

	if (!argv)
		return NULL;
	text = (char *)(argv + words);
	len = read_command(pid, text, COMMAND_MAX);
	if (!len)
		snprintf(text, COMMAND_MAX, "%s", program);
	for (c = text; !nr || c < text + len; c += strlen(c) + 1)
		argv[nr++] = c;
	return argv;
}

/* The command as one line that a shell would read back. */
static char *join(char *const *argv)
{
	size_t len = 0;
	char *line = NULL;
	FILE *f = open_memstream(&line, &len);
	const char *c;

	if (!f)
		return NULL;
	for (; *argv; argv++) {
		bool plain = **argv && !strpbrk(*argv, " \t\n\"'\\$`&|;<>()*?"
						       "[]{}#~!");

		if (plain) {
			fputs(*argv, f);
		} else {
			fputc('\'', f);
			for (c = *argv; *c; c++)
				fputs(*c == '\'' ? "'\\''" : (char[]){ *c, 0 },
				      f);
			fputc('\'', f);
		}
		if (argv[1])
			fputc(' ', f);
	}
	if (fclose(f)) {
		free(line);
		return NULL;
	}
	return line;
}

static void hex(char *out, const unsigned char *bytes, size_t nr)
{
	for (; nr; nr--)
		out += sprintf(out, "%02x", *bytes++);
}

/* Find the GNU build id among the notes of one segment. */
static bool build_id_in(Elf *elf, const GElf_Phdr *ph, char *out)
{
	Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)ph->p_offset,
					      ph->p_filesz, ELF_T_NHDR);
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((char *)data->d_buf + name, "GNU", 4) &&
		    note.n_descsz * 2 < BUILD_ID_HEX) {
			hex(out, (unsigned char *)data->d_buf + desc,
			    note.n_descsz);
			return true;
		}
	return false;
}

static void build_id(const char *path, char *out)
{
	/* The program named it; it may be a pipe by now, that nobody fills. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	GElf_Phdr ph;
	size_t i, nr;
	Elf *elf;

	out[0] = '\0';
	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && !elf_getphdrnum(elf, &nr))
		for (i = 0; i < nr; i++)
			if (gelf_getphdr(elf, (int)i, &ph) &&
			    ph.p_type == PT_NOTE && build_id_in(elf, &ph, out))
				break;
	elf_end(elf);
	close(fd);
}

/* The bracketed word of the kernel's THP setting. */
static void read_thp(char *out, size_t len)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[128] = "", *open_bracket, *close_bracket;

	out[0] = '\0';
	if (!f)
		return;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	open_bracket = strchr(line, '[');
	close_bracket = strchr(line, ']');
	if (open_bracket && close_bracket)
		snprintf(out, len, "%.*s",
			 (int)(close_bracket - open_bracket - 1),
			 open_bracket + 1);
}

/* The kind of machine, such as "x86_64, 2 x AMD EPYC". */
static void host_class(char *out, size_t len, const char *machine)
{
	char line[256], model[128] = "processor";
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *colon;

	while (f && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(model, sizeof(model), "%.120s", colon + 2);
		break;
	}
	if (f)
		fclose(f);
	snprintf(out, len, "%s, %ld x %s", machine,
		 sysconf(_SC_NPROCESSORS_ONLN), model);
}

static int set(struct tape_meta *meta, const char *key, const char *value,
	       struct err *err)
{
	return value && *value ? tape_meta_set(meta, key, value, err) : 0;
}

/*
 * Whether the program itself brings its allocator, so that it stays loaded
 * when another one is preloaded. False also where that cannot be told.
 */
static bool is_linked(const struct ring_process *process)
{
	static const char key[] = "LD_PRELOAD=";
	const char *name = strrchr(process->allocator, '/');
	char path[64], text[ENVIRON_MAX + 1];
	size_t at = 0, used = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/environ", process->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < ENVIRON_MAX &&
	       (n = read(fd, text + used, ENVIRON_MAX - used)) > 0)
		used += (size_t)n;
	if (fd >= 0)
		close(fd);
	text[used] = '\0';
	for (; at < used; at += strlen(text + at) + 1)
		if (!strncmp(text + at, key, sizeof(key) - 1))
			break;
	/* The recorder is preloaded, hence the variable is there. */
	return name && at < used && strncmp(name, "/libc.so", 8) != 0 &&
	       !strstr(text + at, name + 1);
}

static int collect_program(struct tape_meta *meta, char *const *argv,
			   const struct ring_process *process, struct err *err)
{
	char id[BUILD_ID_HEX];
	char *line = join(argv);
	int ret;

	if (line && strlen(line) > COMMAND_MAX)
		strcpy(line + COMMAND_MAX - 3, "...");
	ret = set(meta, "command", line, err);
	free(line);
	if (ret || !process)
		return ret;
	build_id(process->exe, id);
	ret = set(meta, "exe", process->exe, err);
	if (!ret)
		ret = set(meta, "exe_build_id", id, err);
	build_id(process->allocator, id);
	if (!ret)
		ret = set(meta, "allocator", process->allocator, err);
	if (!ret && is_linked(process))
		ret = set(meta, "allocator_linked", "yes", err);
	return ret ? ret : set(meta, "allocator_build_id", id, err);
}

static int collect_machine(struct tape_meta *meta, uint32_t clock,
			   struct err *err)
{
	struct utsname uts = { 0 };
	char thp[32], host[256], page[16], cpus[16], release[192], when[32];
	const char *const entries[][2] = {
		{ "host_class", host },
		{ "kernel", release },
		{ "page_size", page },
		{ "thp", thp },
		{ "cpus", cpus },
		{ "clock",
		  clock == RING_CLOCK_COUNTER ? "counter" : "monotonic" },
		{ "heaptape_version", HEAPTAPE_VERSION },
		{ "recorded_at", when },
	};
	time_t now = time(NULL);
	struct tm tm;
	size_t i;
	int ret;

	uname(&uts);
	snprintf(release, sizeof(release), "%s %s", uts.sysname, uts.release);
	host_class(host, sizeof(host), uts.machine);
	snprintf(page, sizeof(page), "%ld", sysconf(_SC_PAGESIZE));
	snprintf(cpus, sizeof(cpus), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	read_thp(thp, sizeof(thp));
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		ret = set(meta, entries[i][0], entries[i][1], err);
		if (ret)
			return ret;
	}
	return 0;
}

int meta_collect(struct tape_meta *meta, char *const *argv,
		 const struct ring_process *process, uint32_t clock,
		 struct err *err)
{
	int ret = collect_program(meta, argv, process, err);

	return ret ? ret : collect_machine(meta, clock, err);
}
