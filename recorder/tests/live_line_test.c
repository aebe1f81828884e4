// SPDX-License-Identifier: MIT
/* The live line: its text, and when it stays away from the terminal. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/limits.h"
#include "recorder/live_line.h"
#include "recorder/shared.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

#define SECOND 1000000000ull

static const struct live_facts facts = {
	.elapsed_ns = 12300000000ull,
	.events = 41200000,
	.live_bytes = 3ull << 30,
	.rss_bytes = 4ull << 30,
	.tape_bytes = 53 << 20,
	.processes = 1,
};

static void the_text_fits(void **state)
{
	struct live_facts f = facts;
	char text[240];
	unsigned width;

	(void)state;
	live_line_format(text, sizeof(text), &f, 3.4e6, 200);
	assert_non_null(strstr(text, "3.40 M events/s"));
	assert_non_null(strstr(text, "live 3.00 GiB, RSS 4.00 GiB"));
	assert_null(strstr(text, "dropped"));
	f.dropped = 7;
	f.processes = 3;
	f.paused = true;
	live_line_format(text, sizeof(text), &f, 3.4e6, 200);
	assert_non_null(strstr(text, "7 dropped, 3 processes"));
	assert_non_null(strstr(text, "paused"));
	for (width = 0; width < 100; width++)
		assert_true(strlen(live_line_format(text, sizeof(text), &f, 1e6,
						    width)) <= width);
}

/* In a session whose terminal is a pair's other end. */
static int draw_in_child(bool raw, bool stopped, int draws, char *out,
			 size_t len)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status;
	struct live_line l;
	struct termios mode;
	pid_t child;
	ssize_t n;

	grantpt(master);
	unlockpt(master);
	child = fork();
	if (!child) {
		int fd;

		setsid();
		fd = open(ptsname(master), O_RDWR);
		dup2(fd, STDERR_FILENO);
		setenv("TERM", "xterm", 1);
		alarm(10);
		tcgetattr(fd, &mode);
		if (raw)
			mode.c_lflag &= ~(tcflag_t)ICANON;
		tcsetattr(fd, TCSANOW, &mode);
		if (stopped)
			tcflow(fd, TCOOFF);
		live_line_start(&l, LIVE_AUTO, 0);
		if (!l.on)
			_exit(1);
		while (draws--)
			live_line_draw(&l, &facts, l.next_ns);
		live_line_erase(&l);
		sleep(stopped ? 0 : 1);
		_exit(0);
	}
	n = 0;
	fcntl(master, F_SETFL, O_NONBLOCK);
	if (!stopped)
		nanosleep(&(struct timespec){ 0, 500000000 }, NULL);
	else
		waitpid(child, &status, 0);
	n = read(master, out, len - 1);
	out[n > 0 ? n : 0] = '\0';
	close(master);
	if (!stopped)
		waitpid(child, &status, 0);
	return status;
}

static void it_is_drawn_and_erased(void **state)
{
	char out[4096];
	int status;

	(void)state;
	status = draw_in_child(false, false, 3, out, sizeof(out));
	/* The session ends with its terminal: of that signal, or by itself. */
	assert_true(status == 0 || status == SIGHUP);
	assert_non_null(strstr(out, "\r\033[K12.3 s, "));
	assert_string_equal(out + strlen(out) - 4, "\r\033[K");
}

static void a_screen_is_left_alone(void **state)
{
	char out[4096];

	(void)state;
	draw_in_child(true, false, 3, out, sizeof(out));
	assert_string_equal(out, "");
}

/* Nobody reads: as many lines as fit, and no waiting. */
static void a_full_terminal_does_not_delay(void **state)
{
	char out[65536];

	(void)state;
	assert_int_equal(draw_in_child(false, true, 100000, out, sizeof(out)),
			 0);
}

static void it_can_be_off(void **state)
{
	struct live_line l;
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDERR_FILENO);
	live_line_start(&l, LIVE_AUTO, 0);
	assert_false(l.on);
	live_line_start(&l, LIVE_ALWAYS, 0);
	assert_true(l.on);
	assert_false(live_line_is_due(&l, 29 * SECOND));
	assert_true(live_line_is_due(&l, 30 * SECOND));
	log_set_level(-1);
	live_line_start(&l, LIVE_ALWAYS, 0);
	assert_false(l.on);
	log_set_level(0);
	live_line_start(&l, LIVE_NEVER, 0);
	assert_false(l.on);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
}

static void limits_are_reached(void **state)
{
	struct limits l = { .max_time_ns = 5 * SECOND };
	struct err err = { 0 };
	struct shared shared;
	uint64_t before;

	(void)state;
	assert_int_equal(shared_open(&shared, RING_CLOCK_MONOTONIC, &err), 0);
	assert_null(limits_reached(&l, 5 * SECOND - 1, shared.fd));
	assert_string_equal(limits_reached(&l, 5 * SECOND, shared.fd),
			    "max-time");
	before = limits_memory_bytes(shared.fd);
	assert_true(before > 100000);
	l = (struct limits){ .max_memory_bytes = before + (8u << 20) };
	assert_null(limits_reached(&l, SECOND, shared.fd));
	memset(shared_ring(&shared, 0), 1, 16u << 20);
	assert_null(limits_reached(&l, SECOND + 1, shared.fd));
	assert_string_equal(limits_reached(&l, 2 * SECOND, shared.fd),
			    "max-memory");
	shared_close(&shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_fits),
		cmocka_unit_test(it_is_drawn_and_erased),
		cmocka_unit_test(a_screen_is_left_alone),
		cmocka_unit_test(a_full_terminal_does_not_delay),
		cmocka_unit_test(it_can_be_off),
		cmocka_unit_test(limits_are_reached),
	};

	return cmocka_run_group_tests_name("live_line", tests, NULL, NULL);
}
