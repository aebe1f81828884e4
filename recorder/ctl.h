// SPDX-License-Identifier: MIT
/* heaptape ctl: a verb of the same tool as heaptape record. */
#ifndef RECORDER_CTL_H
#define RECORDER_CTL_H

/* Run the verb; argv[0] is its name. Returns the exit status. */
int ctl_verb(int argc, char **argv);

#endif
