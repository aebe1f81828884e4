// SPDX-License-Identifier: MIT
/* How long, and with how much memory, a recording goes on. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/limits.h"

#define LOOK_NS 50000000u

/* Resident memory that is not shared with anybody. */
static uint64_t own_bytes(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	unsigned long long resident = 0, shared = 0;
	char text[128];
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2 ||
	    shared > resident)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t limits_memory_bytes(int rings_fd)
{
	struct stat st;

	/* Pages of the file that were ever written to, and not given back. */
	return own_bytes() +
	       (fstat(rings_fd, &st) ? 0 : (uint64_t)st.st_blocks * 512);
}

const char *limits_reached(struct limits *l, uint64_t now_ns, int rings_fd)
{
	if (l->max_time_ns && now_ns >= l->max_time_ns)
		return "max-time";
	if (!l->max_memory_bytes || now_ns < l->next_look_ns)
		return NULL;
	l->next_look_ns = now_ns + LOOK_NS;
	return limits_memory_bytes(rings_fd) > l->max_memory_bytes
		       ? "max-memory"
		       : NULL;
}
