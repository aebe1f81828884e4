// SPDX-License-Identifier: MIT
/*
 * Events as JSON lines. Addresses are strings, since JSON's numbers are
 * doubles in many programs; sizes and times are numbers.
 */
#include <jansson.h>
#include <stdio.h>

#include "traces/tape.h"
#include "traces/tape_stacks.h"
#include "traces/tool/dump_render.h"
#include "traces/tool/tape_json.h"

typedef unsigned long long ull;

static void print_notes(const struct tape_notes *notes)
{
	if (notes->has & TAPE_NOTE_STACK)
		printf(",\"stack\":%u", notes->stack);
	if (notes->has & TAPE_NOTE_LATENCY)
		printf(",\"latency_ns\":%u", notes->latency_ns);
	if (notes->has & TAPE_NOTE_USABLE)
		printf(",\"usable_bytes\":%llu", (ull)notes->usable_bytes);
	if (notes->has & TAPE_NOTE_TOUCHED)
		printf(",\"touched_bytes\":%llu", (ull)notes->touched_bytes);
}

static void print_call(const struct tape_event *ev)
{
	if (ev->kind != TAPE_FREE)
		printf(",\"size\":%llu", (ull)ev->size);
	if (tape_kind_has_alignment(ev->kind))
		printf(",\"alignment\":%llu", (ull)ev->alignment);
	if (tape_kind_is_realloc(ev->kind))
		printf(",\"old_addr\":\"0x%llx\",\"end_ns\":%llu",
		       (ull)ev->old_addr, (ull)ev->end_ns);
	printf(",\"addr\":\"0x%llx\"", (ull)ev->addr);
	if (ev->flags & TAPE_FAILED)
		fputs(",\"failed\":true", stdout);
	if (ev->notes)
		print_notes(ev->notes);
}

static void print_text(const char *key, const char *text)
{
	json_t *object = json_object();

	tape_json_set_text(object, key, text);
	printf(",\"%s\":", key);
	json_dumpf(json_object_get(object, key), stdout, JSON_ENCODE_ANY);
	json_decref(object);
}

void dump_json_line(const struct tape_event *ev)
{
	printf("{\"time_ns\":%llu,\"thread\":%u,\"kind\":\"%s\"",
	       (ull)ev->time_ns, ev->thread, tape_kind_name(ev->kind));
	if (ev->kind <= TAPE_FREE_ALIGNED_SIZED)
		print_call(ev);
	else if (ev->kind == TAPE_FREE_NULL)
		printf(",\"times\":%llu", (ull)ev->size);
	else if (ev->kind == TAPE_THREAD_START)
		printf(",\"tid\":%llu", (ull)ev->addr);
	else if (tape_kind_has_text(ev->kind))
		print_text("text", ev->text);
	fputs("}\n", stdout);
}

void dump_json_module(size_t number, const struct tape_module *m)
{
	printf("{\"module\":%zu,\"start\":\"0x%llx\",\"end\":\"0x%llx\","
	       "\"bias\":\"0x%llx\"",
	       number, (ull)m->start, (ull)m->end, (ull)m->bias);
	print_text("build_id", m->build_id);
	print_text("path", m->path);
	fputs("}\n", stdout);
}

void dump_json_frame(size_t number, const struct tape_frame_node *node)
{
	printf("{\"frame\":%zu,\"parent\":%u,\"module\":%u,"
	       "\"address\":\"0x%llx\"}\n",
	       number, node->parent, node->module, (ull)node->address);
}
