#!/bin/sh
# SPDX-License-Identifier: MIT
# What else may be loaded into a program: libraries before and behind ours
# that allocate early or stand in for malloc themselves, plugins that bind past
# us, other namespaces, auditors, sanitizers, valgrind.
. scripts/tap.sh
. recorder/tests/compare.inc

T=$B/recorder/tests
cd "$TMP" || exit 1

nr_with()
{
	"$HEAPTAPE" dump "$tape" | grep -cF -- "$1"
}

# as_without "what" MIN COMMAND...: status and output as without the recorder.
as_without()
{
	what=$1
	least=$2
	shift 2
	"$@" >plain.out 2>plain.err
	exits $? "$what: as without us" record "$@"
	cp "$TMP/out" run.out
	cp "$TMP/err" told
	check "$what: the output" cmp plain.out run.out
	sound "$what" "$least"
}

command -v cc >/dev/null || {
	skip "all of it" "no compiler"
	finish
}

# Blocks lie where they would without us, and take as much.
"$T/rec_layout" >plain.out
check "where blocks lie" record "$T/rec_layout"
check "is where they would without us" cmp plain.out "$TMP/out"

# --- libraries around ours ---------------------------------------------------

# A constructor that uses all of the family, also through dlsym's errors.
cat >early.c <<'END'
#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
static char *kept;
__attribute__((constructor(101))) static void before(void)
{
	void *p = NULL;

	kept = strdup("kept");
	kept = realloc(kept, SIZE);
	free(calloc(3, SIZE + 1));
	if (posix_memalign(&p, 64, SIZE + 2) || malloc_usable_size(p) < SIZE)
		abort();
	free(p);
	free(memalign(256, SIZE + 3));
	if (dlsym(RTLD_DEFAULT, "no_such_function") || !dlerror() ||
	    dlopen("/no/such/library", RTLD_NOW) || !dlerror())
		abort();
}
__attribute__((destructor(101))) static void after(void)
{
	free(realloc(kept, SIZE + 4));
	free(malloc(SIZE + 5));
}
END
cat >main.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	free(malloc(7001));
	puts("ran");
	fflush(stdout);
	if (argc > 1)
		usleep(400000); /* long enough to be looked at */
	return argv[0] ? 4 : 0;
}
END
cc -fno-builtin -o main main.c
cc -shared -fPIC -fno-builtin -DSIZE=7100 -o first.so early.c -ldl
cc -shared -fPIC -fno-builtin -DSIZE=7200 -o last.so early.c -ldl
# shellcheck disable=SC2016 # this is for sh -c
exits 4 "libraries before and behind ours" record sh -c \
	'LD_PRELOAD=./first.so:$LD_PRELOAD:./last.so exec ./main'
for size in 7001 7105 7205; do
	check "the block of $size bytes" test "$(nr_with "malloc($size)")" -eq 1
done
for size in 7100 7200; do
	check "the block of $size bytes of a constructor" \
		test "$(nr_with ", $size) = ")" -eq 1
done
sound "libraries before and behind ours" 30

# Another library that stands in for malloc, by dlsym at its first call.
cat >other.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <stdio.h>
static char early[4096];
static size_t used;
static int busy;
static unsigned long calls;
void *malloc(size_t size)
{
	static void *(*next)(size_t);
	void *p;

	if (!next && busy) {
		used += 64;
		return early + used - 64;
	}
	if (!next) {
		busy = 1;
		next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
		busy = 0;
	}
	calls++;
	p = next(size);
	return p;
}
void free(void *p)
{
	static void (*next)(void *);

	if ((char *)p >= early && (char *)p < early + sizeof(early))
		return;
	if (!next)
		next = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next(p);
}
__attribute__((destructor)) static void tell(void)
{
	printf("%d\n", calls > 0);
}
END
cc -shared -fPIC -fno-builtin -o other.so other.c -ldl
# shellcheck disable=SC2016 # these are for sh -c
for order in './other.so:$LD_PRELOAD' '$LD_PRELOAD:./other.so'; do
	exits 4 "another recorder: $order" record sh -c \
		"LD_PRELOAD=$order exec ./main"
	check "both see the calls" grep -qx 1 "$TMP/out"
	check "the block is told once" test "$(nr_with 'malloc(7001)')" -eq 1
	sound "another recorder: $order" 3
