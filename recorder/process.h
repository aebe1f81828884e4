// SPDX-License-Identifier: MIT
/*
 * Any process of this machine, followed until it ends: also one that is no
 * child of ours, and never another one that was given its number later.
 */
#ifndef RECORDER_PROCESS_H
#define RECORDER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	int fd;                   /* pidfd; -1: there is none, /proc tells */
	unsigned long long start; /* when it began, in the kernel's clock */
	bool sought; /* not found under its number: over, or see below */
	bool over;
	int status; /* as wait(2) gives it; -1: its parent took it */
};

/*
 * Begin to follow the one that had this number so long ago, and probably maps
 * the file of that inode: another one may have the number by now. Where it is
 * not found, p->sought is set: it is over, or of another pid namespace, where
 * it gave that number to itself.
 */
void process_open(struct process *p, pid_t pid, ino_t inode, uint64_t ago_ns);

/*
 * Whether process pid, as seen from here, is the one that is sought, runs exe
 * and maps the file; if so, it is followed from now on.
 */
bool process_is_sought(struct process *p, pid_t pid, ino_t inode,
		       const char *exe);

/* It was not found anywhere: it is over. */
void process_give_up(struct process *p);

/* See whether it has ended, all its threads; never waits. */
bool process_ended(struct process *p);

void process_close(struct process *p);

/* How long ago it began; 0 where it is over. */
uint64_t process_age_ns(pid_t pid);

/* The file that it runs, "" where unknown. Main may have left. */
void process_exe(pid_t pid, char *path, size_t len);

#endif
