// SPDX-License-Identifier: MIT
/* What heaptape record says at the end, on stderr. */
#ifndef RECORDER_RECORD_TELL_H
#define RECORDER_RECORD_TELL_H

struct err;
struct session_config;
struct session_result;

/* err: what ended the recording before the program, or NULL. */
void record_tell(const struct session_config *config,
		 const struct session_result *result, const struct err *err);

#endif
