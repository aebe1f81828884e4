// SPDX-License-Identifier: MIT
/* Specs of arms, the search for libraries, what their ELF headers tell. */
#include <dlfcn.h>
#include <libelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "allocators/library.h"
#include "allocators/registry.h"
#include "traces/base/err.h"

static void expect_error(const char *spec, int code, const char *part)
{
	struct alloc_arm arm;
	struct err err = { 0 };

	assert_int_equal(alloc_arm_parse(&arm, spec, &err), -code);
	assert_int_equal(err.code, code);
	if (!strstr(err.text, part))
		fail_msg("'%s' gave '%s', without '%s'", spec, err.text, part);
	assert_int_equal(arm.nr_knobs, 0);
}

static void glibc_and_null_need_no_library(void **state)
{
	struct alloc_arm arm;

	(void)state;
	assert_int_equal(alloc_arm_parse(&arm, "glibc", NULL), 0);
	assert_string_equal(arm.name, "glibc");
	assert_string_equal(arm.path, "");
	assert_true(arm.version[0] >= '2');
	assert_false(arm.is_null);
	alloc_arm_release(&arm);
	assert_int_equal(alloc_arm_parse(&arm, "null", NULL), 0);
	assert_true(arm.is_null);
	assert_string_equal(arm.path, "");
	alloc_arm_release(&arm);
}

static void knobs_are_split_at_commas(void **state)
{
	struct alloc_arm arm;

	(void)state;
	assert_int_equal(
		alloc_arm_parse(&arm,
				"glibc,GLIBC_TUNABLES=glibc.malloc.arena_max=1:"
				"glibc.malloc.tcache_count=0,X_1=",
				NULL),
		0);
	assert_int_equal(arm.nr_knobs, 2);
	assert_string_equal(arm.knobs[0],
			    "GLIBC_TUNABLES=glibc.malloc.arena_max=1:"
			    "glibc.malloc.tcache_count=0");
	assert_string_equal(arm.knobs[1], "X_1=");
	alloc_arm_release(&arm);
}

static void commas_inside_a_value_are_kept(void **state)
{
	struct alloc_arm arm;

	(void)state;
	assert_int_equal(alloc_arm_parse(&arm, "glibc,C=a:1,b:2,c:3,D=4", NULL),
			 0);
	assert_int_equal(arm.nr_knobs, 2);
	assert_string_equal(arm.knobs[0], "C=a:1,b:2,c:3");
	assert_string_equal(arm.knobs[1], "D=4");
	assert_string_equal(arm.label, "glibc,C=a:1,b:2,c:3,D=4");
	alloc_arm_release(&arm);
}

static void bad_specs_are_refused(void **state)
{
	char many[256] = "glibc";
	char library[400];
	int i;

	(void)state;
	memset(library, 'x', sizeof(library) - 1);
	library[sizeof(library) - 1] = '\0';
	expect_error("", ERR_ARG, "named with 1 to");
	expect_error(library, ERR_ARG, "named with 1 to");
	expect_error("nosuch", ERR_ARG, "unknown allocator 'nosuch'");
	expect_error("glibc,oops", ERR_ARG, "KEY=VALUE");
	expect_error("glibc,a:1", ERR_ARG, "KEY=VALUE");
	expect_error("glibc,=1", ERR_ARG, "KEY=VALUE");
	expect_error("glibc,1A=1", ERR_ARG, "KEY=VALUE");
	expect_error("glibc,A=1,a.b=1", ERR_ARG, "KEY=VALUE");
	for (i = 0; i <= ALLOC_KNOBS_MAX; i++)
		sprintf(many + strlen(many), ",K%d=1", i);
	expect_error(many, ERR_ARG, "more than 16 knobs");
	expect_error("x=/no/such/file.so", ERR_MISSING, "/no/such/file.so");
	expect_error("/no/such/file.so", ERR_MISSING, "/no/such/file.so");
	expect_error("x=/etc/passwd", ERR_MISSING, "is not an ELF file");
}

/* A library of this system, or skip the test. */
static void need(const char *soname, char *path, size_t len)
{
	if (library_find(soname, path, len))
		skip();
}

static void library_without_malloc_is_refused(void **state)
{
	char spec[PATH_MAX + 8];
	Dl_info elf;

	(void)state;
	if (!dladdr((void *)(uintptr_t)elf_version, &elf) ||
	    !strstr(elf.dli_fname, ".so"))
		skip();
	snprintf(spec, sizeof(spec), "elf=%s", elf.dli_fname);
	expect_error(spec, ERR_MISSING, "exports no malloc");
}

