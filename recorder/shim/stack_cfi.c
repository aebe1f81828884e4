// SPDX-License-Identifier: MIT
/*
 * Runs the little programs of the unwind tables, which tell for each address
 * of the code where the caller's registers are (DWARF 5, section 6.4). Only
 * what finds the next return address is kept: the CFA, the frame pointer, the
 * return address. Forms that no compiler writes where a function calls another
 * one give RULE_NONE.
 */
#include <string.h>

#include "recorder/shim/stack_table.h"

#define REMEMBER_MAX 4

enum {
	CFA_HIGH = 0xc0, /* these three have an operand in the low six bits */
	CFA_ADVANCE = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00,
	CFA_ADVANCE1 = 0x02,
	CFA_ADVANCE2,
	CFA_ADVANCE4,
	CFA_OFFSET_FAR,
	CFA_RESTORE_FAR,
	CFA_UNDEFINED,
	CFA_SAME_VALUE,
	CFA_REGISTER,
	CFA_REMEMBER,
	CFA_RECALL,
	CFA_DEF_CFA,
	CFA_DEF_CFA_REGISTER,
	CFA_DEF_CFA_OFFSET,
	CFA_DEF_CFA_EXPRESSION,
	CFA_EXPRESSION,
	CFA_OFFSET_SIGNED,
	CFA_DEF_CFA_SIGNED,
	CFA_DEF_CFA_OFFSET_SIGNED,
	CFA_VAL_OFFSET,
	CFA_VAL_OFFSET_SIGNED,
	CFA_VAL_EXPRESSION,
	CFA_SIGN_RETURN_PC = 0x2c, /* aarch64: the address is signed ... */
	CFA_SIGN_RETURN = 0x2d,    /* ... from here */
	CFA_ARGS_SIZE = 0x2e,
	OP_DEREF = 0x06,
	OP_REGISTER = 0x70, /* and its number: the register plus an offset */
};

/* Where a register of the caller is. */
struct place {
	int64_t offset; /* bytes */
	uint8_t where;  /* enum stack_rule_place */
};

/* One row of the table that a program describes. */
struct row {
	int64_t cfa;  /* bytes */
	uint8_t kind; /* RULE_SP, RULE_FP, RULE_FP_WORD, or RULE_NONE */
	struct place fp;
	struct place ra;
};

struct machine {
	struct row row;
	struct row initial; /* after the common program */
	struct row remembered[REMEMBER_MAX];
	unsigned nr_remembered;
	uint64_t at; /* the address that row holds for */
	uint64_t addr;
	const struct stack_entry *entry;
	bool failed;
};

static void set_cfa(struct row *row, uint64_t reg, int64_t offset)
{
	row->kind = reg == REG_STACK   ? RULE_SP
		    : reg == REG_FRAME ? RULE_FP
				       : RULE_NONE;
	row->cfa = offset;
}

static void set_place(struct row *row, uint64_t reg, unsigned where,
		      int64_t offset)
{
	const struct place place = { offset, (uint8_t)where };

	if (reg == REG_FRAME)
		row->fp = place;
	else if (reg == REG_RETURN)
		row->ra = place;
}

static void restore(struct machine *m, uint64_t reg)
{
	if (reg == REG_FRAME)
		m->row.fp = m->initial.fp;
	else if (reg == REG_RETURN)
		m->row.ra = m->initial.ra;
}

/*
 * An expression: true when it is the frame pointer plus an offset, as in
 * functions that align their stack; *word: the word at that address.
 */
static bool expression(struct stack_bytes *b, int64_t *offset, bool *word)
{
	uint64_t len = stack_uleb(b);
	struct stack_bytes e = { b->at, NULL };

	stack_skip(b, len);
	if (stack_overrun(b))
		return false;
	e.end = b->at;
	if (stack_fixed(&e, 1) != OP_REGISTER + REG_FRAME)
		return false;
	*offset = stack_sleb(&e);
	*word = stack_left(&e) && stack_fixed(&e, 1) == OP_DEREF;
	return e.at == e.end;
}

static void remember(struct machine *m)
{
	if (m->nr_remembered == REMEMBER_MAX)
		m->failed = true;
	else
		m->remembered[m->nr_remembered++] = m->row;
}

