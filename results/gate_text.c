// SPDX-License-Identifier: MIT
/* The words of a gate, the same in every renderer. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "results/baseline.h"
#include "results/gate.h"
#include "results/gate_parts.h"
#include "results/term_text.h"
#include "traces/base/err.h"

const char *gate_state_name(enum gate_state state)
{
	static const char *const names[GATE_STATES] = {
		[GATE_PASS] = "pass",
		[GATE_WARN] = "warn",
		[GATE_FAIL] = "fail",
		[GATE_UNCLEAR] = "unclear",
		[GATE_MISSING] = "missing",
		[GATE_CRASHED] = "crashed",
		[GATE_INCOMPARABLE] = "not comparable",
	};

	return names[state];
}

const char *gate_verdict(const struct gate *gate)
{
	switch (gate->exit_code) {
	case EXIT_OK:
		return "PASS";
	case EXIT_REGRESSION:
		return "FAIL";
	case EXIT_MEASURE:
		return "ERROR";
	default:
		return "NOT JUDGED";
	}
}

static const char *name_of(const struct gate_check *check, const char *metric)
{
	return check->budget ? check->budget->text : metric;
}

char *gate_check_title(const struct gate_check *check, char *buf, size_t len)
{
	snprintf(buf, len, "%s / %s / %s%s", check->tape, check->label,
		 name_of(check, check->metric->title),
		 check->is_anchor ? " since the anchor" : "");
	return buf;
}

char *gate_check_name(const struct gate_check *check, char *buf, size_t len)
{
	snprintf(buf, len, "%s%s", name_of(check, check->metric->name),
		 check->is_anchor ? " since the anchor" : "");
	return buf;
}

const char *gate_check_kind(const struct gate_check *check)
{
	if (check->budget)
		return "budget";
	if (check->is_anchor)
		return "anchor";
	return check->window ? "baseline" : "against";
}

char *gate_against(const struct gate *gate, char *buf, size_t len)
{
	const struct baseline *b = gate->baseline;
	char name[160], anchor[160] = "";

	if (!b) {
		snprintf(buf, len, "%s", gate->cmp.labels[0]);
		return buf;
	}
	term_clean(b->path, 120, name, sizeof(name));
	if (b->anchor_label[0])
		term_clean(b->anchor_label, 100, anchor, sizeof(anchor));
	snprintf(buf, len, "%s (%zu sessions%s%s), by %s", name, b->window.nr,
		 *anchor ? ", anchor " : "", anchor, gate->cmp.labels[0]);
	return buf;
}

char *gate_summary(const struct gate *gate, char *buf, size_t len)
{
	size_t used, i;

	used = (size_t)snprintf(buf, len, "%zu checks", gate->nr_checks);
	for (i = 0; i < GATE_STATES && used < len; i++) {
		bool first = !strchr(buf, ':');

		if (gate->nr[i])
			used += (size_t)snprintf(
				buf + used, len - used, "%s %zu %s",
				first ? ":" : ",", gate->nr[i],
				gate_state_name((enum gate_state)i));
	}
	return buf;
}

void gate_note(struct gate *gate, const char *fmt, ...)
{
	va_list ap;

	if (gate->nr_notes == GATE_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(gate->notes[gate->nr_notes++], sizeof(*gate->notes), fmt, ap);
	va_end(ap);
}
