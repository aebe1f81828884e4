// SPDX-License-Identifier: MIT
/*
 * Calls of the malloc family behind known chains of functions, told apart by
 * the size asked for. Every function of a chain is called link_*.
 * usage: rec_stacks CASE
 */
#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define LINK __attribute__((noinline, noclone)) static void
#ifdef ALL_FRAMED /* built with -fno-omit-frame-pointer */
# define WITH_FP
# define WITHOUT_FP
#else
# define WITH_FP    __attribute__((optimize("no-omit-frame-pointer")))
# define WITHOUT_FP __attribute__((optimize("omit-frame-pointer")))
#endif

/* Keeps the compiler from turning the last call into a jump. */
static volatile int after;

LINK link_take(size_t size)
{
	free(malloc(size));
	after++;
}

/* Plain chains, with and without frame pointers, and mixed. */
WITHOUT_FP LINK link_bare(size_t size)
{
	link_take(size);
	after++;
}

WITH_FP LINK link_framed(size_t size)
{
	link_bare(size);
	after++;
}

WITHOUT_FP LINK link_outer(size_t size)
{
	link_framed(size);
	after++;
}

/* A frame of a size that is known only when it runs. */
LINK link_variable(size_t room, size_t size)
{
	char *p = alloca(room);

	memset(p, 1, room);
	link_bare(size);
	after += p[room / 2];
}

/* The stack pointer is aligned, so that the frame goes by a register. */
LINK link_aligned(size_t size)
{
	char buf[256] __attribute__((aligned(128)));

	memset(buf, 1, sizeof(buf));
	__asm__ volatile("" : : "r"(buf) : "memory");
	link_bare(size);
	after += buf[7];
}

LINK link_again(unsigned times, size_t size)
{
	if (times)
		link_again(times - 1, size);
	else
		link_take(size);
	after++;
}

LINK link_family(void)
{
	void *p = NULL;

	free(calloc(1, 2001));
	p = realloc(malloc(2002), 2003);
	p = reallocarray(p, 1, 2004);
	free(p);
	free(realloc(NULL, 2005));
	free(aligned_alloc(64, 2006));
	if (!posix_memalign(&p, 64, 2007))
		free(p);
	after++;
}

static void *link_thread(void *arg)
{
	link_bare(*(size_t *)arg);
	after++;
	return arg;
}

LINK do_threads(void)
{
	pthread_t threads[8];
	size_t size = 3001;
	unsigned i;

	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, link_thread, &size);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
}

static void link_handler(int sig)
{
	link_take(sig == SIGUSR1 ? 4001 : 4002);
	after++;
}

LINK link_raise(int sig)
{
	raise(sig);
	after++;
}

LINK link_fault(volatile char *p)
{
	*p = 1;
	after++;
}

static sigjmp_buf back;

static void link_segv(int sig)
{
	(void)sig;
	link_take(4003);
	siglongjmp(back, 1);
}

LINK do_signals(void)
{
	stack_t alternative = { .ss_size = 65536 };
	struct sigaction action = { .sa_handler = link_handler };
	char *none =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGUSR1, &action, NULL);
	link_raise(SIGUSR1);
	alternative.ss_sp = malloc(alternative.ss_size);
	sigaltstack(&alternative, NULL);
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &action, NULL);
	link_raise(SIGUSR2);
	action.sa_handler = link_segv;
	sigaction(SIGSEGV, &action, NULL);
	if (!sigsetjmp(back, 1))
		link_fault(none);
	link_take(4004);
	munmap(none, 4096);
}

static ucontext_t main_context, routine;

static void link_routine(void)
{
	link_bare(5001);
	swapcontext(&routine, &main_context);
	link_take(5002);
	swapcontext(&routine, &main_context);
}

/* On stacks of several sizes, which are unmapped as soon as they are left. */
LINK do_routines(void)
{
	size_t len;

	for (len = 16384; len <= 262144; len *= 2) {
		char *stack = mmap(NULL, len, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		getcontext(&routine);
		routine.uc_stack.ss_sp = stack;
		routine.uc_stack.ss_size = len;
		makecontext(&routine, link_routine, 0);
		swapcontext(&main_context, &routine);
		link_take(5003);
		swapcontext(&main_context, &routine);
		munmap(stack, len);
	}
}

LINK link_plugin(const char *path, size_t size)
{
	void *handle = dlopen(path, RTLD_NOW);
	void (*run)(void (*)(size_t), size_t) =
		handle ? (void (*)(void (*)(size_t), size_t))dlsym(handle,
								   "run")
		       : NULL;

	if (!run) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	run(link_bare, size);
	printf("%s at %p\n", path, (void *)run);
	dlclose(handle);
	after++;
}

LINK do_fork(void)
{
	pid_t pid = fork();

	link_outer(pid ? 7001 : 7002);
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void link_jitted(void)
{
	link_take(9001);
	after++;
}

/* Code that belongs to no file: it keeps a frame pointer and calls. */
LINK link_jit(void)
{
#if defined(__x86_64__)
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5,
					      0xff, 0xd7, 0x5d, 0xc3 };
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*run)(void (*)(void));

	memcpy(p, code, sizeof(code));
	memcpy(&run, &p, sizeof(run));
	run(link_jitted);
	munmap(p, 4096);
#endif
	after++;
}

LINK do_churn(size_t size)
{
	unsigned i;

	for (i = 0; i < 20000; i++)
		link_bare(size);
}

LINK do_many(size_t size)
{
	unsigned i;

	for (i = 0; i < 2000; i++) {
		link_variable(16 + i % 64 * 16, size);
		link_aligned(size + 1);
		link_again(i % 40, size + 2);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "plain")) {
		link_outer(1001);
		link_variable(100, 1002);
		link_variable(3000, 1002);
		link_aligned(1003);
		link_again(10, 1004);
		link_again(300, 1005);
		link_family();
	} else if (!strcmp(what, "threads")) {
		do_threads();
	} else if (!strcmp(what, "signals")) {
		do_signals();
	} else if (!strcmp(what, "routines")) {
		do_routines();
	} else if (!strcmp(what, "plugins") && argc == 4) {
		link_plugin(argv[2], 6001);
		link_plugin(argv[3], 6002);
		link_plugin(argv[2], 6003);
	} else if (!strcmp(what, "fork")) {
		do_fork();
	} else if (!strcmp(what, "jit")) {
		link_jit();
	} else if (!strcmp(what, "churn")) {
		do_churn(100);
	} else if (!strcmp(what, "many")) {
		do_many(8001);
	} else {
		return 1;
	}
	puts("done");
	return 0;
}
