// SPDX-License-Identifier: MIT
/*
 * Tells the drain what a stack's hash stands for, and what file an address of
 * it lies in. The program knows this exactly, at the moment when it counts:
 * also of files that are replaced, deleted or soon unloaded, and in processes
 * that are over before anybody could look.
 */
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/record.h"
#include "recorder/shim/room.h"
#include "recorder/shim/stack.h"
#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_walk.h"

/* Positions of our own ring; NULL: there is no room, or it is ours no more. */
static struct ring_record *reserve(struct rec_thread *t, uint64_t nr,
				   uint64_t *pos)
{
	*pos = rec_take(t, nr);
	if (*pos + nr > atomic_load_explicit(&t->limit, memory_order_relaxed) &&
	    rec_room(t, *pos, nr) != REC_ROOM)
		return NULL;
	return t->ring;
}

static void put_word(struct ring_record *ring, uint64_t pos, uint64_t word)
{
	rec_put(ring, pos, ring_kind_bits(RING_WORD), word);
}

bool stack_tell(struct rec_thread *t, uint64_t hash, uint64_t generation,
		const uint64_t *ips, unsigned nr)
{
	uint64_t pos, ip, check = stack_hash_start(generation);
	struct ring_record *ring = reserve(t, nr + 2, &pos);
	unsigned i, kind = RING_STACK_DEF;

	if (!ring)
		return false;
	put_word(ring, pos + 1, generation);
	for (i = 0; i < nr; i++) {
		ip = __atomic_load_n(&ips[i], __ATOMIC_RELAXED);
		check = stack_hash(check, ip);
		put_word(ring, pos + 2 + i, ip);
	}
	/* Not where two threads are one to the C library. */
	if (stack_hash_end(check) != hash)
		kind = RING_SKIPPED;
	rec_put(ring, pos, ring_first(kind, 0, nr + 1), hash);
	return kind == RING_STACK_DEF;
}

/* The notes of a file, from one of its segments; the length of the id. */
static size_t id_in_notes(uint64_t at, uint64_t end, char *id)
{
	ElfW(Nhdr) note;
	uint64_t name, value;

	while (at + sizeof(note) <= end) {
		memcpy(&note, (const void *)(uintptr_t)at, sizeof(note));
		name = at + sizeof(note);
		value = name + ((note.n_namesz + 3ull) & ~3ull);
		at = value + ((note.n_descsz + 3ull) & ~3ull);
		if (at > end)
			break;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((const void *)(uintptr_t)name, "GNU", 4) &&
		    note.n_descsz <= STACK_ID_BYTES) {
			memcpy(id, (const void *)(uintptr_t)value,
			       note.n_descsz);
			return note.n_descsz;
		}
	}
	return 0;
}

/* Whether a piece of a file's memory, which is in one page, can be read. */
static bool is_in(const struct stack_object *o, uint64_t at, uint64_t len,
		  uint64_t *page)
{
	const uint64_t first = at & ~4095ull;

	if (!len || at < o->start || at >= o->end || len > 4096 - (at - first))
		return false;
	if (first != *page && !stack_readable(at))
		return false;
	*page = first;
	return true;
}

/* The build id, from the file's own headers in memory; its length. */
static size_t read_id(const struct stack_object *o, char *id)
{
	const ElfW(Ehdr) *eh = (const void *)(uintptr_t)o->start;
	ElfW(Phdr) ph;
	uint64_t at, page = 0;
	size_t len = 0;
	unsigned i;

	if (!is_in(o, o->start, sizeof(*eh), &page) ||
	    memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0 ||
	    !is_in(o, o->start + eh->e_phoff, eh->e_phnum * sizeof(ph), &page))
		return 0;
	for (i = 0; i < eh->e_phnum && !len; i++) {
		memcpy(&ph, (const char *)eh + eh->e_phoff + i * sizeof(ph),
		       sizeof(ph));
		at = o->bias + ph.p_vaddr;
		if (ph.p_type == PT_NOTE && is_in(o, at, ph.p_filesz, &page))
			len = id_in_notes(at, at + ph.p_filesz, id);
	}
	return len;
}

/* The path as far as it fits; one that is relative begins here. */
static size_t copy_path(const char *name, char *path)
{
	size_t len = strnlen(name, STACK_PATH_BYTES - 1), used = 0;
	int saved_errno = errno;
	long got;

	if (*name != '/' && memchr(name, '/', len)) {
		got = syscall(SYS_getcwd, path, STACK_PATH_BYTES - len);
		if (got > 1)
			used = (size_t)got; /* with the end of the text ... */
		if (used)
			path[used - 1] = '/';
	}
	errno = saved_errno;
	memcpy(path + used, name, len);
	return used + len;
}

bool stack_tell_module(struct rec_thread *t, uint64_t generation,
		       const struct stack_object *object,
		       struct stack_module *m)
{
	size_t id = read_id(object, m->text);
	size_t path = copy_path(object->name, m->text + id);
	size_t i,
		nr = (offsetof(struct stack_module, text) + id + path + 7) / 8;
	struct ring_record *ring;
	uint64_t pos, word;

	m->generation = generation;
	m->start = object->start;
	m->end = object->end;
	m->bias = object->bias;
	m->lengths = id | (uint64_t)path << 32;
	ring = reserve(t, nr + 1, &pos);
	if (!ring)
		return false;
	for (i = 0; i < nr; i++) {
		memcpy(&word, (const char *)m + i * sizeof(word), sizeof(word));
		put_word(ring, pos + 1 + i, word);
	}
	rec_put(ring, pos, ring_first(RING_MODULE_DEF, 0, nr), 0);
	return true;
}
