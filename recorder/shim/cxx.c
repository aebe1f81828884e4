// SPDX-License-Identifier: MIT
/*
 * C++'s operator new and delete. The usual ones (libstdc++) call malloc, which
 * is recorded there: they are only passed on. Allocators that bring their own
 * never pass malloc: then they are recorded here. Exceptions go through.
 *
 * All forms have at most three words as arguments. Each function takes three
 * and passes on what came in, used or not, which the calling conventions of
 * both machines allow; so one shape serves them all.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>

#include "recorder/shim/real.h"
#include "recorder/shim/special.h"

typedef void *new_fn(size_t size, uintptr_t a, uintptr_t b);
typedef void delete_fn(void *ptr, uintptr_t a, uintptr_t b);

enum cxx_mode {
	CXX_FORWARD, /* it comes by malloc or free, where it is recorded */
	CXX_RECORD,
	CXX_UNSURE, /* a delete of an allocator, not yet seen at work */
};

struct cxx_operator {
	const char *name;
	void *_Atomic code; /* the next definition; NULL: not yet sought */
	_Atomic int mode;   /* enum cxx_mode */
};

/* In an object that the program loaded later, out of the usual search. */
static void *find_elsewhere(const char *name)
{
	const void *self = real_object_of((void *)find_elsewhere);
	const struct link_map *map;

	for (map = _r_debug.r_map; map; map = map->l_next) {
		void *handle = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
		void *code = handle ? dlsym(handle, name) : NULL;

		if (code && real_object_of(code) != self)
			return code; /* the handle keeps it loaded */
		if (handle)
			dlclose(handle);
	}
	return NULL;
}

static void *find_operator(struct cxx_operator *op)
{
	int saved_errno = errno;
	void *code = real_symbol(op->name);

	if (!code)
		code = find_elsewhere(op->name);
	errno = saved_errno;
	if (!code)
		return NULL;
	if (real_object_of(code) == real_object_of((void *)real.malloc))
		atomic_store_explicit(&op->mode, CXX_UNSURE,
				      memory_order_relaxed);
	/* Release: the mode is set for who sees the code. */
	atomic_store_explicit(&op->code, code, memory_order_release);
	return code;
}

static inline void *code_of(struct cxx_operator *op)
{
	void *code = atomic_load_explicit(&op->code, memory_order_acquire);

	return likely(code) ? code : find_operator(op);
}

static inline int mode_of(const struct cxx_operator *op)
{
	return atomic_load_explicit(&op->mode, memory_order_relaxed);
}

/* Aligned forms have the alignment as their last argument before a tag. */
static inline void giving(struct special_give *call, unsigned kind, void *ptr,
			  uintptr_t a, uintptr_t b)
{
	call->place.thread = NULL;
	if (ptr)
		special_giving(call, kind, ptr, kind == RING_FREE ? 0 : a,
			       kind == RING_FREE_ALIGNED_SIZED ? b : 0);
	else if (!(shim_mode() & RING_PAUSED))
		rec_null_free();
}

/*
 * An allocator's operator delete may itself call free, which reaches us. The
 * first time it is watched, and recorded afterwards if free was not called.
 */
static void watch_delete(struct cxx_operator *op, unsigned kind, void *ptr,
			 uintptr_t a, uintptr_t b)
{
	delete_fn *code = (delete_fn *)code_of(op);
	uint64_t mark = rec_mark();
	struct special_give call;
	int mode = CXX_FORWARD;

	code(ptr, a, b);
	if (special_mode() & RING_PAUSED)
		return;
	if (!ring_is_free(rec_kind_since(mark, (uintptr_t)ptr))) {
		giving(&call, kind, ptr, a, b);
		special_given(&call);
		mode = CXX_RECORD;
	}
	if (mark && ptr)
		atomic_store_explicit(&op->mode, mode, memory_order_relaxed);
}

