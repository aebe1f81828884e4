// SPDX-License-Identifier: MIT
/*
 * The verbs of heaptape-replay, one file each. They read options, print, and
 * return the exit status; argv[0] is the verb's name.
 */
#ifndef REPLAYER_VERBS_H
#define REPLAYER_VERBS_H

int replay_verb(int argc, char **argv);
int calibrate_verb(int argc, char **argv);
int validate_verb(int argc, char **argv);

#endif
