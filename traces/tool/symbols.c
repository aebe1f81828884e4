// SPDX-License-Identifier: MIT
/* Modules and a cache of addresses; names are demangled where that can be. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_stacks.h"
#include "traces/tool/symbols.h"
#include "traces/tool/symbols_file.h"

#define FIRST_BITS 10

struct symbols_module {
	struct symbols_file *file;
	const char *why;  /* there is none */
	const char *name; /* in the path */
	bool tried;
};

/* The frames of one address. */
struct place {
	uint64_t address;
	uint32_t module;
	uint32_t nr; /* 0: this place of the table is empty */
	struct symbol_frame *frames;
};

struct symbols {
	const struct tape_module *from;
	struct symbols_module *modules; /* by number */
	size_t nr_modules;
	struct place *places; /* hash table */
	size_t nr_places;
	unsigned bits; /* log2 of its size */
	char **names;  /* that were made by demangling */
	size_t nr_names;
	void *library; /* of the demangler, or NULL */
	char *(*demangle)(const char *, char *, size_t *, int *);
};

/* Every C++ program brings the library that knows how to. */
static void find_demangler(struct symbols *s)
{
	s->library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
	if (s->library)
		*(void **)&s->demangle = dlsym(s->library, "__cxa_demangle");
}

int symbols_open(struct symbols **out, const struct tape_module *modules,
		 size_t nr, struct err *err)
{
	struct symbols *s = calloc(1, sizeof(*s));
	size_t i;

	*out = s;
	if (s) {
		s->bits = FIRST_BITS;
		s->modules = calloc(nr + 1, sizeof(*s->modules));
		s->places = calloc((size_t)1 << s->bits, sizeof(*s->places));
	}
	if (!s || !s->modules || !s->places) {
		symbols_close(s);
		*out = NULL;
		return err_set(err, ERR_NOMEM, 0, "out of memory for symbols");
	}
	s->from = modules;
	s->nr_modules = nr;
	s->modules[0].name = "";
	for (i = 1; i <= nr; i++) {
		const char *slash = strrchr(modules[i].path, '/');

		s->modules[i].name = slash ? slash + 1 : modules[i].path;
	}
	find_demangler(s);
	return 0;
}

static struct place *find(const struct symbols *s, uint32_t module,
			  uint64_t address)
{
	uint64_t key = address ^ (uint64_t)module << 48;
	size_t mask = ((size_t)1 << s->bits) - 1;
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ULL >> (64 - s->bits));

	while (s->places[at].nr && (s->places[at].address != address ||
				    s->places[at].module != module))
		at = (at + 1) & mask;
	return &s->places[at];
}

/* Twice the places. False: out of memory. */
static bool grow(struct symbols *s)
{
	struct symbols grown = *s;
	size_t i;

	grown.bits++;
	grown.places = calloc((size_t)1 << grown.bits, sizeof(*grown.places));
	if (!grown.places)
		return false;
	for (i = 0; i < (size_t)1 << s->bits; i++)
		if (s->places[i].nr)
			*find(&grown, s->places[i].module,
			      s->places[i].address) = s->places[i];
	free(s->places);
	*s = grown;
	return true;
}

/* The name for people; the raw one where it cannot be made. */
static const char *demangled(struct symbols *s, const char *name)
{
	char **names, *text;
	int status;

	if (!name || name[0] != '_' || name[1] != 'Z' || !s->demangle)
		return name;
	text = s->demangle(name, NULL, NULL, &status);
	if (!text)
		return name;
	names = realloc(s->names, (s->nr_names + 1) * sizeof(*names));
	if (!names) {
		free(text);
		return name;
	}
	s->names = names;
	names[s->nr_names++] = text;
	return text;
}

static struct symbols_module *get_module(struct symbols *s, uint32_t number)
{
	struct symbols_module *m =
		&s->modules[number <= s->nr_modules ? number : 0];

	if (m->tried)
		return m;
	m->tried = true;
	if (m == s->modules)
		m->why = "no module is known there";
	else
		m->file = symbols_file_open(s->from[number].path,
					    s->from[number].build_id, &m->why);
	if (m->file)
		m->why = NULL;
	return m;
}

/* Look the call up: one byte before the address that it returns to. */
static bool fill(struct symbols *s, struct place *place)
{
	struct symbols_raw raw[SYMBOLS_INLINED_MAX];
	struct symbols_module *m = get_module(s, place->module);
	uint64_t call = place->address - (place->address > 0);
	size_t nr = 0, i;

	if (m->file)
		nr = symbols_file_frames(m->file, call, raw);
	place->frames = calloc(nr ? nr : 1, sizeof(*place->frames));
	if (!place->frames)
		return false;
	for (i = 0; i < nr; i++) {
		place->frames[i].function = demangled(s, raw[i].function);
		place->frames[i].file = raw[i].source;
		place->frames[i].line = raw[i].line;
		place->frames[i].inlined = i + 1 < nr;
	}
	place->nr = (uint32_t)(nr ? nr : 1);
	for (i = 0; i < place->nr; i++) {
		place->frames[i].module = m->name;
		place->frames[i].address = call;
	}
	return true;
}

size_t symbols_resolve(struct symbols *s, uint32_t module, uint64_t address,
		       const struct symbol_frame **frames)
{
	struct place *place;

	if (s->nr_places >= ((size_t)1 << s->bits) / 4 * 3 && !grow(s))
		return 0;
	place = find(s, module, address);
	if (!place->nr) {
		struct place made = { .address = address, .module = module };

		if (!fill(s, &made))
			return 0;
		*place = made;
		s->nr_places++;
	}
	*frames = place->frames;
	return place->nr;
}

const char *symbols_trouble(const struct symbols *s, uint32_t module)
{
	return module <= s->nr_modules ? s->modules[module].why : NULL;
}

bool symbols_missing(const struct symbols *s, uint32_t module)
{
	return module <= s->nr_modules && s->modules[module].file &&
	       !symbols_file_has_debug(s->modules[module].file);
}

void symbols_close(struct symbols *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; s->places && i < (size_t)1 << s->bits; i++)
		free(s->places[i].frames);
	for (i = 0; s->modules && i <= s->nr_modules; i++)
		symbols_file_close(s->modules[i].file);
	for (i = 0; i < s->nr_names; i++)
		free(s->names[i]);
	free(s->names);
	free(s->places);
	free(s->modules);
	if (s->library)
		dlclose(s->library);
	free(s);
}
