// SPDX-License-Identifier: MIT
/* What the memory at an address is: of which loaded file, and readable? */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/stack_rule.h"

/* From the first byte of a file's memory to behind its last one. */
static void bound(struct stack_object *o, const ElfW(Phdr) * phdr, unsigned nr)
{
	uint64_t start, end;

	o->start = UINT64_MAX;
	o->end = 0;
	for (; nr--; phdr++) {
		start = o->bias + phdr->p_vaddr;
		end = start + phdr->p_memsz;
		if (phdr->p_type == PT_LOAD && start < o->start)
			o->start = start & ~4095ull;
		if (phdr->p_type == PT_LOAD && end > o->end)
			o->end = (end + 4095) & ~4095ull;
	}
}

#ifdef DLFO_EH_SEGMENT_TYPE /* glibc 2.35 */

/* The program headers of a file that was found; NULL: who knows. */
static const ElfW(Phdr) *
	headers(const struct dl_find_object *found, unsigned *nr)
{
	uint64_t base = found->dlfo_link_map->l_addr;
	const ElfW(Ehdr) *eh = (const void *)(uintptr_t)base;

	if (!*found->dlfo_link_map->l_name) {
		*nr = (unsigned)getauxval(AT_PHNUM);
		return (const void *)(uintptr_t)getauxval(AT_PHDR);
	}
	if (!base || base & 4095 ||
	    (base != (uintptr_t)found->dlfo_map_start &&
	     !stack_readable(base)) ||
	    memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return NULL;
	*nr = eh->e_phnum;
	return (const void *)((const char *)eh + eh->e_phoff);
}

bool stack_object_find(uint64_t addr, struct stack_object *object)
{
	const ElfW(Phdr) * phdr;
	struct dl_find_object found;
	unsigned nr = 0;

	/* Waits for nobody and may be called in signal handlers. */
	if (_dl_find_object((void *)(uintptr_t)addr, &found))
		return false;
	*object = (struct stack_object){
		.bias = found.dlfo_link_map->l_addr,
		.name = found.dlfo_link_map->l_name,
		.eh_frame_hdr = found.dlfo_eh_frame,
	};
	/* What was found may be one segment of several. */
	phdr = headers(&found, &nr);
	if (phdr)
		bound(object, phdr, nr);
	if (addr < object->start || addr >= object->end) {
		object->start = (uintptr_t)found.dlfo_map_start;
		object->end = (uintptr_t)found.dlfo_map_end;
	}
	return true;
}

#else

struct search {
	uint64_t addr;
	struct stack_object *object;
};

static int visit(struct dl_phdr_info *info, size_t size, void *context)
{
	const struct search *search = context;
	struct stack_object *o = search->object;
	unsigned i;

	(void)size;
	*o = (struct stack_object){ .bias = info->dlpi_addr,
				    .name = info->dlpi_name };
	bound(o, info->dlpi_phdr, info->dlpi_phnum);
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
			o->eh_frame_hdr =
				(const void *)(uintptr_t)(o->bias +
							  info->dlpi_phdr[i]
								  .p_vaddr);
	return search->addr >= o->start && search->addr < o->end;
}

bool stack_object_find(uint64_t addr, struct stack_object *object)
{
	struct search search = { addr, object };

	return dl_iterate_phdr(visit, &search);
}

#endif

bool stack_readable(uint64_t addr)
{
	int saved_errno = errno;
	bool readable;

	/* Reads a set of signals there, and then objects to the -1. */
	readable = syscall(SYS_rt_sigprocmask, -1, addr & ~7ull, NULL, 8) < 0 &&
		   errno != EFAULT;
	errno = saved_errno;
	return readable;
}
