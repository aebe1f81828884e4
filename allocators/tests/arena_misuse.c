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

static void say(const void *p)
{
	printf("%p\n", p);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char foreign[100];
	const char *how = argc > 1 ? argv[1] : "";
	char *volatile p = malloc(200);
	char *volatile large = malloc(300000);
	char *volatile huge = malloc(5000000);
	char *volatile stack = (char *)&argc;

	if (!strcmp(how, "double")) {
		say(p);
		free(p);
		free(p);
	} else if (!strcmp(how, "double-later")) {
		char *volatile q = malloc(200);

		say(p);
		free(p);
		free(q);
		free(p);
		malloc_trim(0);
	} else if (!strcmp(how, "double-elsewhere")) {
		say(p);
		free_elsewhere(p);
		free_elsewhere(p);
	} else if (!strcmp(how, "double-here-and-there")) {
		say(p);
		free_elsewhere(p);
		free(p);
		malloc_trim(0);
	} else if (!strcmp(how, "double-large")) {
		say(large);
		free(large);
		free(large);
	} else if (!strcmp(how, "double-huge")) {
		say(huge);
		free(huge);
		free(huge);
	} else if (!strcmp(how, "inside")) {
		say(p + 16);
		free(p + 16);
		malloc_trim(0);
	} else if (!strcmp(how, "inside-elsewhere")) {
		say(p + 16);
		free_elsewhere(p + 16);
	} else if (!strcmp(how, "inside-large")) {
		say(large + 4096);
		free(large + 4096);
	} else if (!strcmp(how, "inside-huge")) {
		say(huge + 64);
		free(huge + 64);
	} else if (!strcmp(how, "inside-huge-later-block")) {
		say(huge + 4194304);
		free(huge + 4194304);
	} else if (!strcmp(how, "static")) {
		say(foreign + 16);
		free(foreign + 16);
	} else if (!strcmp(how, "stack")) {
		say(stack);
		free(stack);
	} else if (!strcmp(how, "realloc-foreign")) {
		say(foreign + 16);
		if (realloc(foreign + 16, 300))
			return 3;
	} else if (!strcmp(how, "usable-foreign")) {
		say(foreign + 16);
		return (int)malloc_usable_size(foreign + 16);
	}
	return 0;
}
