// SPDX-License-Identifier: MIT
/* Reads the list of needed libraries of a program that is not yet running. */
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/needed.h"

static int open_program(const char *program)
{
	const char *dir = getenv("PATH"), *end;
	char path[PATH_MAX];
	int fd = -1;

	if (strchr(program, '/') || !dir)
		return open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	for (; fd < 0 && dir; dir = *end ? end + 1 : NULL) {
		end = strchrnul(dir, ':');
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(end - dir), dir,
			 end > dir ? "/" : "", program);
		if (!access(path, X_OK))
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	return fd;
}

static bool section_needs(Elf *elf, Elf_Scn *section, const char *library)
{
	Elf_Data *data = elf_getdata(section, NULL);
	const char *name;
	GElf_Shdr sh;
	GElf_Dyn dyn;
	int i;

	if (!data || !gelf_getshdr(section, &sh) || sh.sh_type != SHT_DYNAMIC)
		return false;
	for (i = 0; gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
		name = dyn.d_tag == DT_NEEDED
			       ? elf_strptr(elf, sh.sh_link, dyn.d_un.d_val)
			       : NULL;
		if (name && !strncmp(name, library, strlen(library)))
			return true;
	}
	return false;
}

bool needed_by(const char *program, const char *library)
{
	int fd = open_program(program);
	Elf_Scn *section = NULL;
	bool found = false;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	while (!found && (section = elf_nextscn(elf, section)))
		found = section_needs(elf, section, library);
	elf_end(elf);
	close(fd);
	return found;
}
