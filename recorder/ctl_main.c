// SPDX-License-Identifier: MIT
/* heaptape ctl: the command line, and the status as text and JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/mailbox.h"
#include "recorder/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/units.h"

#define SCHEMA "heaptape-ctl/1"

static struct {
	bool json;
	uint64_t wait_ns;
} config = { .wait_ns = 5000000000u };

static const struct opt_def defs[] = {
	{ 'j', "json", NULL, OPT_FLAG, &config.json,
	  "print the status as one JSON document" },
	{ 'w', "wait", "TIME", OPT_TIME, &config.wait_ns,
	  "how long to wait for the recorder (default: 5s)" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "ctl",
	.synopsis = "[OPTION]... PID start|stop|status\n"
		    "       heaptape ctl [OPTION]... PID mark TEXT",
	.summary = "Start, stop, mark or look at a running recording.",
	.examples = "  heaptape ctl 4711 start\n"
		    "  heaptape ctl 4711 mark \"cache is warm\"\n"
		    "  heaptape ctl 4711 status --json\n",
	.exits = "0 done, 2 usage, 3 no such recording, gone, ended or not "
		 "permitted",
	.defs = defs,
};

static const struct command {
	const char *name;
	enum mailbox_command command;
} commands[] = {
	{ "start", MAILBOX_START },
	{ "stop", MAILBOX_STOP },
	{ "mark", MAILBOX_MARK },
	{ "status", MAILBOX_STATUS },
};

static const char *state_name(const struct mailbox_status *s)
{
	switch (s->recording) {
	case MAILBOX_RECORDING:
		return "recording";
	case MAILBOX_PAUSED:
		return "paused";
	}
	return "ended";
}

/* Names come from the program: a terminal shall not obey them. */
static void print_clean(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' || *text == 127 ? '?'
								   : *text);
}

static void print_status(const struct mailbox_status *s)
{
	char events[32], bytes[32], duration[32];
	bool over = s->recording == MAILBOX_OVER;

	units_format_count(events, sizeof(events), (double)s->events);
	units_format_bytes(bytes, sizeof(bytes), (double)s->bytes);
	units_format_ns(duration, sizeof(duration), (double)s->duration_ns);
	printf("%u ", s->pid);
	print_clean(s->exe);
	printf(": %s%s", state_name(s), over ? " (" : "");
	if (over) {
		print_clean(s->reason);
		putchar(')');
	}
	printf(", %s, %s events, %u thread%s, %llu dropped; ", duration, events,
	       s->threads, s->threads == 1 ? "" : "s",
	       (unsigned long long)s->dropped);
	print_clean(s->tape);
	printf(": %s\n", bytes);
}

/* JSON is UTF-8; a file's name may be any bytes. */
static void set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = json_string(text);
	char clean[1100], *p = clean;

	if (!value) {
		for (; *text && p < clean + sizeof(clean) - 1; text++)
			*p++ = *text & 0x80 ? '?' : *text;
		*p = '\0';
		value = json_string(clean);
	}
	json_object_set_new(object, key, value);
}

static json_t *status_json(const struct mailbox_status *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "pid", json_integer(s->pid));
	set_text(o, "exe", s->exe);
	set_text(o, "state", state_name(s));
	if (s->recording == MAILBOX_OVER)
		set_text(o, "reason", s->reason);
	set_text(o, "tape", s->tape);
	json_object_set_new(o, "events", json_integer((json_int_t)s->events));
	json_object_set_new(o, "bytes", json_integer((json_int_t)s->bytes));
	json_object_set_new(o, "dropped", json_integer((json_int_t)s->dropped));
	json_object_set_new(o, "threads", json_integer(s->threads));
	json_object_set_new(o, "duration_ns",
			    json_integer((json_int_t)s->duration_ns));
	return o;
}

static int tell_status(const struct mailbox *m, struct err *err)
{
	json_t *doc = json_object(), *list = json_array();
	struct ring_mailbox answer;
	uint32_t i = 0;
	int ret;

	set_text(doc, "schema", SCHEMA);
	json_object_set_new(doc, "processes", list);
	do {
		ret = mailbox_ask(m, MAILBOX_STATUS, i, NULL, &answer, err);
		if (ret)
			break;
		if (config.json)
			json_array_append_new(list,
					      status_json(&answer.status));
		else
			print_status(&answer.status);
	} while (++i < answer.nr);
	if (!ret && config.json) {
		json_dumpf(doc, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(doc);
	return ret;
}

static int run(pid_t pid, enum mailbox_command command, const char *text,
	       struct err *err)
{
	struct ring_mailbox answer;
	struct mailbox m;
	int ret = mailbox_open(&m, pid, config.wait_ns, err);

	if (ret)
		return ret;
	if (command == MAILBOX_STATUS)
		ret = tell_status(&m, err);
	else
		ret = mailbox_ask(&m, command, 0, text, &answer, err);
	if (!ret && command != MAILBOX_STATUS && answer.text[0])
		log_note("%s", answer.text);
	mailbox_close(&m);
	return ret;
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* PID COMMAND [TEXT] */
static int parse_arguments(int argc, char **argv, pid_t *pid,
			   const struct command **command, struct err *err)
{
	char *end;
	long number;

	if (argc < 2)
		return err_set(err, ERR_ARG, 0,
			       "name a process and one of start, stop, mark, "
			       "status");
	errno = 0;
	number = strtol(argv[0], &end, 10);
	if (errno || *end || number <= 0 || number > INT32_MAX)
		return err_set(err, ERR_ARG, 0, "'%s' is no process id",
			       argv[0]);
	*pid = (pid_t)number;
	*command = find_command(argv[1]);
	if (!*command)
		return err_set(err, ERR_ARG, 0,
			       "unknown command '%s': start, stop, mark or "
			       "status",
			       argv[1]);
	if (argc != ((*command)->command == MAILBOX_MARK ? 3 : 2))
		return err_set(err, ERR_ARG, 0,
			       (*command)->command == MAILBOX_MARK
				       ? "mark takes one text"
				       : "%s takes no text",
			       argv[1]);
	if (argc == 3 && strlen(argv[2]) > MAILBOX_TEXT_MAX)
		return err_set(err, ERR_ARG, 0, "a mark has at most %u bytes",
			       MAILBOX_TEXT_MAX);
	return 0;
}

int ctl_verb(int argc, char **argv)
{
	const struct command *command = NULL;
	struct err err = { 0 };
	int first, ret;
	pid_t pid = 0;

	ret = opt_parse(&spec, argc, argv, false, &first, &err);
	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret)
		ret = parse_arguments(argc - first, argv + first, &pid,
				      &command, &err);
	if (ret)
		return opt_usage_error(&spec, &err);
	if (!run(pid, command->command,
		 argc - first == 3 ? argv[first + 2] : NULL, &err))
		return EXIT_OK;
	log_error("%s", err.text);
	return EXIT_NOT_JUDGED;
}
