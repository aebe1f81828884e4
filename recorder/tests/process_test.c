// SPDX-License-Identifier: MIT
/* Names of tapes, and processes that are followed to their end. */
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/pattern.h"
#include "recorder/process.h"
#include "traces/base/err.h"

static void expands_to(const char *pattern, struct pattern_name name,
		       const char *expected)
{
	char out[PATH_MAX];
	struct err err = { 0 };

	assert_int_equal(pattern_check(pattern, &err), 0);
	assert_int_equal(pattern_expand(pattern, &name, out, sizeof(out), &err),
			 0);
	assert_string_equal(out, expected);
}

static struct pattern_name named(const char *program)
{
	return (struct pattern_name){ .program = program, .pid = 1 };
}

static void letters_are_expanded(void **state)
{
	static const struct pattern_name first = { "/usr/bin/app", 42, 0, 0 };
	static const struct pattern_name child = { "app", 43, true, 0 };
	static const struct pattern_name again = { "app", 43, true, 2 };
	char host[HOST_NAME_MAX + 1] = "", expected[HOST_NAME_MAX + 16];

	(void)state;
	expands_to("%e-%p.tape", first, "app-42.tape");
	expands_to("%e-%p.tape", child, "app-43.tape");
	expands_to("%e-%p.tape", again, "app-43.2.tape");
	expands_to("out.tape", first, "out.tape");
	expands_to("out.tape", child, "out-43.tape");
	expands_to("out.tape", again, "out-43.2.tape");
	expands_to("a.b/out", child, "a.b/out-43");
	expands_to("100%%-%e.tape", child, "100%-app-43.tape");
	expands_to(".tape", child, ".tape-43");
	gethostname(host, sizeof(host) - 1);
	snprintf(expected, sizeof(expected), "%s/x", host);
	expands_to("%h/x", first, expected);
}

static void names_of_programs_are_harmless(void **state)
{
	char name[301], expected[256];
	unsigned i;

	(void)state;
	expands_to("%e.tape", named("/a/../b\n;\t\33x y"), "b_;__x_y.tape");
	expands_to("%e", named(".."), "_.");
	expands_to("%e", named("/"), "program");
	expands_to("%e", named(""), "program");
	expands_to("%e", named("50%p"), "50%p");
	/* A long one is cut between characters. */
	for (i = 0; i < 150; i++)
		memcpy(name + 2 * i, "\xc3\xa9", 2);
	name[299] = 'x';
	name[300] = '\0';
	memmove(name + 1, name, 299);
	name[0] = 'a';
	memcpy(expected, name, 199);
	expected[199] = '\0';
	expands_to("%e", named(name), expected);
}

static void bad_patterns_are_refused(void **state)
{
	static const char *const bad[] = { "",     "dir/",  "%x.tape",  "50%",
					   "%p/x", "a%e/x", "%%%/%e/x", "%\n" };
	static const struct pattern_name name = { "app", 42, true, 0 };
	struct err err = { 0 };
	char out[12];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pattern_check(bad[i], NULL), -ERR_ARG);
	assert_int_equal(pattern_expand("longer", &name, out, 10, &err), 0);
	assert_string_equal(out, "longer-42");
	assert_int_equal(pattern_expand("longer", &name, out, 9, &err),
			 -ERR_ARG);
}

/* A file of memory, mapped here and so in the children. */
static ino_t share(void **map)
{
	struct stat st;
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, 4096), 0);
	*map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	return st.st_ino;
}

static void *outlive_main(void *arg)
{
	usleep(100000);
	(void)arg;
	_exit(5);
}

static pid_t begin(int how)
{
	pid_t pid = fork();
	pthread_t thread;

	if (pid)
		return pid;
	if (how < 0) {
		pthread_create(&thread, NULL, outlive_main, NULL);
		pthread_exit(NULL);
	}
	usleep(20000);
	_exit(how);
}

static void wait_for(struct process *p)
{
	int i;

	for (i = 0; i < 500 && !process_ended(p); i++)
		usleep(10000);
	assert_true(p->over);
}

