// SPDX-License-Identifier: MIT
/*
 * Steps from caller to caller. A stack is read upwards from the stack pointer,
 * and only where pages have been seen to be readable without a gap, so that
 * tables that lie end the walk.
 */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "recorder/shim/shim.h"
#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_walk.h"

/* Whether the frame pointer tells what the stack pointer was: not on arm64. */
#if defined(__x86_64__)
# define WHOLE_FRAMES true
#else
# define WHOLE_FRAMES false
#endif

struct walk {
	struct stack_regs r;
	uint64_t fp_at; /* where the frame pointer lies; 0: it is r.fp */
	struct stack_log *log;
	uint64_t key; /* an address within the call that r.ip returns to ... */
	bool exact;   /* ... or r.ip itself, where a signal came */
	bool by_pointers; /* to the end */
	const struct stack_span *span;
	struct stack_range range; /* what can be read */
};

/* The way is not a function of what was read alone. */
static inline void spoil(struct walk *w)
{
	w->log->impure = true;
}

static __attribute__((noinline, cold)) bool extend(struct walk *w,
						   uint64_t addr)
{
	if (addr & 7 ||
	    (addr >= w->range.high && w->range.high == w->span->own.high))
		return false; /* as it ever will be */
	spoil(w);
	return stack_extend(w->span, &w->range, addr);
}

static inline bool load(struct walk *w, uint64_t addr, uint64_t *value)
{
	if (unlikely(!stack_holds(&w->range, addr) || addr & 7) &&
	    !extend(w, addr))
		return false;
	*value = *(const uint64_t *)(uintptr_t)addr;
	stack_log_add(w->log, addr, *value);
	return true;
}

/* Make r.fp the frame pointer's value, if it is not. */
static inline bool fetch_fp(struct walk *w)
{
	if (w->fp_at && !load(w, w->fp_at, &w->r.fp))
		return false;
	w->fp_at = 0;
	return true;
}

/* Where a signed return address of aarch64 leads; others are as they are. */
static inline uint64_t plain_address(uint64_t ip)
{
#if defined(__aarch64__)
	register uint64_t x30 __asm__("x30") = ip;

	__asm__("hint #7" : "+r"(x30)); /* xpaclri */
	return x30;
#else
	return ip;
#endif
}

static inline bool arrive(struct walk *w, uint64_t ip, uint64_t sp)
{
	w->r.ip = plain_address(ip);
	w->r.sp = sp;
	w->r.lr = 0;
	w->key = w->r.ip - 1;
	w->exact = false;
	return w->r.ip >= STACK_PAGE;
}

static inline bool find_cfa(struct walk *w, struct stack_rule rule,
			    uint64_t *cfa)
{
	if (likely(rule.kind == RULE_SP)) {
		*cfa = w->r.sp + (uint64_t)rule.cfa;
		return true;
	}
	if (rule.kind < RULE_SP || !fetch_fp(w))
		return false;
	*cfa = w->r.fp + (uint64_t)rule.cfa;
	return rule.kind == RULE_FP || load(w, *cfa, cfa);
}

/* To the caller, by the tables. */
static inline bool step_by_rule(struct walk *w, struct stack_rule rule)
{
	uint64_t cfa, ip = w->r.lr;

	/* Every step goes up, but from a leaf that keeps all in registers. */
	if (!find_cfa(w, rule, &cfa) ||
	    cfa < w->r.sp + (rule.ra_place == PLACE_CFA))
		return false;
	if (unlikely(rule.ra_place != PLACE_CFA))
		spoil(w);
	else if (!load(w, cfa + 8 * (uint64_t)rule.ra_words, &ip))
		return false;
	if (rule.fp_place == PLACE_CFA) {
		w->fp_at = cfa + 8 * (uint64_t)rule.fp_words;
	} else if (unlikely(rule.fp_place != PLACE_SAME)) {
		if (!fetch_fp(w))
			return false;
		w->fp_at = w->r.fp + 8 * (uint64_t)rule.fp_words;
		if (rule.fp_place == PLACE_LOST)
			w->fp_at = w->r.fp = 0;
	}
	return arrive(w, ip, cfa);
}

