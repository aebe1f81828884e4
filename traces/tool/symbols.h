// SPDX-License-Identifier: MIT
/*
 * From the addresses of a tape's stacks to functions, files and lines, by the
 * symbols and debug information of the files that lie on this machine now. A
 * file that is no longer the recorded one, by its build id, is not used.
 * Never asks the network. One thread at a time.
 */
#ifndef TRACES_TOOL_SYMBOLS_H
#define TRACES_TOOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct tape_module;
struct symbols;

/* Texts live as long as struct symbols. */
struct symbol_frame {
	const char *function; /* demangled, or NULL */
	const char *file;     /* of the source, or NULL */
	const char *module;   /* last part of its path; "" when unknown */
	uint64_t address;     /* in the module, of the call */
	unsigned line;        /* 0: unknown */
	bool inlined;         /* into the frame that follows */
};

/*
 * Prepare for modules[1] to modules[nr], which must outlive *out. Files are
 * opened when they are asked for. 0 or -ERR_NOMEM.
 */
int symbols_open(struct symbols **out, const struct tape_module *modules,
		 size_t nr, struct err *err);
/*
 * What a return address in a module (0: not known) belongs to: *frames has as
 * many frames as are returned, at least one, the innermost first; those
 * before the last were inlined. Valid until symbols_close. 0: out of memory.
 */
size_t symbols_resolve(struct symbols *s, uint32_t module, uint64_t address,
		       const struct symbol_frame **frames);
/*
 * Why a module has no symbols, for each that was asked for: a text that lives
 * as long as s, or NULL when it has them. symbols_missing: its debug
 * information is not here, so that lines and inlined calls are not known.
 */
const char *symbols_trouble(const struct symbols *s, uint32_t module);
bool symbols_missing(const struct symbols *s, uint32_t module);
void symbols_close(struct symbols *s);

/* Whether this build can read symbols at all. */
bool symbols_built_in(void);

#endif