static void recall(struct machine *m)
{
	if (!m->nr_remembered)
		m->failed = true;
	else
		m->row = m->remembered[--m->nr_remembered];
}

/* The instructions that say where the CFA is; false: it is another one. */
static bool run_cfa(struct machine *m, unsigned op, struct stack_bytes *b)
{
	const int64_t align = m->entry->data_align;
	struct row *row = &m->row;
	uint64_t reg;
	bool word;

	switch (op) {
	case CFA_DEF_CFA:
		reg = stack_uleb(b);
		set_cfa(row, reg, (int64_t)stack_uleb(b));
		return true;
	case CFA_DEF_CFA_SIGNED:
		reg = stack_uleb(b);
		set_cfa(row, reg, stack_sleb(b) * align);
		return true;
	case CFA_DEF_CFA_REGISTER:
		set_cfa(row, stack_uleb(b), row->cfa);
		return true;
	case CFA_DEF_CFA_OFFSET:
		row->cfa = (int64_t)stack_uleb(b);
		return true;
	case CFA_DEF_CFA_OFFSET_SIGNED:
		row->cfa = stack_sleb(b) * align;
		return true;
	case CFA_DEF_CFA_EXPRESSION:
		row->kind = expression(b, &row->cfa, &word) && word
				    ? RULE_FP_WORD
				    : RULE_NONE;
		return true;
	}
	return false;
}

/* Those that say where a register is; false: it is another one. */
static bool run_place(struct machine *m, unsigned op, struct stack_bytes *b)
{
	const int64_t align = m->entry->data_align;
	struct row *row = &m->row;
	uint64_t reg = stack_uleb(b);
	int64_t offset = 0;
	bool word;

	switch (op) {
	case CFA_OFFSET_FAR:
		offset = (int64_t)stack_uleb(b) * align;
		set_place(row, reg, PLACE_CFA, offset);
		return true;
	case CFA_OFFSET_SIGNED:
		offset = stack_sleb(b) * align;
		set_place(row, reg, PLACE_CFA, offset);
		return true;
	case CFA_RESTORE_FAR:
		restore(m, reg);
		return true;
	case CFA_SAME_VALUE:
		set_place(row, reg, PLACE_SAME, 0);
		return true;
	case CFA_UNDEFINED:
		set_place(row, reg, PLACE_LOST, 0);
		return true;
	case CFA_EXPRESSION:
		if (expression(b, &offset, &word) && !word)
			set_place(row, reg, PLACE_FP, offset);
		else
			set_place(row, reg, PLACE_LOST, 0);
		return true;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SIGNED:
		stack_uleb(b);
		set_place(row, reg, PLACE_LOST, 0);
		return true;
	case CFA_VAL_EXPRESSION:
		stack_skip(b, stack_uleb(b));
		set_place(row, reg, PLACE_LOST, 0);
		return true;
	}
	return false;
}

static void run_rest(struct machine *m, unsigned op, struct stack_bytes *b)
{
	const uint64_t align = m->entry->code_align;

	switch (op) {
	case CFA_NOP:
	case CFA_SIGN_RETURN_PC:
	case CFA_SIGN_RETURN:
		break;
	case CFA_ADVANCE1:
		m->at += stack_fixed(b, 1) * align;
		break;
	case CFA_ADVANCE2:
		m->at += stack_fixed(b, 2) * align;
		break;
	case CFA_ADVANCE4:
		m->at += stack_fixed(b, 4) * align;
		break;
	case CFA_REMEMBER:
		remember(m);
		break;
	case CFA_RECALL:
		recall(m);
		break;
	case CFA_ARGS_SIZE:
		stack_uleb(b);
		break;
	default:
		if (!run_cfa(m, op, b) && !run_place(m, op, b))
			m->failed = true;
	}
}

/* Run until the row for the address is known, or to the end. */
static void run(struct machine *m, struct stack_bytes b)
{
	while (stack_left(&b) && m->at <= m->addr && !m->failed) {
		unsigned op = (unsigned)stack_fixed(&b, 1), low = op & 0x3f;

		switch (op & CFA_HIGH) {
		case CFA_ADVANCE:
			m->at += low * m->entry->code_align;
			break;
		case CFA_OFFSET:
			set_place(&m->row, low, PLACE_CFA,
				  (int64_t)stack_uleb(&b) *
					  m->entry->data_align);
			break;
		case CFA_RESTORE:
			restore(m, low);
			break;
		default:
			run_rest(m, op, &b);
		}
	}
	if (stack_overrun(&b))
		m->failed = true;
}

