// SPDX-License-Identifier: MIT
/* Leaving out of a campaign what tells of a machine or of who uses it. */
#ifndef RESULTS_REDACT_H
#define RESULTS_REDACT_H

struct campaign;
struct err;

/*
 * Paths become their last part, in tapes, arms, libraries and knobs; host
 * name, command lines and all entries not known to be harmless go; messages
 * that hold a path go, too. Before a comparison is built of it, so that no
 * renderer can show them. 0 or -ERR_NOMEM.
 */
int campaign_redact(struct campaign *campaign, struct err *err);

#endif
