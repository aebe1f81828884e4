#!/bin/sh
# SPDX-License-Identifier: MIT
# arena in the life of a process: forks, threads, signals, libraries.
. scripts/tap.sh

library=$B/libarena.so
life=$B/allocators/tests/arena_life

# with_arena COMMAND...: nothing may take forever
with_arena()
{
	# shellcheck disable=SC2317 # called through tap.sh
	LD_PRELOAD=$library timeout 100 "$@"
}

cat >"$TMP/handlers.c" <<'END'
#include <pthread.h>
#include <stdlib.h>
static void churn(void)
{
	void *p[400];
	for (size_t i = 0; i < 400; i++)
		p[i] = malloc(i * i * 4);
	for (size_t i = 0; i < 400; i++)
		free(p[i]);
}
__attribute__((constructor)) static void begin(void)
{
	churn();
	pthread_atfork(churn, churn, churn);
}
__attribute__((destructor)) static void end(void)
{
	churn();
}
END
"${CC:-cc}" -shared -fPIC -o "$TMP/libhandlers.so" "$TMP/handlers.c" || exit 1
cat >"$TMP/early.c" <<'END'
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 20; i++) {
		int status;
		pid_t pid = fork();
		if (!pid)
			_exit(0);
		if (waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	return 0;
}
END
"${CC:-cc}" -o "$TMP/early" "$TMP/early.c" -Wl,--no-as-needed \
	"$TMP/libhandlers.so" || exit 1

check "one thread forks 500 times while eight allocate" \
	with_arena "$life" forks 500
check "fork handlers of a library loaded late may allocate" \
	with_arena "$life" atfork "$TMP/libhandlers.so" 50
check "fork handlers that were registered before arena's may allocate" \
	with_arena "$TMP/early"
check "10000 threads with destructors that allocate" \
	with_arena "$life" threads 10000
read -r _ early late <"$TMP/out"
check "the last of them need no more memory than the first ($early, $late KiB)" \
	test "$late" -le $((early + early / 2 + 1024))
check "a signal each 200 us for two seconds" with_arena "$life" signals 2000
read -r _ ticks <"$TMP/out"
check "and there were signals ($ticks)" test "$ticks" -gt 100
check "libraries whose constructors allocate come and go" \
	with_arena "$life" libraries "$TMP/libhandlers.so" 200
check "libarena.so can be loaded while the program runs, many times" \
	"$life" libraries "$library" 50
check "libarena.so is preloaded and loaded as well" \
	with_arena "$life" libraries "$library" 50

readelf -lW "$library" >"$TMP/segments" 2>/dev/null
size=$(awk '$1 == "TLS" { print $6 }' "$TMP/segments")
check "static TLS is at most 64 bytes (${size:-?})" \
	test "$((${size:-9999}))" -le 64
finish
