// SPDX-License-Identifier: MIT
/* A new descriptor is the lowest free one: what lies above it is free, too. */
#include <sys/resource.h>

#include "recorder/descriptors.h"

#define SPARE_FOLLOW 8
#define SPARE_TAPE   16

void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool descriptors_allow(int fd, enum descriptors_use use)
{
	struct rlimit limit;
	rlim_t spare;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return true;
	spare = use == DESCRIPTORS_FOLLOW ? SPARE_FOLLOW
		: use == DESCRIPTORS_TAPE ? SPARE_TAPE
					  : limit.rlim_cur / 2;
	return (rlim_t)fd + spare < limit.rlim_cur;
}
