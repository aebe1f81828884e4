// SPDX-License-Identifier: MIT
/*
 * Families of processes. The first allocates blocks of 7001 bytes, children of
 * 7002, grandchildren and executed programs of 7003.
 *   rec_follow fork|vfork|spawn|forkexec   one child
 *   rec_follow prefork N     N children at work until each gets a signal
 *   rec_follow daemon SECONDS   fork twice, the parents exit at once
 *   rec_follow orphan        the child outlives its parent
 *   rec_follow thread-exec   a thread other than main executes a program
 *   rec_follow main-leaves   main ends by pthread_exit, others go on
 *   rec_follow forks N       N children, one after the other
 *   rec_follow work          10 blocks of 7003 bytes
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self;

static void allocate(int nr, size_t size)
{
	while (nr--)
		free(malloc(size));
}

static char **work_args(void)
{
	static char mode[] = "work";
	static char *argv[] = { NULL, mode, NULL };

	argv[0] = self;
	return argv;
}

static int reap(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	allocate(10, 7001);
	return WEXITSTATUS(status);
}

static int one_fork(int executes)
{
	pid_t pid = fork();

	if (!pid) {
		allocate(10, 7002);
		if (executes)
			execv("/proc/self/exe", work_args());
		exit(6);
	}
	return reap(pid);
}

static int one_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execv("/proc/self/exe", work_args());
		_exit(1);
	}
	return reap(pid);
}

static int one_spawn(void)
{
	pid_t pid;

	if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, work_args(),
			environ))
		return 1;
	return reap(pid);
}

/* Workers that are told apart by how many blocks they allocate. */
static int prefork(int nr)
{
	int i, status, killed = 0;

	for (i = 1; i <= nr; i++) {
		if (fork())
			continue;
		allocate(100 + i, 7002);
		usleep(400000);
		if (i % 10 == 0)
			raise(SIGKILL);
		exit(0);
	}
	while (wait(&status) > 0)
		killed += WIFSIGNALED(status);
	allocate(10, 7001);
	return killed;
}

static int become_daemon(unsigned seconds)
{
	allocate(10, 7001);
	if (fork())
		_exit(4);
	setsid();
	allocate(10, 7002);
	if (fork())
		_exit(0);
	allocate(10, 7003);
	while (seconds--) {
		sleep(1);
		allocate(10, 7003);
	}
	return 0;
}

static int orphan(void)
{
	allocate(10, 7001);
	if (fork())
		return 5;
	usleep(300000); /* no event until the parent is gone */
	allocate(10, 7002);
	return 0;
}

static void *execute(void *arg)
{
	allocate(10, 7002);
	execv("/proc/self/exe", work_args());
	return arg;
}

static int thread_exec(void)
{
	pthread_t thread;

	allocate(10, 7001);
	pthread_create(&thread, NULL, execute, NULL);
	pause();
	return 1;
}

static void *go_on(void *arg)
{
	static char *block[40];
	int i;

	for (i = 0; i < 40; i++) {
		block[i] = malloc(1 << 20);
		memset(block[i], 1, 1 << 20);
		usleep(20000);
	}
	exit(3);
	return arg;
}

static void main_leaves(void)
{
	pthread_t thread;

	allocate(10, 7001);
	pthread_create(&thread, NULL, go_on, NULL);
	pthread_exit(NULL);
}

static int forks(int nr)
{
	while (nr--) {
		pid_t pid = fork();

		if (!pid) {
			allocate(10, 7002);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int nr = argc > 2 ? atoi(argv[2]) : 0;

	self = argv[0];
	if (!strcmp(mode, "work"))
		allocate(10, 7003);
	else if (!strcmp(mode, "fork"))
		return one_fork(0);
	else if (!strcmp(mode, "forkexec"))
		return one_fork(1);
	else if (!strcmp(mode, "vfork"))
		return one_vfork();
	else if (!strcmp(mode, "spawn"))
		return one_spawn();
	else if (!strcmp(mode, "prefork"))
		return prefork(nr);
	else if (!strcmp(mode, "daemon"))
		return become_daemon((unsigned)nr);
	else if (!strcmp(mode, "orphan"))
		return orphan();
	else if (!strcmp(mode, "thread-exec"))
		return thread_exec();
	else if (!strcmp(mode, "main-leaves"))
		main_leaves();
	else if (!strcmp(mode, "forks"))
		return forks(nr);
	else
		return 2;
	return 7;
}
