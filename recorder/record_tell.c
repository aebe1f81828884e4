// SPDX-License-Identifier: MIT
/* The words at the end of a recording. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "recorder/explain.h"
#include "recorder/record_tell.h"
#include "recorder/ring.h"
#include "recorder/session.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/units.h"

static const char *plural(uint64_t nr, const char *ending)
{
	return nr == 1 ? "" : ending;
}

/* What went wrong while recording; the program went on all the same. */
static void tell_failure(const struct session_result *r, const struct err *err)
{
	if (r->bytes)
		log_error("recording stopped early: %s; %s is readable up to "
			  "there",
			  err->text, r->output);
	else
		log_error("nothing was recorded: %s", err->text);
}

/* The tape has ended before the program, or is not where it was. */
static void tell_end(const struct session_result *r)
{
	char duration[32];

	units_format_ns(duration, sizeof(duration), (double)r->duration_ns);
	if (!strcmp(r->reason, "disk full"))
		log_warn("the disk was full after %s: the tape is complete up "
			 "to there, the program went on unrecorded; record "
			 "where there is more room",
			 duration);
	else if (!strcmp(r->reason, "never started"))
		log_warn("the recording was never started: 'heaptape ctl PID "
			 "start' does it while the program runs");
	else if (r->reason[0])
		log_note("the recording ended by %s after %s; the program "
			 "went on unrecorded",
			 r->reason, duration);
	if (r->saved)
		log_warn("the tape was removed or moved meanwhile; it is %s",
			 r->output);
}

/* Children that are not on any tape. */
static void tell_unrecorded(const struct session_result *r)
{
	/* A child that forks and then executes may be in both numbers. */
	uint32_t nr = r->forked > r->execed ? r->forked : r->execed;

	if (!nr)
		return;
	log_note("%u child process%s with heap traffic of %s own %s not "
		 "recorded; --follow=all records %s",
		 nr, plural(nr, "es"), nr == 1 ? "its" : "their",
		 nr == 1 ? "was" : "were", nr == 1 ? "it" : "them");
}

/* Children that are. */
static void tell_children(const struct session_result *r)
{
	char events[32], bytes[32];
	unsigned i;

	if (r->other_tapes) {
		units_format_count(events, sizeof(events),
				   (double)r->other_events);
		units_format_bytes(bytes, sizeof(bytes),
				   (double)r->other_bytes);
		log_note("%u child process%s: %s events on %s of %s own, "
			 "%s, %llu lost",
			 r->other_tapes, plural(r->other_tapes, "es"), events,
			 r->other_tapes == 1 ? "a tape" : "tapes",
			 r->other_tapes == 1 ? "its" : "their", bytes,
			 (unsigned long long)r->other_lost);
	}
	if (r->other_foreign)
		log_warn("%u child process%s define%s malloc %s: the tape%s "
			 "hold%s no events",
			 r->other_foreign, plural(r->other_foreign, "es"),
			 r->other_foreign == 1 ? "s" : "",
			 r->other_foreign == 1 ? "itself" : "themselves",
			 plural(r->other_foreign, "s"),
			 r->other_foreign == 1 ? "s" : "");
	if (r->other_failed)
		log_error("%u tape%s of child processes failed; the first: %s",
			  r->other_failed, plural(r->other_failed, "s"),
			  r->other_err.text);
	if (r->refused)
		log_warn("%u process%s not recorded: more at a time than "
			 "there is room for",
			 r->refused, r->refused == 1 ? " was" : "es were");
	for (i = 0; i < r->strangers.nr; i++)
		log_warn("%s", r->strangers.told[i]);
}

static void tell_blind_spots(const struct session_result *r)
{
	char text[512];

	if (!r->registered || r->unseen[0]) {
		explain_unloaded(r->registered ? r->unseen : r->exe, text,
				 sizeof(text));
		log_warn("%s", text);
	} else if (r->foreign == RING_FOREIGN_TOOL && !r->events) {
		log_warn("no events were recorded: another tool answers malloc "
			 "before us; under valgrind, give it "
			 "--soname-synonyms=somalloc=nouserintercepts");
	} else if (r->foreign) {
		log_warn("no events were recorded: malloc is defined by %s "
			 "itself; build it without that allocator and preload "
			 "the allocator instead",
			 r->allocator);
	}
	if (r->earlier_events)
		log_note("%llu events of %s, which became %s, are not on the "
			 "tape",
			 (unsigned long long)r->earlier_events,
			 r->earlier[0] ? r->earlier : "an earlier program",
			 r->exe);
	if (r->stacks_refused)
		log_warn("%llu stacks are missing: there are more different "
			 "ones than heaptape keeps; lower --depth",
			 (unsigned long long)r->stacks_refused);
	if (r->interrupted)
		log_debug("%llu calls were left by a signal handler's longjmp",
			  (unsigned long long)r->interrupted);
	if (r->dropped)
		log_warn("%llu events were lost: they found no room in a ring; "
			 "--on-full=wait lets the program wait for it",
			 (unsigned long long)r->dropped);
	if (r->lost > r->dropped)
		log_warn("%llu events were lost: their threads found no ring; "
			 "there are more than %u threads at a time, or too "
			 "little address space (ulimit -v)",
			 (unsigned long long)(r->lost - r->dropped),
			 RING_SLOTS);
}

/* It was too short-lived to be looked at. */
static void tell_name(const struct session_result *r)
{
	if (r->ended_as[0])
		log_warn("%s ended under the name %s: if that is another "
			 "program, which it executed, its events are not on "
			 "the tape; start it directly",
			 r->exe, r->ended_as);
}

static void tell_summary(const struct session_config *config,
			 const struct session_result *r)
{
	char events[32], bytes[32], duration[32], status[64];

	if (WIFSIGNALED(r->status))
		snprintf(status, sizeof(status), "was ended by signal %d (%s)",
			 WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	else
		snprintf(status, sizeof(status), "exited with %d",
			 WEXITSTATUS(r->status));
	units_format_count(events, sizeof(events), (double)r->events);
	units_format_bytes(bytes, sizeof(bytes), (double)r->bytes);
	units_format_ns(duration, sizeof(duration), (double)r->duration_ns);
	log_note("%s %s%s%s: %s event%s, %u thread%s, %llu lost",
		 r->exe[0] ? r->exe : config->argv[0], status,
		 r->reason[0] ? ", recorded for " : " after ", duration, events,
		 plural(r->events, "s"), r->threads, plural(r->threads, "s"),
		 (unsigned long long)r->lost);
	if (r->events)
		log_note("%s: %s, %.2f bytes per event; next: heaptape info %s",
			 r->output, bytes, (double)r->bytes / (double)r->events,
			 r->output);
	else
		log_note("%s: %s", r->output, bytes);
}

void record_tell(const struct session_config *config,
		 const struct session_result *result, const struct err *err)
{
	if (err)
		tell_failure(result, err);
	else
		tell_summary(config, result);
	if (!err)
		tell_end(result);
	tell_blind_spots(result);
	tell_name(result);
	tell_unrecorded(result);
	tell_children(result);
}
