// SPDX-License-Identifier: MIT
/*
 * What the ELF headers of a shared object tell, by libelf. Where objects are
 * searched is in library_find.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "allocators/library.h"
#include "traces/base/err.h"

#define TEXT_MAX 128 /* longer constant texts are not looked at */

struct object {
	int fd;
	Elf *elf;
	GElf_Ehdr header;
};

/* 0, or -1 with the reason in *why (errno for the first of them). */
static int object_open(struct object *object, const char *path,
		       const char **why)
{
	elf_version(EV_CURRENT);
	*object = (struct object){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	*why = "cannot be read";
	if (object->fd < 0)
		return -1;
	*why = "is not an ELF file";
	object->elf = elf_begin(object->fd, ELF_C_READ_MMAP, NULL);
	if (object->elf && elf_kind(object->elf) == ELF_K_ELF &&
	    gelf_getehdr(object->elf, &object->header))
		return 0;
	if (object->elf)
		elf_end(object->elf);
	close(object->fd);
	return -1;
}

static void object_close(struct object *object)
{
	elf_end(object->elf);
	close(object->fd);
}

/* The next section of that type after scn (NULL: the first), or NULL. */
static Elf_Scn *next_section(const struct object *object, Elf_Scn *scn,
			     uint32_t type, GElf_Shdr *shdr)
{
	while ((scn = elf_nextscn(object->elf, scn)))
		if (gelf_getshdr(scn, shdr) && shdr->sh_type == type)
			return scn;
	return NULL;
}

static bool object_exports(const struct object *object, const char *symbol)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = next_section(object, NULL, SHT_DYNSYM, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	GElf_Sym sym;
	int i;

	for (i = 0; data && gelf_getsym(data, i, &sym); i++) {
		const char *name =
			elf_strptr(object->elf, shdr.sh_link, sym.st_name);

		if (name && sym.st_shndx != SHN_UNDEF && !strcmp(name, symbol))
			return true;
	}
	return false;
}

/* Whether the object is of the machine that this program was built for. */
static bool is_of_this_machine(const GElf_Ehdr *header)
{
	struct object self;
	const char *why;
	bool same;

	if (object_open(&self, "/proc/self/exe", &why))
		return false;
	same = header->e_machine == self.header.e_machine &&
	       header->e_ident[EI_CLASS] == self.header.e_ident[EI_CLASS] &&
	       header->e_ident[EI_DATA] == self.header.e_ident[EI_DATA];
	object_close(&self);
	return same;
}

int library_check(const char *path, struct err *err)
{
	struct object object;
	const char *why;

	errno = 0;
	if (object_open(&object, path, &why))
		return err_set(err, ERR_MISSING, errno, "%s %s", path, why);
	why = NULL;
	if (object.header.e_type != ET_DYN)
		why = "is not a shared object";
	else if (!is_of_this_machine(&object.header))
		why = "is built for another machine";
	else if (!object_exports(&object, "malloc") ||
		 !object_exports(&object, "free"))
		why = "exports no malloc and free; it is no allocator";
	object_close(&object);
	return why ? err_set(err, ERR_MISSING, 0, "%s %s", path, why) : 0;
}

bool library_exports(const char *path, const char *symbol)
{
	struct object object;
	const char *why;
	bool found;

	if (object_open(&object, path, &why))
		return false;
	found = object_exports(&object, symbol);
	object_close(&object);
	return found;
}

/* Write the note's bytes in hex when it is the build-id; true if it was. */
static bool note_build_id(const Elf_Data *data, char *hex, size_t len)
{
	size_t at = 0, next, name, desc, i;
	GElf_Nhdr note;
	const unsigned char *bytes = data->d_buf;

	for (; (next = gelf_getnote((Elf_Data *)data, at, &note, &name, &desc));
	     at = next) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp(bytes + name, "GNU", 4))
			continue;
		for (i = 0; i < note.n_descsz && 2 * i + 2 < len; i++)
			snprintf(hex + 2 * i, 3, "%02x", bytes[desc + i]);
		return true;
	}
	return false;
}

void library_build_id(const char *path, char *hex, size_t len)
{
	struct object object;
	Elf_Scn *scn = NULL;
	const char *why;
	GElf_Shdr shdr;

	hex[0] = '\0';
	if (object_open(&object, path, &why))
		return;
	while ((scn = next_section(&object, scn, SHT_NOTE, &shdr))) {
		Elf_Data *data = elf_getdata(scn, NULL);

		if (data && note_build_id(data, hex, len))
			break;
	}
	object_close(&object);
}

/* Look for the pattern among the lines of one section's data. */
static bool data_text(const Elf_Data *data, const char *pattern, char *text,
		      size_t len)
{
	const char *at = data->d_buf, *end = at + data->d_size, *stop;
	char line[TEXT_MAX];

	for (; at < end; at = stop + 1) {
		for (stop = at; stop < end && *stop && *stop != '\n';)
			stop++;
		if (stop == at || stop - at >= TEXT_MAX)
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)(stop - at), at);
		if (fnmatch(pattern, line, 0))
			continue;
		snprintf(text, len, "%s", line);
		return true;
	}
	return false;
}

void library_text(const char *path, const char *pattern, char *text, size_t len)
{
	struct object object;
	Elf_Scn *scn = NULL;
	const char *why;
	GElf_Shdr shdr;

	text[0] = '\0';
	if (object_open(&object, path, &why))
		return;
	while ((scn = next_section(&object, scn, SHT_PROGBITS, &shdr))) {
		Elf_Data *data = elf_getdata(scn, NULL);

		if (data && data->d_buf &&
		    (shdr.sh_flags & (SHF_ALLOC | SHF_EXECINSTR)) ==
			    SHF_ALLOC &&
		    data_text(data, pattern, text, len))
			break;
	}
	object_close(&object);
}
