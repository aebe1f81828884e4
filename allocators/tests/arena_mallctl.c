// SPDX-License-Identifier: MIT
// Asks the preloaded allocator's mallctl() for each name on the command line
// and prints name and value; exit status 1 when one is not known.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int (*ctl)(const char *, void *, size_t *, void *, size_t);
	void *blocks[100];
	int i, failed = 0;

	*(void **)&ctl = dlsym(RTLD_DEFAULT, "mallctl");
	if (!ctl)
		return 2;
	for (i = 0; i < 100; i++)
		blocks[i] = malloc(100);
	for (i = 1; i < argc; i++) {
		size_t value = 0, len = sizeof(value);
		unsigned small = 0;

		if (!ctl(argv[i], &value, &len, NULL, 0)) {
			printf("%s %zu\n", argv[i], value);
			continue;
		}
		len = sizeof(small);
		if (ctl(argv[i], &small, &len, NULL, 0))
			failed = 1;
		else
			printf("%s %u\n", argv[i], small);
	}
	for (i = 0; i < 100; i++)
		free(blocks[i]);
	return failed;
}
