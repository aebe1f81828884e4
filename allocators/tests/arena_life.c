// SPDX-License-Identifier: MIT
// What a process may do while it allocates, run with arena preloaded:
//   forks N        8 threads allocate while one forks N times; children free
//                  their parent's blocks, allocate, some run another program
//   threads N      N threads that come and go, with destructors that allocate
//   signals MS     a timer's signal all the time
//   libraries SO N load and unload a library whose constructor allocates
//   atfork SO N    fork with a library whose fork handlers allocate
// Prints "ok" and figures, or dies.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NR_WORKERS = 8, NR_SHARED = 512 };

static _Atomic(char *) shared[NR_SHARED];
static _Atomic int stop;
static _Atomic long nr_ticks;

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static size_t random_size(unsigned *seed)
{
	unsigned r = (unsigned)rand_r(seed);

	if (r % 200 == 0)
		return r % 3000000;
	return r % 8 ? r % 400 : r % 20000;
}

// The size's low byte at both ends.
static char *make(size_t n)
{
	char *p = malloc(n + sizeof(n) + 1);

	if (!p)
		die("no memory");
	memcpy(p, &n, sizeof(n));
	p[sizeof(n)] = p[n + sizeof(n)] = (char)n;
	return p;
}

static void drop(char *p)
{
	size_t n;

	if (!p)
		return;
	memcpy(&n, p, sizeof(n));
	if (p[n + sizeof(n)] != (char)n)
		die("wrong contents");
	free(p);
}

// Puts blocks where other threads find and free them.
static void churn(unsigned seed, int steps)
{
	while (steps--)
		drop(atomic_exchange(&shared[rand_r(&seed) % NR_SHARED],
				     make(random_size(&seed))));
}

static void *worker(void *arg)
{
	unsigned seed = (unsigned)(size_t)arg;

	// The pause leaves the processors to who forks.
	while (!atomic_load(&stop)) {
		churn(seed++, 100);
		usleep(500);
	}
	return NULL;
}

static void start(pthread_t *t, int n)
{
	for (int i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, worker, (void *)(size_t)i))
			die("no thread");
}

static void finish(const pthread_t *t, int n)
{
	atomic_store(&stop, 1);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < NR_SHARED; i++)
		drop(atomic_exchange(&shared[i], NULL));
}

static void child(int i)
{
	alarm(30);
	if (i % 8 == 7) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	for (int k = i % 7; k < NR_SHARED; k += 7)
		drop(atomic_exchange(&shared[k], NULL));
	churn((unsigned)i, 60);
	_exit(0);
}

static void fork_times(int n)
{
	for (int i = 0; i < n; i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			child(i);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			die("a child failed");
	}
}

static void forks(int n)
{
	pthread_t t[NR_WORKERS];

	start(t, NR_WORKERS);
	fork_times(n);
	finish(t, NR_WORKERS);
	printf("ok\n");
}

static pthread_key_t key;

static void destructor(void *arg)
{
	drop(arg);
	drop(make(5000));
	drop(atomic_exchange(&shared[0], make(100)));
}

static void *short_life(void *arg)
{
	pthread_setspecific(key, make(100));
	churn((unsigned)(size_t)arg, 100);
	return make(300);
}

static long resident_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		die("no /proc");
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

// Four at a time; the memory after a tenth of them must do for all.
static void threads(long n)
{
	long early = 0;

	pthread_key_create(&key, destructor);
	for (long i = 0; i < n; i += 4) {
		pthread_t t[4];
		void *p;

		for (long k = 0; k < 4; k++)
			if (pthread_create(&t[k], NULL, short_life,
					   (void *)(i + k)))
				die("no thread");
		for (int k = 0; k < 4; k++) {
			pthread_join(t[k], &p);
			drop(p);
		}
		if (i <= n / 10)
			early = resident_kb();
	}
	printf("ok %ld %ld\n", early, resident_kb());
}

static void on_tick(int sig)
{
	(void)sig;
	atomic_fetch_add(&nr_ticks, 1);
}

static void signals(int ms)
{
	struct sigaction action = { .sa_handler = on_tick };
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct timespec from, now;
	pthread_t t[4];

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	start(t, 4);
	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		churn(99, 1000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000 +
			 (now.tv_nsec - from.tv_nsec) / 1000000 <
		 ms);
	finish(t, 4);
	printf("ok %ld\n", (long)nr_ticks);
}

static void libraries(const char *path, int n)
{
	pthread_t t[2];

	start(t, 2);
	for (int i = 0; i < n; i++) {
		void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);

		if (!so)
			die(dlerror());
		churn((unsigned)i, 20);
		dlclose(so);
	}
	finish(t, 2);
	printf("ok\n");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	int n = atoi(argv[argc - 1]);

	if (!strcmp(mode, "forks"))
		forks(n);
	else if (!strcmp(mode, "threads"))
		threads(n);
	else if (!strcmp(mode, "signals"))
		signals(n);
	else if (!strcmp(mode, "libraries"))
		libraries(argv[2], n);
	else if (!strcmp(mode, "atfork") && dlopen(argv[2], RTLD_NOW))
		forks(n);
	else
		die("usage: see the head of arena_life.c");
	return 0;
}