done

# What we seek in vain is not the program's error, nor do we end one of its own.
cat >errors.cc <<'END'
#include <cstdio>
#include <dlfcn.h>
#include <new>
static void tell()
{
	const char *text = dlerror();

	puts(text ? text : "none");
}
int main()
{
	tell();
	dlopen("/no/such/library", RTLD_NOW);
	operator delete(operator new(64, std::align_val_t{64}),
		64, std::align_val_t{64});
	operator delete[](operator new[](64, std::nothrow), std::nothrow);
	tell();
}
END
if c++ -std=c++17 -fsized-deallocation -fno-builtin -w -o errors errors.cc \
	-ldl 2>err; then
	as_without "errors of the dynamic loader" 4 ./errors
else
	skip "errors of the dynamic loader" "no C++ compiler"
fi

# --- thread-local storage ----------------------------------------------------

# As many libraries with static storage of their own fit as without us, and
# storage that is made at first use does not lead back into us.
cat >tls.c <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *touch_all(void *arg)
{
	void **handle = arg;
	char *(*touch)(void);
	int i;

	for (i = 0; handle[i]; i++) {
		*(void **)&touch = dlsym(handle[i], "touch");
		free(malloc(7001));
		*touch() += 1;
	}
	return NULL;
}
int main(int argc, char **argv)
{
	static void *handle[100];
	pthread_t thread[8];
	char path[64];
	int i, nr = 0;

	for (i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "./%s%d.so", argv[1], i);
		handle[nr] = dlopen(path, RTLD_NOW);
		nr += handle[nr] != NULL;
	}
	for (i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, touch_all, handle);
	for (i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	printf("%d libraries of %d\n", nr, argc);
	return 0;
}
END
cc -fno-builtin -pthread -o tls tls.c -ldl
echo '__thread char room[SPACE]; char *touch(void) { return room; }' >room.c
cc -shared -fPIC -ftls-model=initial-exec -DSPACE=100 -o static.so room.c
cc -shared -fPIC -DSPACE=20000 -o dynamic.so room.c
for i in $(seq 0 59); do
	cp static.so "static$i.so"
	cp dynamic.so "dynamic$i.so"
done
as_without "libraries with static thread-local storage" 100 ./tls static
as_without "libraries with dynamic thread-local storage" 1000 ./tls dynamic

# --- plugins -----------------------------------------------------------------

# Bound past us: its blocks are unseen, their frees through us are unknown.
cat >plugin.c <<'END'
#include <stdlib.h>
#include <string.h>
char *make(void)
{
	return strcpy(malloc(7301), "made by the plugin");
}
void take(void *p)
{
	free(p);
}
END
cat >host.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	char *(*make)(void);
	void (*take)(void *);
	void *handle;
	int i;

	handle = !strcmp(argv[1], "deep")
		? dlopen("./plugin.so", RTLD_NOW | RTLD_DEEPBIND)
		: dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW);
	if (!handle)
		return 3;
	*(void **)&make = dlsym(handle, "make");
	*(void **)&take = dlsym(handle, "take");
	for (i = 0; i < 10; i++) {
		char *p = make();

		p[0] = 'M';
		if (!strcmp(argv[1], "deep")) {
			p = realloc(p, 7302);
			puts(p);
			free(p);
			free(make());
			take(malloc(7303));
		} else {
			puts(p);
			take(p);
		}
	}
	return argc - 2;
}
END
cc -shared -fPIC -fno-builtin -o plugin.so plugin.c
cc -fno-builtin -o host host.c -ldl
./host deep >plain.out
exits $? "a plugin that is bound deeply: as without us" record ./host deep
check "a plugin that is bound deeply: the output" cmp plain.out "$TMP/out"
check "the tape is sound" "$HEAPTAPE" check "$tape"
check "frees of blocks that we never saw are counted" \
	test "$(field unknown_frees)" -ge 10
"$HEAPTAPE" info "$tape" >info.txt
matches "and told of" 'unknown' info.txt
as_without "a plugin in another namespace" 10 ./host apart

