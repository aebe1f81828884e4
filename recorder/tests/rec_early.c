// SPDX-License-Identifier: MIT
/*
 * Allocates before main, after it, and through a C++ runtime that is loaded
 * while the program runs. Block sizes tell which is which.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

static void *kept;

__attribute__((constructor(101))) static void before(void)
{
	kept = malloc(7001);
}

__attribute__((destructor(101))) static void after(void)
{
	free(kept);
	free(malloc(7002));
}

static void at_exit(void)
{
	free(malloc(7003));
}

/* operator new and delete, found as a plugin would find them. */
static int use_cxx(void)
{
	void *(*new)(size_t);
	void (*delete)(void *);

	if (!dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL))
		return 0;
	*(void **)&new = dlsym(RTLD_DEFAULT, "_Znwm");
	*(void **)&delete = dlsym(RTLD_DEFAULT, "_ZdlPv");
	if (!new || !delete)
		return 0; /* not recorded: they are not in the global scope */
	delete (new (7004));
	return 0;
}

int main(void)
{
	atexit(at_exit);
	return use_cxx();
}
