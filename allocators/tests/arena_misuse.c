// SPDX-License-Identifier: MIT
// Misuses the heap in the way that its argument names; arena_misuse.sh runs it
// with arena preloaded and expects it to be stopped.
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *other_thread_frees(void *p)
{
	free(p);
	return NULL;
}

static void free_elsewhere(void *p)
{
	pthread_t t;

	pthread_create(&t, NULL, other_thread_frees, p);
	pthread_join(t, NULL);
}

static char foreign[100];
static char *small, *large, *huge;

// What the next free is about, told to the script.
static char *bad(void *p)
{
	printf("%p\n", p);
	fflush(stdout);
	return p;
}

static void twice(char *p)
{
	free(bad(p));
	free(p);
}

static void misuse_slot(const char *how)
{
	char *other = malloc(200);

	if (!strcmp(how, "double"))
		twice(small);
	if (!strcmp(how, "double-later")) {
		free(bad(small));
		free(other);
		free(small);
	}
	if (!strcmp(how, "double-elsewhere")) {
		free_elsewhere(bad(small));
		free_elsewhere(small);
	}
	if (!strcmp(how, "double-here-and-there")) {
		free_elsewhere(bad(small));
		free(small);
	}
	if (!strcmp(how, "inside"))
		free(bad(small + 16));
	if (!strcmp(how, "inside-elsewhere"))
		free_elsewhere(bad(small + 16));
	malloc_trim(0);
}

static void misuse_large(const char *how)
{
	if (!strcmp(how, "double-large"))
		twice(large);
	if (!strcmp(how, "double-huge"))
		twice(huge);
	if (!strcmp(how, "inside-large"))
		free(bad(large + 4096));
	if (!strcmp(how, "inside-huge"))
		free(bad(huge + 64));
	if (!strcmp(how, "inside-huge-later-block"))
		free(bad(huge + 4194304));
}

static void misuse_foreign(const char *how)
{
	char local[64] = "";

	if (!strcmp(how, "static"))
		free(bad(foreign + 16));
	if (!strcmp(how, "stack"))
		free(bad(local));
	if (!strcmp(how, "realloc-foreign") && realloc(bad(foreign + 16), 300))
		puts("realloc took it");
	if (!strcmp(how, "usable-foreign"))
		printf("%zu\n", malloc_usable_size(bad(foreign + 16)));
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	small = malloc(200);
	large = malloc(300000);
	huge = malloc(5000000);
	misuse_slot(how);
	misuse_large(how);
	misuse_foreign(how);
	return 0;
}