/* The kernel's way back from a handler: mov $15, %rax; syscall and its twin. */
static bool is_signal_return(const struct stack_object *o, uint64_t addr)
{
#if defined(__x86_64__)
	static const uint8_t code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0x00,
					0x00, 0x00, 0x0f, 0x05 };
#elif defined(__aarch64__)
	static const uint8_t code[] = { 0x68, 0x11, 0x80, 0xd2,
					0x01, 0x00, 0x00, 0xd4 };
#endif

	return o->end - addr > sizeof(code) && stack_readable(addr) &&
	       stack_readable(addr + sizeof(code) - 1) &&
	       !memcmp((const void *)(uintptr_t)addr, code, sizeof(code));
}

/* An offset as words of a rule; false: it is none. */
static bool words(int64_t bytes, int64_t *out)
{
	*out = bytes / 8;
	return bytes % 8 == 0 && *out >= -(1 << 14) && *out < 1 << 14;
}

static void to_rule(const struct row *row, struct stack_rule *rule)
{
	int64_t fp_words, ra_words;

	if (row->ra.where == PLACE_LOST || row->ra.where == PLACE_FP ||
	    row->cfa < -(1 << 25) || row->cfa >= 1 << 25 ||
	    !words(row->fp.offset, &fp_words) ||
	    !words(row->ra.offset, &ra_words))
		return;
	rule->kind = row->kind & 7;
	rule->fp_place = row->fp.where & 3;
	rule->ra_place = row->ra.where & 3;
	rule->cfa = row->cfa;
	rule->fp_words = fp_words;
	rule->ra_words = ra_words;
}

/* Whether the instruction before an address is a call. */
static bool behind_call(const struct stack_object *o, uint64_t addr)
{
	const uint8_t *p = (const uint8_t *)(uintptr_t)addr;
	unsigned i;

	if (addr - o->start < 8 || !stack_readable(addr - 8) ||
	    !stack_readable(addr - 1))
		return false;
#if defined(__x86_64__)
	if (p[-5] == 0xe8)
		return true;
	/* call *...: ff /2, of two to seven bytes */
	for (i = 2; i <= 7; i++)
		if (p[-(int)i] == 0xff && (p[1 - (int)i] & 0x38) == 0x10)
			return true;
#elif defined(__aarch64__)
	uint32_t instruction;

	(void)i;
	memcpy(&instruction, p - 4, sizeof(instruction));
	return instruction >> 26 == 0x25 ||                /* bl */
	       (instruction & 0xfffffc1f) == 0xd63f0000 || /* blr */
	       (instruction & 0xfefff800) == 0xd63f0800;   /* blraa */
#endif
	return false;
}

/*
 * A return address that is the first of a function and was not made by a call
 * is the outermost, as where routines of makecontext() end.
 */
static bool is_first(const struct stack_object *o, uint64_t addr)
{
	struct stack_entry entry;

	return stack_entry_find(o, addr, &entry) && entry.start == addr &&
	       !behind_call(o, addr);
}

struct stack_rule stack_cfi_read(const struct stack_object *object,
				 uint64_t addr, bool exact)
{
	struct stack_rule rule = { .kind = RULE_NONE };
	struct stack_entry entry;
	struct machine m = { .addr = addr, .entry = &entry };

	/* By its code, as some C libraries and kernels have no entry there. */
	if (!exact && is_signal_return(object, addr + 1)) {
		rule.kind = RULE_SIGNAL;
		rule.begins = 1;
		return rule;
	}
	rule.begins = !exact && is_first(object, addr + 1);
	if (rule.begins || !stack_entry_find(object, addr, &entry))
		return rule;
	m.at = entry.start;
	run(&m, entry.common);
	m.initial = m.row;
	run(&m, entry.own);
	if (!m.failed)
		to_rule(&m.row, &rule);
	return rule;
}

struct stack_rule stack_cfi_rule(uint64_t addr, bool exact)
{
	struct stack_object object = { .end = 0 };

	if (!stack_object_find(addr, &object))
		return (struct stack_rule){ .kind = RULE_OUTSIDE };
	return stack_cfi_read(&object, addr, exact);
}
