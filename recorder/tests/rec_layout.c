// SPDX-License-Identifier: MIT
/*
 * Prints where blocks lie, as seen from the first one, and how large they
 * are: a recorder that adds to blocks or allocates on this heap shifts them.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NR 200

int main(void)
{
	static char out[1 << 16];
	static char *blocks[NR];
	char *first = malloc(1);
	int i;

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	for (i = 0; i < NR; i++) {
		size_t size = (size_t)i * 37 % 3001;

		if (i % 5 == 0)
			blocks[i] = calloc(1, size);
		else if (i % 7 == 0)
			blocks[i] = aligned_alloc(64, size);
		else
			blocks[i] = malloc(size);
		if (i % 3 == 0)
			free(blocks[i / 2]);
		if (i % 3 == 0)
			blocks[i / 2] = realloc(NULL, size / 2);
		if (i % 11 == 1)
			blocks[i] = realloc(blocks[i], size * 2);
	}
	for (i = 0; i < NR; i++)
		if (blocks[i])
			printf("%d: %td %zu\n", i, blocks[i] - first,
			       malloc_usable_size(blocks[i]));
	printf("%zu in use\n", mallinfo2().uordblks);
	free(first);
	return 0;
}
