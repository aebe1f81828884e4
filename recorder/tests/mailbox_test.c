// SPDX-License-Identifier: MIT
/* Questions to a recorder: found, answered, gone, stopped, not permitted. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/mailbox.h"
#include "recorder/shared.h"
#include "traces/base/err.h"

#define SECOND 1000000000ull

/* A recorder with one recorded process, which only maps the memory. */
struct fixture {
	pid_t recorder;
	pid_t recorded;
	int pipe;
};

/* Answers with what it was asked; "none" and "late" are its two tempers. */
static void answer_one(struct ring_control *control, uint32_t question)
{
	struct ring_mailbox *box = &control->mailbox;
	enum mailbox_code code = MAILBOX_DONE;
	char text[1100];

	snprintf(text, sizeof(text), "%u %u %s", box->command,
		 (unsigned)box->pid, box->text);
	if (!strcmp(box->text, "none"))
		code = MAILBOX_NO_PROCESS;
	if (!strcmp(box->text, "late"))
		code = MAILBOX_ENDED;
	if (!strcmp(box->text, "die"))
		raise(SIGKILL);
	box->nr = 1;
	box->status.pid = getpid();
	mailbox_answer(control, question, code, text);
}

static void be_recorder(int out)
{
	struct err err = { 0 };
	struct shared shared;
	uint32_t question;
	pid_t recorded;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (shared_open(&shared, RING_CLOCK_MONOTONIC, &err))
		_exit(1);
	recorded = fork();
	if (!recorded) {
		close(shared.fd);
		close(out);
		alarm(20);
		for (;;)
			pause();
	}
	if (write(out, &recorded, sizeof(recorded)) < 0)
		_exit(1);
	for (;;) {
		question = mailbox_question(shared.control);
		if (question)
			answer_one(shared.control, question);
		shared_sleep(&shared, RING_DRAIN_SLEEP, SECOND);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	f->recorder = fork();
	if (!f->recorder)
		be_recorder(fds[1]);
	close(fds[1]);
	f->pipe = fds[0];
	assert_int_equal(read(f->pipe, &f->recorded, sizeof(f->recorded)),
			 sizeof(f->recorded));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kill(f->recorder, SIGKILL);
	kill(f->recorded, SIGKILL);
	waitpid(f->recorder, NULL, 0);
	close(f->pipe);
	free(f);
	return 0;
}

static void questions_are_answered(void **state)
{
	struct fixture *f = *state;
	struct ring_mailbox answer;
	char expected[64];
	struct err err = { 0 };
	struct mailbox m;
	int i;

	assert_int_equal(mailbox_open(&m, f->recorded, 10 * SECOND, &err), 0);
	snprintf(expected, sizeof(expected), "4 %d warm", (int)f->recorded);
	for (i = 0; i < 50; i++) {
		assert_int_equal(
			mailbox_ask(&m, MAILBOX_MARK, 0, "warm", &answer, &err),
			0);
		assert_string_equal(answer.text, expected);
	}
	mailbox_close(&m);
	assert_int_equal(mailbox_open(&m, f->recorder, 10 * SECOND, &err), 0);
	assert_int_equal(
		mailbox_ask(&m, MAILBOX_STATUS, 0, NULL, &answer, &err), 0);
	assert_string_equal(answer.text, "1 0 ");
	assert_int_equal(answer.status.pid, f->recorder);
	mailbox_close(&m);
}

static void refusals_are_told(void **state)
{
	struct fixture *f = *state;
	struct ring_mailbox answer;
	struct err err = { 0 };
	struct mailbox m;

	assert_int_equal(mailbox_open(&m, f->recorded, 10 * SECOND, &err), 0);
	assert_int_equal(
		mailbox_ask(&m, MAILBOX_STOP, 0, "none", &answer, &err),
		-ERR_MISSING);
	assert_non_null(strstr(err.text, "not recorded"));
	err_clear(&err);
	assert_int_equal(
		mailbox_ask(&m, MAILBOX_STOP, 0, "late", &answer, &err),
		-ERR_MISSING);
	assert_non_null(strstr(err.text, "ended already"));
	mailbox_close(&m);
}

static void strangers_are_told_apart(void **state)
{
	struct err err = { 0 };
	struct mailbox m;
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	assert_int_equal(mailbox_open(&m, child, SECOND, &err), -ERR_MISSING);
	assert_non_null(strstr(err.text, "there is no process"));
	err_clear(&err);
	assert_int_equal(mailbox_open(&m, getpid(), SECOND, &err),
			 -ERR_MISSING);
	assert_non_null(strstr(err.text, "not recorded by heaptape"));
	if (geteuid())
		return;
	/* Another user may not look. */
	child = fork();
	if (!child) {
		err_clear(&err);
		if (setuid(65534))
			_exit(3);
		_exit(mailbox_open(&m, getppid(), SECOND, &err) == -ERR_SYS &&
				      strstr(err.text, "may not be")
			      ? 0
			      : 1);
	}
	waitpid(child, &child, 0);
	assert_int_equal(child, 0);
}

static void the_dead_do_not_answer(void **state)
{
	struct fixture *f = *state;
	struct ring_mailbox answer;
	struct err err = { 0 };
	struct mailbox m;

	/* One that dies over the question. */
	assert_int_equal(mailbox_open(&m, f->recorded, 10 * SECOND, &err), 0);
	assert_int_equal(mailbox_ask(&m, MAILBOX_MARK, 0, "die", &answer, &err),
			 -ERR_MISSING);
	assert_non_null(strstr(err.text, "is gone"));
	mailbox_close(&m);
	/* One that was dead before. */
	err_clear(&err);
	waitpid(f->recorder, NULL, 0);
	assert_int_equal(mailbox_open(&m, f->recorded, 10 * SECOND, &err),
			 -ERR_MISSING);
	assert_non_null(strstr(err.text, "is gone"));
}

static void the_stopped_do_not_answer(void **state)
{
	struct fixture *f = *state;
	struct ring_mailbox answer;
	struct err err = { 0 };
	struct mailbox m, second;

	kill(f->recorder, SIGSTOP);
	assert_int_equal(mailbox_open(&m, f->recorded, SECOND / 10, &err), 0);
	assert_int_equal(mailbox_ask(&m, MAILBOX_MARK, 0, "x", &answer, &err),
			 -ERR_SYS);
	assert_non_null(strstr(err.text, "does not answer"));
	/* And whoever waits keeps others off. */
	err_clear(&err);
	assert_int_equal(mailbox_open(&second, f->recorded, SECOND / 10, &err),
			 -ERR_SYS);
	assert_non_null(strstr(err.text, "busy"));
	mailbox_close(&m);
	kill(f->recorder, SIGCONT);
	err_clear(&err);
	assert_int_equal(mailbox_open(&m, f->recorded, 10 * SECOND, &err), 0);
	assert_int_equal(mailbox_ask(&m, MAILBOX_MARK, 0, "x", &answer, &err),
			 0);
	mailbox_close(&m);
}

#define BOX_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOX_TEST(questions_are_answered),
		BOX_TEST(refusals_are_told),
		cmocka_unit_test(strangers_are_told_apart),
		BOX_TEST(the_dead_do_not_answer),
		BOX_TEST(the_stopped_do_not_answer),
	};

	return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
