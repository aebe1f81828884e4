// SPDX-License-Identifier: MIT
/*
 * Symbols by elfutils: names from the symbol table, lines and inlined calls
 * from DWARF, in the file itself, below /usr/lib/debug or where its debug
 * link points. A build without elfutils knows nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/tool/symbols.h"
#include "traces/tool/symbols_file.h"

#if !defined(NO_LIBDW) && __has_include(<elfutils/libdwfl.h>)
# include <dwarf.h>
# include <elfutils/libdwfl.h>

# define DEBUG_FILE   "/usr/lib/debug/.build-id/%.2s/%s.debug"
# define BUILD_ID_MAX 128 /* digits */

struct symbols_file {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GElf_Addr bias; /* dwfl's addresses - those of the file */
};

bool symbols_built_in(void)
{
	return true;
}

/* A pipe or a device of that name must not be read, nor wait. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool same_build_id(Dwfl_Module *module, const char *wanted)
{
	const unsigned char *bits;
	GElf_Addr at;
	int nr = dwfl_module_build_id(module, &bits, &at), i;
	char hex[3];

	if (!*wanted)
		return true;
	if (nr <= 0 || strlen(wanted) != 2 * (size_t)nr)
		return false;
	for (i = 0; i < nr; i++) {
		snprintf(hex, sizeof(hex), "%02x", bits[i]);
		if (strncasecmp(hex, wanted + 2 * i, 2))
			return false;
	}
	return true;
}

static struct symbols_file *open_file(const char *path, const char *build_id,
				      const char **why)
{
	static char *debug_path; /* where elfutils looks by itself */
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = &debug_path,
	};
	struct symbols_file *f = calloc(1, sizeof(*f));
	int fd = open_regular(path);

	*why = "the file is not here";
	if (!f || fd < 0)
		goto fail;
	*why = "the file is no ELF file";
	f->dwfl = dwfl_begin(&callbacks);
	if (!f->dwfl)
		goto fail;
	dwfl_report_begin(f->dwfl);
	f->module = dwfl_report_offline(f->dwfl, "", path, fd);
	if (!f->module)
		goto fail;
	fd = -1; /* dwfl's now */
	if (dwfl_report_end(f->dwfl, NULL, NULL) ||
	    !dwfl_module_getelf(f->module, &f->bias))
		goto fail;
	*why = "the file is another one now, its build id differs";
	if (same_build_id(f->module, build_id))
		return f;
fail:
	if (fd >= 0)
		close(fd);
	symbols_file_close(f);
	return NULL;
}

struct symbols_file *symbols_file_open(const char *path, const char *build_id,
				       const char **why)
{
	char debug[sizeof(DEBUG_FILE) + BUILD_ID_MAX];
	struct symbols_file *f;
	const char *ignored;

	unsetenv("DEBUGINFOD_URLS");
	f = *path == '/' ? open_file(path, build_id, why) : NULL;
	if (*path != '/')
		*why = "it is no file";
	if (f || strlen(build_id) < 4 || strlen(build_id) > BUILD_ID_MAX ||
	    strspn(build_id, "0123456789abcdef") != strlen(build_id))
		return f;
	snprintf(debug, sizeof(debug), DEBUG_FILE, build_id, build_id + 2);
	return open_file(debug, build_id, &ignored);
}

bool symbols_file_has_debug(struct symbols_file *f)
{
	Dwarf_Addr bias;

	return dwfl_module_getdwarf(f->module, &bias) != NULL;
}

static const char *function_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(die);
}

/* Where the call stood that was inlined here. */
static void call_site(Dwarf_Die *cu, Dwarf_Die *die, struct symbols_raw *frame)
{
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	Dwarf_Word file = 0, line = 0;
	size_t nr;

	frame->source = NULL;
	frame->line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attr), &line) ||
	    dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attr), &file) ||
	    dwarf_getsrcfiles(cu, &files, &nr) || file >= nr)
		return;
	frame->source = dwarf_filesrc(files, file, NULL, NULL);
	frame->line = (unsigned)line;
}

/* The unit that holds an address: by the table of ranges, or one by one. */
static Dwarf_Die *find_unit(struct symbols_file *f, GElf_Addr at,
			    Dwarf_Addr *bias)
{
	Dwarf_Die *cu = dwfl_module_addrdie(f->module, at, bias);

	if (cu)
		return cu;
	/* Not every compiler writes that table. */
	while ((cu = dwfl_module_nextcu(f->module, cu, bias)))
		if (dwarf_haspc(cu, at - *bias) > 0)
			return cu;
	return NULL;
}

/*
 * The functions around an address, from within: inlined ones up to the one
 * that they are in. Each frame's line is that of the call in it.
 */
static size_t scope_frames(Dwarf_Die *cu, Dwarf_Addr pc,
			   struct symbols_raw *frames)
{
	Dwarf_Die *scopes = NULL, *nest = NULL;
	int nr = dwarf_getscopes(cu, pc, &scopes), i;
	size_t used = 0;

	if (nr > 0)
		nr = dwarf_getscopes_die(&scopes[0], &nest);
	for (i = 0; i < nr && used < SYMBOLS_INLINED_MAX; i++) {
		int tag = dwarf_tag(&nest[i]);

		if (tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_subprogram)
			continue;
		frames[used].function = function_name(&nest[i]);
		if (tag == DW_TAG_subprogram) {
			used++;
			break;
		}
		if (used + 1 < SYMBOLS_INLINED_MAX)
			call_site(cu, &nest[i], &frames[used + 1]);
		used++;
	}
	free(scopes);
	free(nest);
	return used;
}

size_t symbols_file_frames(struct symbols_file *f, uint64_t address,
			   struct symbols_raw *frames)
{
	GElf_Addr at = address + f->bias;
	Dwfl_Line *line = dwfl_module_getsrc(f->module, at);
	Dwarf_Addr bias;
	Dwarf_Die *cu = find_unit(f, at, &bias);
	size_t nr = 0;
	int number = 0;

	memset(&frames[0], 0, sizeof(frames[0]));
	if (line) {
		frames[0].source =
			dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
		frames[0].line = (unsigned)number;
	}
	if (cu)
		nr = scope_frames(cu, at - bias, frames);
	if (nr)
		return nr;
	frames[0].function = dwfl_module_addrname(f->module, at);
	return frames[0].function || frames[0].source;
}

void symbols_file_close(struct symbols_file *f)
{
	if (!f)
		return;
	if (f->dwfl)
		dwfl_end(f->dwfl);
	free(f);
}
#else
bool symbols_built_in(void)
{
	return false;
}

struct symbols_file *symbols_file_open(const char *path, const char *build_id,
				       const char **why)
{
	(void)path;
	(void)build_id;
	*why = "this build knows no symbols";
	return NULL;
}

bool symbols_file_has_debug(struct symbols_file *f)
{
	return f != NULL;
}

size_t symbols_file_frames(struct symbols_file *f, uint64_t address,
			   struct symbols_raw *frames)
{
	(void)f;
	(void)address;
	(void)frames;
	return 0;
}

void symbols_file_close(struct symbols_file *f)
{
	(void)f;
}
#endif
