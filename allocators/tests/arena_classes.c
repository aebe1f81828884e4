// SPDX-License-Identifier: MIT
// Prints the usable size of each size given, after a walk through all of them
// up to 40000 with and without alignment: contents stay, alignments hold.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_HERE = 40000, NR = 64 };

static void *blocks[NR];
static size_t sizes[NR];

static int whole(unsigned i)
{
	const unsigned char *p = blocks[i];

	for (size_t k = 0; p && k < sizes[i]; k++)
		if (p[k] != (unsigned char)(i + 1))
			return 0;
	return 1;
}

static int renew(unsigned i, size_t n, size_t align)
{
	if (!whole(i))
		return 0;
	free(blocks[i]);
	blocks[i] = align ? aligned_alloc(align, n) : malloc(n);
	if (!blocks[i] || malloc_usable_size(blocks[i]) < n)
		return 0;
	if ((uintptr_t)blocks[i] % (align ? align : 16))
		return 0;
	sizes[i] = n;
	memset(blocks[i], (int)i + 1, n);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned i = 0;

	for (size_t n = 1; n < SIZE_MAX_HERE; n += 1 + n / 200, i++)
		if (!renew(i % NR, n, 0) ||
		    !renew((i + 7) % NR, n, (size_t)16 << n % 11)) {
			fprintf(stderr, "wrong at %zu bytes\n", n);
			return 1;
		}
	for (int k = 1; k < argc; k++) {
		void *p = malloc(strtoul(argv[k], NULL, 10));

		printf("%zu\n", malloc_usable_size(p));
		free(p);
	}
	return 0;
}
