// SPDX-License-Identifier: MIT
/*
 * The verbs of heaptape-record, one file each. They read options, print, and
 * return the exit status; argv[0] is the verb's name.
 */
#ifndef RECORDER_VERBS_H
#define RECORDER_VERBS_H

int record_verb(int argc, char **argv);
int ctl_verb(int argc, char **argv);

#endif
