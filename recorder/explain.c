// SPDX-License-Identifier: MIT
/* Looks at a program's file for what keeps a library from being preloaded. */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "recorder/explain.h"
#include "recorder/needed.h"
#include "recorder/ring.h"

#if defined(__x86_64__)
# define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
# define OUR_MACHINE EM_AARCH64
#endif

static const char removed[] = "LD_PRELOAD was ignored or removed on the way "
			      "to it; start it directly";

static bool runs_with_privileges(const char *path, int fd)
{
	struct stat st;
	char cap[64];

	if (fstat(fd, &st))
		return false;
	return ((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
	       ((st.st_mode & S_ISGID) && st.st_gid != getegid()) ||
	       (geteuid() &&
		getxattr(path, "security.capability", cap, sizeof(cap)) > 0);
}

static bool has_interpreter(int fd, const Elf64_Ehdr *eh)
{
	Elf64_Phdr ph;
	int i;

	for (i = 0; i < eh->e_phnum; i++)
		if (pread(fd, &ph, sizeof(ph),
			  (off_t)(eh->e_phoff + (Elf64_Off)i * sizeof(ph))) ==
			    (ssize_t)sizeof(ph) &&
		    ph.p_type == PT_INTERP)
			return true;
	return false;
}

static const char *reason(const char *path, int fd)
{
	Elf64_Ehdr eh;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG))
		return "it ended before it could be looked at, or cleared "
		       "LD_PRELOAD; start the program itself, without a "
		       "wrapper";
	if (strstr(path, "/valgrind/"))
		return "valgrind answers malloc itself; give it "
		       "--soname-synonyms=somalloc=nouserintercepts";
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != OUR_MACHINE)
		return "it is built for another architecture; record its "
		       "build for this one";
	if (!has_interpreter(fd, &eh))
		return "it is linked statically; link it dynamically to "
		       "record it";
	if (runs_with_privileges(path, fd))
		return "it runs with other privileges (setuid, setgid "
		       "or capabilities), so that LD_PRELOAD is "
		       "ignored; record it as that user";
	if (needed_by(path, "libasan."))
		return "it is built with the address sanitizer, which refuses "
		       "to start behind another library; start it directly, "
		       "or with ASAN_OPTIONS=verify_asan_link_order=0";
	return removed;
}

/* Whether the environment that it was started with holds the text. */
static bool has_in_environment(pid_t pid, const char *text, bool *known)
{
	char path[64], *env = NULL;
	size_t size = 0;
	ssize_t n = -1;
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	f = fopen(path, "re");
	if (f) {
		n = getdelim(&env, &size, EOF, f);
		fclose(f);
	}
	*known = n > 0;
	found = n > 0 && memmem(env, (size_t)n, text, strlen(text));
	free(env);
	return found;
}

void explain_unloaded(const char *path, char *text, size_t len)
{
	/* It may be a pipe by now, that nobody fills. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	snprintf(text, len, "no events were recorded from %.300s: %s",
		 *path ? path : "the program", reason(path, fd));
	if (fd >= 0)
		close(fd);
}

void explain_process(pid_t pid, const char *exe, char *text, size_t len)
{
	int fd = *exe ? open(exe, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	const char *why = fd >= 0 ? reason(exe, fd) : NULL;
	bool known, preloaded;

	if (fd >= 0)
		close(fd);
	preloaded = has_in_environment(pid, "libheaptape.so", &known);
	if (!*exe)
		why = "it runs as another user; record it as that user";
	else if (!why)
		why = "its file is out of reach";
	else if (why == removed && known)
		why = preloaded ? "libheaptape.so could not be loaded into it "
				  "or not reach our memory (chroot, seccomp, "
				  "limits); start it without these"
				: "its environment was cleared on the way to "
				  "it; pass LD_PRELOAD and " RING_ENV " on";
	snprintf(text, len, "%.300s (process %d) is not recorded: %s",
		 *exe ? exe : "a program", (int)pid, why);
}
