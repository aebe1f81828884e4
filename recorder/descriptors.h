// SPDX-License-Identifier: MIT
/*
 * Who may keep a descriptor where there are many processes: the last ones are
 * for short looks at /proc, without which all would seem to be over. Any
 * thread.
 */
#ifndef RECORDER_DESCRIPTORS_H
#define RECORDER_DESCRIPTORS_H

#include <stdbool.h>

enum descriptors_use {
	DESCRIPTORS_FOLLOW,  /* to learn that a process is over */
	DESCRIPTORS_TAPE,    /* to write its tape */
	DESCRIPTORS_SAMPLES, /* to sample it: nice to have */
};

/* As many as the system lets us have. */
void descriptors_raise(void);

/* Whether one that was just opened may be kept, as enough others are left. */
bool descriptors_allow(int fd, enum descriptors_use use);

#endif
