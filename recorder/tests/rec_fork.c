// SPDX-License-Identifier: MIT
/*
 * Children that are born while threads are inside of malloc, and those that
 * share their parent's memory. The first process allocates blocks of 7001
 * bytes, children of 7002; prints how many the first process allocated.
 *   rec_fork load      forks 100 children beside four busy threads
 *   rec_fork storm     four threads fork 25 children each
 *   rec_fork exec      forks and executes 20 programs beside busy threads
 *   rec_fork shared    clone(CLONE_VM | CLONE_VFORK)
 *   rec_fork raw       a thread without the C library's knowledge
 *   rec_fork handlers  pthread_atfork handlers that allocate
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_THREADS 4
#define STACK      (256 << 10)

static atomic_int over;
static atomic_long nr_blocks;
static char stack[STACK] __attribute__((aligned(64)));

static void use(size_t size)
{
	char *p = realloc(malloc(size), size + 1000);

	memset(p, 1, size);
	free(calloc(3, 100));
	free(p);
	if (size == 7001)
		nr_blocks++;
}

static void *churn(void *arg)
{
	while (!over)
		use(7001);
	return arg;
}

/* In the child; any hang is ended by the alarm. */
static void be_child(void)
{
	int i;

	alarm(10);
	for (i = 0; i < 50; i++)
		use(7002);
	_exit(0);
}

static void reap(pid_t pid)
{
	int status = 1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "a child ended with %#x\n", status);
		exit(1);
	}
}

static void fork_children(int nr)
{
	pid_t pid;

	while (nr--) {
		pid = fork();
		if (!pid)
			be_child();
		use(7001);
		reap(pid);
	}
}

static void *fork_some(void *arg)
{
	fork_children(25);
	return arg;
}

static void beside_threads(void *(*job)(void *), void (*meanwhile)(void))
{
	pthread_t threads[NR_THREADS];
	int i;

	for (i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, job, NULL);
	meanwhile();
	over = 1;
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void nothing(void)
{
}

static void fork_many(void)
{
	fork_children(100);
}

static void fork_and_execute(void)
{
	int nr = 20;
	pid_t pid;

	while (nr--) {
		pid = fork();
		if (!pid) {
			execlp("true", "true", (char *)NULL);
			_exit(1);
		}
		reap(pid);
	}
}

static int shared_child(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 10; i++)
		use(7001); /* it is the parent's memory */
	_exit(0);
}

static void share(void)
{
	reap(clone(shared_child, stack + STACK,
		   CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

static _Atomic pid_t raw_tid = 1;

static int raw_thread(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 10; i++)
		use(7001);
	syscall(SYS_exit, 0);
	return 0;
}

/* It uses this thread's data, which waits meanwhile. */
static void start_raw(void)
{
	pid_t seen;

	if (clone(raw_thread, stack + STACK,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
		  NULL, NULL, NULL, &raw_tid) < 0)
		exit(1);
	while ((seen = raw_tid))
		syscall(SYS_futex, &raw_tid, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void *held;

static void before_fork(void)
{
	held = malloc(7001);
	nr_blocks++;
}

static void after_fork(void)
{
	free(held);
}

static void in_child(void)
{
	free(held);
	use(7002);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "load"))
		beside_threads(churn, fork_many);
	else if (!strcmp(mode, "storm"))
		beside_threads(fork_some, nothing);
	else if (!strcmp(mode, "exec"))
		beside_threads(churn, fork_and_execute);
	else if (!strcmp(mode, "shared"))
		share();
	else if (!strcmp(mode, "raw"))
		start_raw();
	else if (!strcmp(mode, "handlers")) {
		pthread_atfork(before_fork, after_fork, in_child);
		fork_children(20);
	} else
		return 2;
	printf("%ld\n", (long)nr_blocks);
	return 0;
}
