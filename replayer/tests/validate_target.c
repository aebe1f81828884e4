// SPDX-License-Identifier: MIT
/*
 * A program with a known course of memory, for validate.sh.
 * usage: validate_target MIB [exit STATUS | read]
 * Maps MIB, fills as much by malloc, holds it for 150 ms, frees all of the
 * latter and holds for 150 ms more. "read" takes the size from stdin instead;
 * with "exit" it ends with that status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 1000, MIB = 1 << 20 };

int main(int argc, char **argv)
{
	size_t size = (size_t)(argc > 1 ? atoi(argv[1]) : 1) * MIB, nr, i;
	char **blocks, *map, line[32];

	if (argc > 2 && !strcmp(argv[2], "read")) {
		if (!fgets(line, sizeof(line), stdin))
			return 9;
		size = (size_t)atoi(line) * MIB;
	}
	nr = size / BLOCK;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	blocks = calloc(nr, sizeof(*blocks));
	if (map == MAP_FAILED || !blocks)
		return 8;
	memset(map, 1, size);
	for (i = 0; i < nr; i++) {
		blocks[i] = malloc(BLOCK);
		if (blocks[i])
			memset(blocks[i], 1, BLOCK);
	}
	usleep(150000);
	for (i = 0; i < nr; i++)
		free(blocks[i]);
	free(blocks);
	usleep(150000);
	return argc > 3 && !strcmp(argv[2], "exit") ? atoi(argv[3]) : 0;
}
