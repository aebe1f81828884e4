// SPDX-License-Identifier: MIT
/* One event as a line on stdout. */
#ifndef TRACES_TOOL_DUMP_RENDER_H
#define TRACES_TOOL_DUMP_RENDER_H

struct tape_event;

/* "     0.000001234    0 malloc(24) = 0x7f12a0" */
void dump_text_line(const struct tape_event *ev);
/* {"time_ns":1234,"thread":0,"kind":"malloc","size":24,"addr":"0x7f12a0"} */
void dump_json_line(const struct tape_event *ev);

#endif
