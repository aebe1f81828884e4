// SPDX-License-Identifier: MIT
/* The tape of one recording: name, metadata, end. For recording.c. */
#ifndef RECORDER_RECORDING_TAPE_H
#define RECORDER_RECORDING_TAPE_H

struct err;
struct recording;

/*
 * Open the file that the tape of this program gets; one that is open already
 * under the same name stays, one of another name is removed.
 */
int recording_tape_open(struct recording *r, const char *program,
			struct err *err);

/* Write the header: what is known of the process by now. */
int recording_tape_begin(struct recording *r, struct err *err);

/* Write the end, as far as there is room for it, and close the file. */
int recording_tape_end(struct recording *r, struct err *err);

#endif
