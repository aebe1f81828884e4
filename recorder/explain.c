// SPDX-License-Identifier: MIT
/* Looks at a program's file for what keeps a library from being preloaded. */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "recorder/explain.h"

#if defined(__x86_64__)
# define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
# define OUR_MACHINE EM_AARCH64
#endif

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
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != OUR_MACHINE)
		return "it is built for another architecture; record its "
		       "build for this one";
	if (!has_interpreter(fd, &eh))
		return "it is linked statically; link it dynamically to "
		       "record it";
	if (runs_with_privileges(path, fd))
		return "it runs with other privileges (setuid), so that "
		       "LD_PRELOAD is ignored; record it as that user";
	return "LD_PRELOAD was ignored or removed on the way to it; start "
	       "it directly";
}

void explain_unloaded(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	snprintf(text, len, "no events were recorded from %.300s: %s",
		 *path ? path : "the program", reason(path, fd));
	if (fd >= 0)
		close(fd);
}