/* To the caller, by the record that the frame pointer points to. */
static bool step_by_pointer(struct walk *w)
{
	uint64_t fp, ip;

	if (!fetch_fp(w))
		return false;
	fp = w->r.fp;
	return fp >= w->r.sp && load(w, fp + 8, &ip) && load(w, fp, &w->r.fp) &&
	       arrive(w, ip, fp + 16);
}

/* To what a signal interrupted, maybe on another stack. */
static __attribute__((noinline, cold)) bool step_by_signal(struct walk *w)
{
	struct stack_regs r;
	bool ok;
#if defined(__x86_64__)
	uint64_t regs = w->r.sp + offsetof(ucontext_t, uc_mcontext.gregs);

	r.lr = 0;
	ok = load(w, regs + 8 * REG_RIP, &r.ip) &&
	     load(w, regs + 8 * REG_RSP, &r.sp) &&
	     load(w, regs + 8 * REG_RBP, &r.fp);
#elif defined(__aarch64__)
	uint64_t regs = w->r.sp + sizeof(siginfo_t);

	ok = load(w, regs + offsetof(ucontext_t, uc_mcontext.pc), &r.ip) &&
	     load(w, regs + offsetof(ucontext_t, uc_mcontext.sp), &r.sp) &&
	     load(w, regs + offsetof(ucontext_t, uc_mcontext.regs[29]),
		  &r.fp) &&
	     load(w, regs + offsetof(ucontext_t, uc_mcontext.regs[30]), &r.lr);
#endif
	spoil(w);
	if (!ok || r.ip < STACK_PAGE)
		return false;
	w->r = r;
	w->fp_at = 0;
	w->key = r.ip;
	w->exact = true;
	if (!stack_holds(&w->range, r.sp) &&
	    !stack_switch(w->span, r.sp, &w->range))
		return false;
	return true;
}

static inline bool step(struct walk *w, struct stack_rule rule,
			enum ring_unwind unwind)
{
	if (likely(rule.kind >= RULE_SP))
		return step_by_rule(w, rule);
	if (rule.kind == RULE_POINTER)
		return step_by_pointer(w);
	if (rule.kind == RULE_SIGNAL)
		return step_by_signal(w);
	if (rule.kind != RULE_OUTSIDE)
		return false;
	spoil(w);
	w->by_pointers = !WHOLE_FRAMES;
	return unwind == RING_UNWIND_AUTO && step_by_pointer(w);
}

unsigned stack_walk(const struct stack_config *config,
		    const struct stack_span *span, struct stack_range *range,
		    const struct stack_regs *from, struct stack_log *log,
		    uint64_t *ips, uint64_t *hash)
{
	struct walk w = { .r = *from,
			  .fp_at = (uintptr_t)&from->fp,
			  .key = from->ip,
			  .exact = true,
			  .log = log,
			  .by_pointers = config->unwind == RING_UNWIND_FP,
			  .span = span,
			  .range = *range };
	const uint64_t own_len = config->own_end - config->own_start;
	const struct stack_rule pointer = { .kind = RULE_POINTER };
	struct stack_rule rule;
	uint64_t h = *hash;
	unsigned nr = 0;
	bool own = true;

	stack_log_open(log);
	do {
		own = own && w.r.ip - config->own_start < own_len;
		if (own || !w.by_pointers)
			rule = stack_rule_of(w.key, w.exact);
		else
			rule = pointer;
		if (own)
			continue;
		ips[nr] = w.key + 1 + rule.begins;
		h = stack_hash(h, ips[nr++]);
	} while (nr < config->depth && step(&w, rule, config->unwind));
	/* Not that of a stack that a signal interrupted. */
	if (stack_holds(&w.range, from->sp))
		*range = w.range;
	*hash = h;
	return nr;
}
