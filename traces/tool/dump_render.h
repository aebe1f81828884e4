// SPDX-License-Identifier: MIT
/* One event, module or frame as a line on stdout. */
#ifndef TRACES_TOOL_DUMP_RENDER_H
#define TRACES_TOOL_DUMP_RENDER_H

#include <stddef.h>

struct tape_event;
struct tape_frame_node;
struct tape_module;

/* "     0.000001234    0 malloc(24) = 0x7f12a0" */
void dump_text_line(const struct tape_event *ev);
/* {"time_ns":1234,"thread":0,"kind":"malloc","size":24,"addr":"0x7f12a0"} */
void dump_json_line(const struct tape_event *ev);

/* "module 2 0x7ffff7d02000-0x7ffff7d42000 bias 0x7ffff7d00000 /lib/x.so" */
void dump_text_module(size_t number, const struct tape_module *m);
/* "frame 10 parent 2 module 2 0x3000" */
void dump_text_frame(size_t number, const struct tape_frame_node *node);
/* The same with the fields as keys: {"module":2,...}, {"frame":10,...}. */
void dump_json_module(size_t number, const struct tape_module *m);
void dump_json_frame(size_t number, const struct tape_frame_node *node);

#endif
