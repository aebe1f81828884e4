// SPDX-License-Identifier: MIT
/*
 * The vocabulary of a tape, shared by writer, reader and merge. A tape holds
 * the calls of the malloc family of one process, thread by thread, each with
 * time, address, size and alignment; threads' births, ends and names; marks;
 * and samples of the process taken from outside. FORMAT.md gives the bytes.
 *
 * Times are ns since the recording began. Within a thread they never
 * decrease. A call that frees is stamped before it, a call that allocates
 * after it returned, a realloc at both ends, so that sorting by time gives a
 * history in which no live blocks overlap.
 */
#ifndef TRACES_TAPE_H
#define TRACES_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Values are part of the format: append only. */
enum tape_kind {
	TAPE_MALLOC = 1,
	TAPE_CALLOC,        /* size = n * m */
	TAPE_REALLOC,       /* old_addr may be 0, size may be 0 */
	TAPE_REALLOCARRAY,  /* size = n * m */
	TAPE_ALIGNED_ALLOC, /* from here to pvalloc: alignment is set */
	TAPE_POSIX_MEMALIGN,
	TAPE_MEMALIGN,
	TAPE_VALLOC,
	TAPE_PVALLOC,
	TAPE_FREE,
	TAPE_FREE_SIZED,         /* size as the program gave it */
	TAPE_FREE_ALIGNED_SIZED, /* size and alignment as given */
	TAPE_FREE_NULL,    /* size = how many free(NULL) since the last one */
	TAPE_THREAD_START, /* addr = the kernel's thread id */
	TAPE_THREAD_END,
	TAPE_THREAD_NAME, /* text */
	TAPE_MARK,        /* text */
	TAPE_KIND_END,    /* one past the last */
};

/* Flags of an event. */
enum tape_flag {
	TAPE_FAILED = 1, /* the call returned NULL or an error; addr is 0 */
};

/* What else is known of a call; has tells which. */
enum tape_note {
	TAPE_NOTE_STACK = 1,
	TAPE_NOTE_LATENCY = 2,
	TAPE_NOTE_USABLE = 4,
	TAPE_NOTE_TOUCHED = 8,
};

struct tape_notes {
	uint64_t usable_bytes;  /* of the block given back; see FORMAT.md */
	uint64_t touched_bytes; /* of the block given back: resident */
	uint32_t stack;         /* of a call that allocates; tape_stacks.h */
	uint32_t latency_ns; /* but of a realloc of a block: its times tell */
	uint8_t has;         /* enum tape_note */
};

struct tape_event {
	uint64_t time_ns;   /* when it began to hold; see above */
	uint64_t end_ns;    /* realloc family: when it returned; else time_ns */
	uint64_t addr;      /* block returned, or block freed */
	uint64_t old_addr;  /* realloc family: block given, or 0 */
	uint64_t size;      /* bytes asked for */
	uint64_t alignment; /* bytes, 0 for calls without one */
	union {             /* both are valid until the next call */
		const char *text;               /* thread_name, mark */
		const struct tape_notes *notes; /* calls on blocks, or NULL */
	};
	uint32_t thread; /* index in order of birth, from 0 */
	uint8_t kind;    /* enum tape_kind */
	uint8_t flags;   /* enum tape_flag */
};

/* The process from outside, at one moment. Bytes, and counts since start. */
struct tape_sample {
	uint64_t time_ns;
	uint64_t rss_anon_bytes;
	uint64_t rss_file_bytes; /* file and shared memory */
	uint64_t swap_bytes;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint32_t threads;
};

/* What the recorder knows at the end; zero where unknown. */
struct tape_end {
	bool clean;           /* false: no end was written, the tape was cut */
	int32_t exit_status;  /* as wait(2) gives it */
	uint64_t duration_ns; /* of the recording */
	uint64_t dropped;     /* events lost to a full ring, all threads */
	char reason[128];     /* why recording ended; "exit" is the usual one */
	bool asks_usable;     /* the program has called malloc_usable_size */
};

/* Metadata: keys in order of writing. Keys in use are in FORMAT.md. */
struct tape_meta {
	struct tape_meta_entry {
		char *key;
		char *value;
	} * entries;
	size_t nr;
};

/* Copy key and value into meta, replacing an old value. 0 or -ERR_NOMEM. */
int tape_meta_set(struct tape_meta *meta, const char *key, const char *value,
		  struct err *err);
/* The value, owned by meta, or NULL. */
const char *tape_meta_get(const struct tape_meta *meta, const char *key);
void tape_meta_release(struct tape_meta *meta);

/* "malloc", "posix_memalign", "thread_start", ...; "unknown" otherwise. */
const char *tape_kind_name(enum tape_kind kind);

static inline bool tape_kind_is_free(enum tape_kind kind)
{
	return kind >= TAPE_FREE && kind <= TAPE_FREE_ALIGNED_SIZED;
}

static inline bool tape_kind_is_realloc(enum tape_kind kind)
{
	return kind == TAPE_REALLOC || kind == TAPE_REALLOCARRAY;
}

/* Calls that are given an alignment, or that imply one. */
static inline bool tape_kind_has_alignment(enum tape_kind kind)
{
	return (kind >= TAPE_ALIGNED_ALLOC && kind <= TAPE_PVALLOC) ||
	       kind == TAPE_FREE_ALIGNED_SIZED;
}

/* Those with a text; only calls, the kinds up to 12, have notes. */
static inline bool tape_kind_has_text(enum tape_kind kind)
{
	return kind == TAPE_THREAD_NAME || kind == TAPE_MARK;
}

/* Calls that return a block: malloc to pvalloc, the reallocs among them. */
static inline bool tape_kind_is_alloc(enum tape_kind kind)
{
	return kind >= TAPE_MALLOC && kind <= TAPE_PVALLOC;
}

#endif
