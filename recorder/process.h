// SPDX-License-Identifier: MIT
/*
 * Any process of this machine, followed until it ends: also one that is no
 * child of ours, and never another one that was given its number later.
 */
#ifndef RECORDER_PROCESS_H
#define RECORDER_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	int fd; /* pidfd; -1: the kernel has none, /proc tells */
	unsigned long long start; /* when it began, in the kernel's clock */
	bool over;
	int status; /* as wait(2) gives it; -1: its parent took it */
};

/*
 * Begin to follow it. inode is that of a file that it maps, so that its number
 * cannot be mistaken. False: it is over already, or not seen from here.
 */
bool process_open(struct process *p, pid_t pid, ino_t inode);

/* See whether it has ended, all its threads; never waits. */
bool process_ended(struct process *p);

void process_close(struct process *p);

/* The file that it runs, "" where unknown. Main may have left. */
void process_exe(pid_t pid, char *path, size_t len);

#endif
