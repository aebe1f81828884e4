// SPDX-License-Identifier: MIT
/*
 * The drain's side of heaptape ctl: windows, marks and the status of the
 * recordings of one session. One user at a time.
 */
#ifndef RECORDER_CONTROL_H
#define RECORDER_CONTROL_H

#include <stdbool.h>

struct recordings;
struct shared;
struct ticks;

struct control {
	struct shared *shared;
	struct ticks *ticks;
	bool started; /* time has begun: not so before a first start */
};

/*
 * paused: the programs begin unrecorded, and time with the first start. Call
 * before the program is started.
 */
void control_open(struct control *c, struct shared *shared, struct ticks *ticks,
		  bool paused);

/*
 * In each turn of the drain's loop, before its pass: keep time at 0 until the
 * first start, and answer what heaptape ctl asks.
 */
void control_serve(struct control *c, struct recordings *all);

#endif
