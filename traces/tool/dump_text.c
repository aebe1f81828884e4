// SPDX-License-Identifier: MIT
/* Events in the manner of strace: the call, its arguments, its result. */
#include <stdio.h>

#include "traces/tape.h"
#include "traces/tape_stacks.h"
#include "traces/tool/dump_render.h"
#include "traces/tool/tape_tool.h"

typedef unsigned long long ull;

static void print_result(const struct tape_event *ev)
{
	if (ev->addr)
		printf(" = %#llx", (ull)ev->addr);
	else
		fputs(" = NULL", stdout);
	if (ev->flags & TAPE_FAILED)
		fputs(" failed", stdout);
	if (tape_kind_is_realloc(ev->kind) && ev->old_addr)
		printf(" in %llu ns", (ull)(ev->end_ns - ev->time_ns));
}

static void print_arguments(const struct tape_event *ev)
{
	if (tape_kind_is_free(ev->kind))
		printf("%#llx", (ull)ev->addr);
	else if (tape_kind_is_realloc(ev->kind) && !ev->old_addr)
		fputs("NULL", stdout);
	else if (tape_kind_is_realloc(ev->kind))
		printf("%#llx", (ull)ev->old_addr);
	else if (tape_kind_has_alignment(ev->kind))
		printf("align %llu", (ull)ev->alignment);
	if (ev->kind == TAPE_FREE)
		return;
	if (ev->kind != TAPE_MALLOC && ev->kind != TAPE_CALLOC)
		fputs(", ", stdout);
	if (ev->kind == TAPE_FREE_ALIGNED_SIZED)
		printf("align %llu, ", (ull)ev->alignment);
	printf("%llu", (ull)ev->size);
}

static void print_notes(const struct tape_notes *notes)
{
	const char *between = " [";

	if (notes->has & TAPE_NOTE_STACK) {
		printf("%sstack %u", between, notes->stack);
		between = ", ";
	}
	if (notes->has & TAPE_NOTE_LATENCY) {
		printf("%slatency %u ns", between, notes->latency_ns);
		between = ", ";
	}
	if (notes->has & TAPE_NOTE_USABLE) {
		printf("%susable %llu", between, (ull)notes->usable_bytes);
		between = ", ";
	}
	if (notes->has & TAPE_NOTE_TOUCHED)
		printf("%stouched %llu", between, (ull)notes->touched_bytes);
	putchar(']');
}

void dump_text_line(const struct tape_event *ev)
{
	printf("%7llu.%09llu %5u %s", (ull)(ev->time_ns / 1000000000),
	       (ull)(ev->time_ns % 1000000000), ev->thread,
	       tape_kind_name(ev->kind));
	if (ev->kind <= TAPE_FREE_ALIGNED_SIZED) {
		putchar('(');
		print_arguments(ev);
		putchar(')');
		if (tape_kind_is_alloc(ev->kind))
			print_result(ev);
		if (ev->notes)
			print_notes(ev->notes);
	} else if (ev->kind == TAPE_FREE_NULL) {
		printf(" %llu times", (ull)ev->size);
	} else if (ev->kind == TAPE_THREAD_START) {
		printf(" tid %llu", (ull)ev->addr);
	} else if (tape_kind_has_text(ev->kind)) {
		fputs(" \"", stdout);
		tool_print_text(ev->text);
		putchar('"');
	}
	putchar('\n');
}

void dump_text_module(size_t number, const struct tape_module *m)
{
	printf("module %zu %#llx-%#llx bias %#llx ", number, (ull)m->start,
	       (ull)m->end, (ull)m->bias);
	if (*m->build_id) {
		fputs("build-id ", stdout);
		tool_print_text(m->build_id);
		putchar(' ');
	}
	tool_print_text(m->path);
	putchar('\n');
}

void dump_text_frame(size_t number, const struct tape_frame_node *node)
{
	printf("frame %zu parent %u module %u %#llx\n", number, node->parent,
	       node->module, (ull)node->address);
}