static bool found(struct process *p, pid_t pid, ino_t inode, uint64_t ago_ns)
{
	process_open(p, pid, inode, ago_ns);
	return !p->sought && !p->over;
}

static void ends_are_seen(void **state)
{
	ino_t inode = share(state);
	struct process p;
	char exe[PATH_MAX], own[PATH_MAX];
	pid_t pid = begin(7);

	/* One that its parent has not reaped yet ... */
	assert_true(found(&p, pid, inode, 0));
	process_exe(pid, exe, sizeof(exe));
	process_exe(getpid(), own, sizeof(own));
	assert_string_equal(exe, own);
	assert_false(process_ended(&p));
	wait_for(&p);
	assert_int_equal(WEXITSTATUS(p.status), 7);
	waitpid(pid, NULL, 0);
	process_close(&p);
	/* ... and one that is reaped before it is looked at. */
	pid = begin(8);
	assert_true(found(&p, pid, inode, 0));
	waitpid(pid, NULL, 0);
	wait_for(&p);
	assert_true(p.status == -1 || WEXITSTATUS(p.status) == 8);
	process_close(&p);
	/* One that was never seen alive. */
	assert_false(found(&p, pid, inode, 0));
	assert_false(process_ended(&p));
	process_give_up(&p);
	assert_true(process_ended(&p));
	munmap(*state, 4096);
}

static void main_may_leave(void **state)
{
	ino_t inode = share(state);
	char exe[PATH_MAX] = "";
	struct process p;
	pid_t pid = begin(-1);

	assert_true(found(&p, pid, inode, 0));
	usleep(50000);
	assert_false(process_ended(&p));
	process_exe(pid, exe, sizeof(exe));
	assert_true(exe[0] == '/');
	wait_for(&p);
	assert_int_equal(WEXITSTATUS(p.status), 5);
	waitpid(pid, NULL, 0);
	process_close(&p);
	munmap(*state, 4096);
}

static void others_are_not_mistaken(void **state)
{
	ino_t inode = share(state);
	struct process p;
	int status;
	pid_t pid;

	munmap(*state, 4096);
	pid = begin(0);
	/* It does not map the file, and was not there: it got the number. */
	assert_false(found(&p, pid, inode, 10000000000));
	/* It may be between two programs. */
	assert_true(found(&p, pid, inode, 0));
	process_close(&p);
	assert_false(found(&p, 0, inode, 0));
	assert_false(found(&p, -1, inode, 0));
	waitpid(pid, NULL, 0);
	/* A child asks for us, who were there before it: by some ticks. */
	usleep(50000);
	pid = fork();
	if (!pid)
		_exit(found(&p, getppid(), inode, 0));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Where descriptors are few, none is kept, and nobody taken for dead. */
static void few_descriptors_are_enough(void **state)
{
	ino_t inode = share(state);
	struct rlimit limit, few;
	struct process p;
	int next = dup(0);
	bool was_found;
	pid_t pid;

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = limit;
	few.rlim_cur = (rlim_t)next + 4;
	pid = begin(9);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	was_found = found(&p, pid, inode, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(was_found);
	assert_int_equal(p.fd, -1);
	assert_false(process_ended(&p));
	wait_for(&p);
	assert_int_equal(WEXITSTATUS(p.status), 9);
	waitpid(pid, NULL, 0);
	munmap(*state, 4096);
}

int main(void)
{
	const struct CMUnitTest process[] = {
		cmocka_unit_test(letters_are_expanded),
		cmocka_unit_test(names_of_programs_are_harmless),
		cmocka_unit_test(bad_patterns_are_refused),
		cmocka_unit_test(ends_are_seen),
		cmocka_unit_test(few_descriptors_are_enough),
		cmocka_unit_test(main_may_leave),
		cmocka_unit_test(others_are_not_mistaken),
	};

	return cmocka_run_group_tests_name("process", process, NULL, NULL);
}