#define OPERATOR_NEW(function, symbol, kind)                        \
 SHIM_EXPORT new_fn function __asm__(symbol);                       \
 void *function(size_t size, uintptr_t a, uintptr_t b)              \
 {                                                                  \
  static struct cxx_operator op = { .name = symbol };               \
  new_fn *code = (new_fn *)code_of(&op);                            \
  struct special_take call;                                         \
  void *ptr;                                                        \
                                                                    \
  if (unlikely(!code))                                              \
   return malloc(size);                                             \
  if (mode_of(&op) == CXX_FORWARD)                                  \
   return code(size, a, b);                                         \
  if (!special_begin(&call))                                        \
   return code(size, a, b);                                         \
  ptr = code(size, a, b);                                           \
  special_end(&call, kind, ptr, size, kind == RING_MALLOC ? 0 : a); \
  return ptr;                                                       \
 }

#define OPERATOR_DELETE(function, symbol, kind)       \
 SHIM_EXPORT delete_fn function __asm__(symbol);      \
 void function(void *ptr, uintptr_t a, uintptr_t b)   \
 {                                                    \
  static struct cxx_operator op = { .name = symbol }; \
  delete_fn *code = (delete_fn *)code_of(&op);        \
  struct special_give call;                           \
                                                      \
  if (unlikely(!code)) {                              \
   free(ptr);                                         \
   return;                                            \
  }                                                   \
  if (mode_of(&op) == CXX_FORWARD) {                  \
   code(ptr, a, b);                                   \
   return;                                            \
  }                                                   \
  if (mode_of(&op) == CXX_UNSURE) {                   \
   watch_delete(&op, kind, ptr, a, b);                \
   return;                                            \
  }                                                   \
  giving(&call, kind, ptr, a, b);                     \
  code(ptr, a, b);                                    \
  special_given(&call);                               \
 }

OPERATOR_NEW(new_one, "_Znwm", RING_MALLOC)
OPERATOR_NEW(new_array, "_Znam", RING_MALLOC)
OPERATOR_NEW(new_one_nothrow, "_ZnwmRKSt9nothrow_t", RING_MALLOC)
OPERATOR_NEW(new_array_nothrow, "_ZnamRKSt9nothrow_t", RING_MALLOC)
OPERATOR_NEW(new_one_aligned, "_ZnwmSt11align_val_t", RING_ALIGNED_ALLOC)
OPERATOR_NEW(new_array_aligned, "_ZnamSt11align_val_t", RING_ALIGNED_ALLOC)
OPERATOR_NEW(new_one_aligned_nothrow, "_ZnwmSt11align_val_tRKSt9nothrow_t",
	     RING_ALIGNED_ALLOC)
OPERATOR_NEW(new_array_aligned_nothrow, "_ZnamSt11align_val_tRKSt9nothrow_t",
	     RING_ALIGNED_ALLOC)

OPERATOR_DELETE(delete_one, "_ZdlPv", RING_FREE)
OPERATOR_DELETE(delete_array, "_ZdaPv", RING_FREE)
OPERATOR_DELETE(delete_one_sized, "_ZdlPvm", RING_FREE_SIZED)
OPERATOR_DELETE(delete_array_sized, "_ZdaPvm", RING_FREE_SIZED)
OPERATOR_DELETE(delete_one_nothrow, "_ZdlPvRKSt9nothrow_t", RING_FREE)
OPERATOR_DELETE(delete_array_nothrow, "_ZdaPvRKSt9nothrow_t", RING_FREE)
OPERATOR_DELETE(delete_one_aligned, "_ZdlPvSt11align_val_t", RING_FREE)
OPERATOR_DELETE(delete_array_aligned, "_ZdaPvSt11align_val_t", RING_FREE)
OPERATOR_DELETE(delete_one_sized_aligned, "_ZdlPvmSt11align_val_t",
		RING_FREE_ALIGNED_SIZED)
OPERATOR_DELETE(delete_array_sized_aligned, "_ZdaPvmSt11align_val_t",
		RING_FREE_ALIGNED_SIZED)
OPERATOR_DELETE(delete_one_aligned_nothrow,
		"_ZdlPvSt11align_val_tRKSt9nothrow_t", RING_FREE)
OPERATOR_DELETE(delete_array_aligned_nothrow,
		"_ZdaPvSt11align_val_tRKSt9nothrow_t", RING_FREE)