static void foreign_machine_is_refused(void **state)
{
	char dir[] = "/tmp/registry_test.XXXXXX", file[64], spec[80];
	unsigned char header[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	FILE *stream;

	(void)state;
	header[16] = 3;  /* ET_DYN */
	header[18] = 22; /* EM_S390 */
	header[20] = 1;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/liba.so", dir);
	stream = fopen(file, "we");
	assert_non_null(stream);
	assert_int_equal(fwrite(header, sizeof(header), 1, stream), 1);
	fclose(stream);
	snprintf(spec, sizeof(spec), "a=%s", file);
	expect_error(spec, ERR_MISSING, "another machine");
	unlink(file);
	rmdir(dir);
}

static void path_that_cannot_be_preloaded_is_refused(void **state)
{
	char dir[] = "/tmp/registry_test.XXXXXX", file[64], spec[80];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a b.so", dir);
	snprintf(spec, sizeof(spec), "a=%s", file);
	fclose(fopen(file, "we"));
	expect_error(spec, ERR_ARG, "a space or a colon");
	unlink(file);
	rmdir(dir);
}

static void jemalloc_is_resolved(void **state)
{
	char path[PATH_MAX], spec[PATH_MAX + 8];
	struct alloc_arm arm;

	(void)state;
	need("libjemalloc.so.2", path, sizeof(path));
	assert_int_equal(
		alloc_arm_parse(&arm, "jemalloc,MALLOC_CONF=narenas:1", NULL),
		0);
	assert_string_equal(arm.path, path);
	assert_true(arm.version[0] >= '4' && arm.version[0] <= '9');
	assert_non_null(strchr(arm.version, '.'));
	assert_int_equal(strlen(arm.build_id), 40);
	alloc_arm_release(&arm);

	snprintf(spec, sizeof(spec), "je=%s", path);
	assert_int_equal(alloc_arm_parse(&arm, spec, NULL), 0);
	assert_string_equal(arm.name, "je");
	assert_true(arm.version[0] != '\0');
	alloc_arm_release(&arm);
	assert_int_equal(alloc_arm_parse(&arm, path, NULL), 0);
	assert_string_equal(arm.name, "jemalloc");
	assert_string_equal(arm.label, path);
	alloc_arm_release(&arm);
	assert_int_equal(alloc_arm_parse(&arm, "je=libjemalloc.so.2", NULL), 0);
	assert_string_equal(arm.name, "je");
	alloc_arm_release(&arm);
}

static void every_installed_entry_resolves(void **state)
{
	size_t nr, i;
	const struct alloc_entry *entries = alloc_entries(&nr);
	char path[PATH_MAX];
	struct alloc_arm arm;

	(void)state;
	assert_true(nr >= 6);
	for (i = 0; i < nr; i++) {
		const char *const *knob = entries[i].knobs;
		struct err err = { 0 };

		for (; *knob; knob++)
			assert_non_null(strstr(*knob, "  "));
		if (alloc_entry_find(&entries[i], path, sizeof(path), &err)) {
			assert_int_equal(err.code, ERR_MISSING);
			continue;
		}
		if (alloc_arm_parse(&arm, entries[i].name, &err))
			fail_msg("%s", err.text);
		alloc_arm_release(&arm);
	}
}

static void allocators_are_identified(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_string_equal(alloc_identify("/x/libjemalloc.so.2"), "jemalloc");
	assert_string_equal(alloc_identify("libtcmalloc.so.4"), "tcmalloc");
	assert_string_equal(alloc_identify("/x/libarena.so"), "arena");
	assert_string_equal(alloc_identify("/lib/libc.so.6"), "glibc");
	assert_string_equal(alloc_identify("/no/such/thing"), "");
	assert_string_equal(alloc_identify("/etc/passwd"), "");
	assert_string_equal(alloc_identify(""), "");
	need("libmimalloc.so.2", path, sizeof(path));
	assert_string_equal(alloc_identify(path), "mimalloc");
}

static void renamed_allocator_is_identified_by_symbols(void **state)
{
	char path[PATH_MAX], dir[] = "/tmp/registry_test.XXXXXX", file[64];

	(void)state;
	need("libjemalloc.so.2", path, sizeof(path));
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/mine.so", dir);
	assert_int_equal(symlink(path, file), 0);
	assert_string_equal(alloc_identify(file), "jemalloc");
	unlink(file);
	rmdir(dir);
}

static void ld_library_path_comes_first(void **state)
{
	char path[PATH_MAX], dir[] = "/tmp/registry_test.XXXXXX", file[64],
			     real[PATH_MAX], dirs[128];

	(void)state;
	need("libjemalloc.so.2", real, sizeof(real));
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/libjemalloc.so.2", dir);
	assert_int_equal(symlink(real, file), 0);
	snprintf(dirs, sizeof(dirs), "/no/such:%s", dir);
	setenv("LD_LIBRARY_PATH", dirs, 1);
	assert_int_equal(library_find("libjemalloc.so.2", path, sizeof(path)),
			 0);
	unsetenv("LD_LIBRARY_PATH");
	assert_string_equal(path, file);
	/* A pattern is matched as it is. */
	snprintf(dirs, sizeof(dirs), "%s/libje*.so.*", dir);
	assert_int_equal(library_find(dirs, path, sizeof(path)), 0);
	assert_string_equal(path, file);
	unlink(file);
	rmdir(dir);
	assert_int_equal(library_find("libnosuch.so.9", path, sizeof(path)),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(glibc_and_null_need_no_library),
		cmocka_unit_test(knobs_are_split_at_commas),
		cmocka_unit_test(commas_inside_a_value_are_kept),
		cmocka_unit_test(bad_specs_are_refused),
		cmocka_unit_test(library_without_malloc_is_refused),
		cmocka_unit_test(foreign_machine_is_refused),
		cmocka_unit_test(path_that_cannot_be_preloaded_is_refused),
		cmocka_unit_test(jemalloc_is_resolved),
		cmocka_unit_test(every_installed_entry_resolves),
		cmocka_unit_test(allocators_are_identified),
		cmocka_unit_test(renamed_allocator_is_identified_by_symbols),
		cmocka_unit_test(ld_library_path_comes_first),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
