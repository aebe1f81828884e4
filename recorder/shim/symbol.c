// SPDX-License-Identifier: MIT
/*
 * Looks a function up as dlsym(RTLD_NEXT) does, but in silence: dlsym ends
 * the error that the program may still want from dlerror(), and allocates the
 * text of one when it finds nothing.
 */
#include <link.h>
#include <string.h>

#include "recorder/shim/real.h"

#define HIDDEN_VERSION 0x8000

/* What is needed of an object's dynamic section. */
struct object {
	const ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash;
	const uint32_t *hash;
	const uint16_t *versions; /* NULL: none */
};

static void *address(const struct link_map *map, uintptr_t value)
{
	/* Not relocated where the section is read-only. */
	return (void *)(value < map->l_addr ? value + map->l_addr : value);
}

static void read_object(const struct link_map *map, struct object *o)
{
	const ElfW(Dyn) *d = map->l_ld;

	memset(o, 0, sizeof(*o));
	for (; d && d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_SYMTAB)
			o->symbols = address(map, d->d_un.d_ptr);
		else if (d->d_tag == DT_STRTAB)
			o->strings = address(map, d->d_un.d_ptr);
		else if (d->d_tag == DT_GNU_HASH)
			o->gnu_hash = address(map, d->d_un.d_ptr);
		else if (d->d_tag == DT_HASH)
			o->hash = address(map, d->d_un.d_ptr);
		else if (d->d_tag == DT_VERSYM)
			o->versions = address(map, d->d_un.d_ptr);
	}
}

static bool matches(const struct object *o, uint32_t i, const char *name)
{
	const ElfW(Sym) *symbol = &o->symbols[i];

	return symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
	       (symbol->st_info & 0xf) == STT_FUNC &&
	       !(o->versions && o->versions[i] & HIDDEN_VERSION) &&
	       !strcmp(o->strings + symbol->st_name, name);
}

static uint32_t find_by_gnu_hash(const struct object *o, const char *name)
{
	const uint32_t nr_buckets = o->gnu_hash[0], first = o->gnu_hash[1],
		       *buckets = o->gnu_hash + 4 +
				  o->gnu_hash[2] * sizeof(ElfW(Addr)) / 4,
		       *chains = buckets + nr_buckets;
	const unsigned char *c = (const unsigned char *)name;
	uint32_t hash = 5381, i;

	for (; *c; c++)
		hash = hash * 33 + *c;
	i = nr_buckets ? buckets[hash % nr_buckets] : 0;
	if (i < first)
		return 0;
	do {
		if ((chains[i - first] | 1) == (hash | 1) &&
		    matches(o, i, name))
			return i;
	} while (!(chains[i++ - first] & 1));
	return 0;
}

/* Seldom: all objects of today have the other table. */
static uint32_t find_by_count(const struct object *o, const char *name)
{
	uint32_t i;

	for (i = 1; i < o->hash[1]; i++)
		if (matches(o, i, name))
			return i;
	return 0;
}

static void *find_in(const struct link_map *map, const char *name)
{
	struct object o;
	uint32_t i = 0;

	read_object(map, &o);
	if (!o.symbols || !o.strings)
		return NULL;
	if (o.gnu_hash)
		i = find_by_gnu_hash(&o, name);
	else if (o.hash)
		i = find_by_count(&o, name);
	return i ? (void *)(map->l_addr + o.symbols[i].st_value) : NULL;
}

void *real_symbol(const char *name)
{
	const struct link_map *map = _r_debug.r_map;
	const void *self = real_object_of((void *)real_symbol);
	void *code = NULL;

	while (map && (const void *)map->l_addr != self)
		map = map->l_next;
	for (map = map ? map->l_next : NULL; map && !code; map = map->l_next)
		code = find_in(map, name);
	return code;
}
