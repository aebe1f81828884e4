// SPDX-License-Identifier: MIT
/* What the memory at an address is: of which loaded file, and readable? */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/stack_rule.h"

#ifdef DLFO_EH_SEGMENT_TYPE /* glibc 2.35 */

bool stack_object_find(uint64_t addr, struct stack_object *object)
{
	struct dl_find_object found;

	/* Waits for nobody and may be called in signal handlers. */
	if (_dl_find_object((void *)(uintptr_t)addr, &found))
		return false;
	object->start = (uintptr_t)found.dlfo_map_start;
	object->end = (uintptr_t)found.dlfo_map_end;
	object->bias = found.dlfo_link_map->l_addr;
	object->name = found.dlfo_link_map->l_name;
	object->eh_frame_hdr = found.dlfo_eh_frame;
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
	*o = (struct stack_object){ .start = UINT64_MAX,
				    .bias = info->dlpi_addr,
				    .name = info->dlpi_name };
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uint64_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_GNU_EH_FRAME)
			o->eh_frame_hdr = (const void *)(uintptr_t)start;
		if (ph->p_type != PT_LOAD)
			continue;
		if (start < o->start)
			o->start = start & ~4095ull;
		if (start + ph->p_memsz > o->end)
			o->end = (start + ph->p_memsz + 4095) & ~4095ull;
	}
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
