// SPDX-License-Identifier: MIT
/* The machine, as it stands in every result. Internal to the driver. */
#ifndef REPLAYER_REPLAY_ENVIRONMENT_H
#define REPLAYER_REPLAY_ENVIRONMENT_H

struct err;
struct result_doc;

/* Add host, cpu, cpus, kernel, ... to the document's environment. */
int replay_environment(struct result_doc *doc, struct err *err);

#endif