# A library whose calls are bound to its own functions.
cat >own.c <<'END'
#include <stddef.h>
static char pool[1 << 16];
static size_t used;
void *malloc(size_t size)
{
	void *p = pool + used;

	used += (size + 15) & ~(size_t)15;
	return p;
}
void free(void *p)
{
	(void)p;
}
int internal(void)
{
	char *p = malloc(7401);
	int own = p >= pool && p < pool + sizeof(pool);

	free(p);
	return own;
}
END
cat >bound.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int internal(void);
int main(void)
{
	free(malloc(7001));
	printf("%d\n", internal());
	return 4;
}
END
cc -shared -fPIC -fno-builtin -Wl,-Bsymbolic -o libown.so own.c
cc -fno-builtin -o bound bound.c ./libown.so
as_without "a library that is bound to itself" 1 ./bound
check "the program's own calls are recorded" \
	test "$(nr_with 'malloc(7001)')" -eq 1
check "the library's are not" test "$(nr_with 'malloc(7401)')" -eq 0

# An auditor has a namespace, a C library and a heap of its own.
cat >audit.c <<'END'
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
unsigned la_version(unsigned version)
{
	free(malloc(7501));
	return version;
}
unsigned la_objopen(struct link_map *map, Lmid_t id, uintptr_t *cookie)
{
	free(malloc(7502));
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
END
cc -shared -fPIC -fno-builtin -o audit.so audit.c
exits 4 "an auditor" record env LD_AUDIT=./audit.so ./main
check "the program is recorded" test "$(nr_with 'malloc(7001)')" -eq 1
check "the auditor is not" test "$(nr_with 'malloc(7502)')" -eq 0

# --- sanitizers and valgrind --------------------------------------------------

cat >bad.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	char *p = malloc(7001);

	memset(p, 1, 7001);
	puts("ran");
	fflush(stdout);
	if (argc < 2)
		free(p);
	if (argc > 1 && !strcmp(argv[1], "late")) {
		free(p);
		return p[5];
	}
	p = NULL;
	return 4;
}
END
for kind in address undefined leak thread; do
	if ! cc -g -fno-builtin -fsanitize=$kind -o "san" bad.c 2>err ||
		! ./san >plain.out 2>plain.err && [ ! -s plain.out ]; then
		skip "sanitizer: $kind" "not installed"
		continue
	fi
	as_without "sanitizer: $kind" 2 ./san
	check "sanitizer: $kind: recorded" \
		test "$(nr_with 'malloc(7001)')" -eq 1
	[ $kind = address ] || continue
	cp san asan
	check "it still finds a late use" sh -c \
		"! '$HEAPTAPE' record -q -f -o x.tape ./san late 2>&1 |
		grep -q 'ERROR.*heap-use-after-free' && exit 1; exit 0"
	check "and a leak" sh -c "'$HEAPTAPE' record -q -f -o x.tape \
		./san leak 2>&1 | grep -q '7001 byte.s. leaked'"
	record env -u ASAN_OPTIONS sh -c 'exec ./asan' >out 2>told
	matches "behind a shell it refuses as it does behind any library" \
		'ASan runtime does not come first' told
done
if command -v clang >/dev/null && clang -fno-builtin -fsanitize=address -o \
	san bad.c 2>err && ./san >plain.out 2>&1 || [ -s plain.out ]; then
	exits 4 "a sanitizer inside of the program" record ./san
	matches "is told of" 'malloc is defined by .*san' "$TMP/err"
fi

if command -v valgrind >/dev/null; then
	exits 4 "under valgrind" record valgrind -q \
		--soname-synonyms=somalloc=nouserintercepts ./main wait
	check "without a warning" sh -c "! grep -i warning '$TMP/err'"
	check "under valgrind: recorded" \
		test "$(nr_with 'malloc(7001)')" -eq 1
	exits 4 "under valgrind, which answers malloc itself" \
		record valgrind -q ./main wait
	matches "it is told what to do" 'soname-synonyms' "$TMP/err"
	check "the tape is sound" "$HEAPTAPE" check "$tape"
else
	skip valgrind "not installed"
fi
if command -v gdb >/dev/null; then
	check "under gdb" record gdb -q -batch -ex run ./main
	sound "under gdb" 100
fi
finish
