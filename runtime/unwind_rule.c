/*
 * unwind_rule.c - read and run the unwind tables of a program (.eh_frame).
 *
 * The tables are those of DWARF (DWARF 5, section 6.4), with the differences of
 * the Linux Standard Base, "Exception Frames". libgcc finds a function's table.
 * A rule is none where there is no table (generated code), or where a table
 * uses another register or an expression of another form than those below.
 */
#include "unwind_rule.h"

#ifdef UNWIND_HAS_RULES

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* DWARF's numbers of the registers. */
#if defined __x86_64__
enum { SP = 7, FP = 6, RA = 16 };
#else
enum { SP = 31, FP = 29, RA = 30 };
#endif

/* ---- Reading the tables. ---- */

static uint64_t read_unsigned(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;

    do
        value |= (uint64_t)(**at & 0x7f) << (shift & 63), shift += 7;
    while (*(*at)++ & 0x80);
    return value;
}

static int64_t read_signed(const uint8_t **at)
{
    unsigned shift = 0;
    uint64_t value = 0;
    uint8_t byte;

    do {
        byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << (shift & 63);
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && byte & 0x40)
        value |= ~(uint64_t)0 << shift;
    return (int64_t)value;
}

/* An integer of size bytes, unsigned. */
static uint64_t read_fixed(const uint8_t **at, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, *at, size); /* little-endian */
    *at += size;
    return value;
}

/* The bytes of a pointer in an encoding. */
static size_t encoded_size(uint8_t encoding)
{
    switch (encoding & 7) {
    case 2:
        return 2;
    case 3:
        return 4;
    default:
        return 8;
    }
}

enum { LETTERS = 9 }; /* in a CIE, after length, id and version */

/* A table: a CIE, which functions share, and the FDE of one of them. */
struct table {
    const uint8_t *shared, *shared_end;
    const uint8_t *own, *own_end;
    uint64_t code_align;
    int64_t data_align;
    bool signal;
};

/* Returns the encoding of the FDE's addresses, or -1 for an unknown CIE. */
static int read_augmentation(struct table *t, const char *letters,
                             const uint8_t *data)
{
    int encoding = 0;

    for (; *letters; letters++)
        switch (*letters) {
        case 'R':
            encoding = *data++;
            break;
        case 'P':
            data += 1 + encoded_size(*data);
            break;
        case 'L':
            data++;
            break;
        case 'S':
            t->signal = true;
            break;
        case 'B': /* of aarch64: which key signs return addresses */
            break;
        default:
            return -1;
        }
    return encoding;
}

static int read_shared(struct table *t, const uint8_t *at)
{
    uint64_t length = read_fixed(&at, 4), size;
    const char *letters;
    uint8_t version;

    t->shared_end = at + length;
    at += 4;
    version = *at++;
    letters = (const char *)at;
    at += strlen(letters) + 1;
    t->code_align = read_unsigned(&at);
    t->data_align = read_signed(&at);
    if (version == 1)
        at++;
    else
        read_unsigned(&at);
    if (*letters != 'z') {
        t->shared = at;
        return *letters ? -1 : 0;
    }
    size = read_unsigned(&at);
    t->shared = at + size;
    return read_augmentation(t, letters + 1, at);
}

static bool table_read(struct table *t, const uint8_t *fde)
{
    const uint8_t *at = fde;
    uint64_t length = read_fixed(&at, 4), back;
    const uint8_t *link = at, *cie;
    int encoding;

    if (length == UINT32_MAX) /* of 64 bits: nobody needs it */
        return false;
    t->own_end = at + length;
    back = read_fixed(&at, 4);
    cie = link - back;
    encoding = read_shared(t, cie);
    if (encoding < 0)
        return false;
    at += 2 * encoded_size((uint8_t)encoding);
    t->own = at;
    if (cie[LETTERS] == 'z') {
        length = read_unsigned(&at);
        t->own = at + length;
    }
    return true;
}

/* ---- Running the tables. ---- */

struct place {
    enum base base;
    int64_t offset;
};

struct row {
    uint64_t cfa_register;
    int64_t cfa_offset;
    bool cfa_loaded;
    struct place fp, ra;
};

enum { MAX_REMEMBERED = 4 };

struct machine {
    const struct table *table;
    struct row row, first, remembered[MAX_REMEMBERED];
    int remembered_count;
    uintptr_t at, pc;
};

static enum base base_of_register(uint64_t number)
{
    return number == SP ? AT_SP : number == FP ? AT_FP : NOWHERE;
}

static void place_set(struct row *row, uint64_t number, enum base base,
                      int64_t offset)
{
    struct place place = {base, offset};

    if (number == FP)
        row->fp = place;
    if (number == RA)
        row->ra = place;
}

static void place_restore(struct machine *m, uint64_t number)
{
    if (number == FP)
        m->row.fp = m->first.fp;
    if (number == RA)
        m->row.ra = m->first.ra;
}

/*
 * An expression: DW_OP_bregN offset, and with `loads`, DW_OP_deref. Returns N
 * and the offset, or UINT64_MAX for one of another form.
 */
static uint64_t read_expression(const uint8_t **at, bool loads, int64_t *offset)
{
    enum { BREG0 = 0x70, BREG31 = 0x8f, DEREF = 0x06 };
    uint64_t size = read_unsigned(at);
    const uint8_t *end = *at + size, *p = *at;
    uint64_t number = UINT64_MAX;

    *at = end;
    if (size < 2 || *p < BREG0 || *p > BREG31)
        return number;
    number = (uint64_t)(*p++ - BREG0);
    *offset = read_signed(&p);
    if (loads && (p == end || *p++ != DEREF))
        return UINT64_MAX;
    return p == end ? number : UINT64_MAX;
}

static void cfa_set(struct row *row, uint64_t number, int64_t offset,
                    bool loaded)
{
    row->cfa_register = number;
    row->cfa_offset = offset;
    row->cfa_loaded = loaded;
}

/* An instruction that has its operand in its low six bits. */
static void run_short(struct machine *m, uint8_t code, const uint8_t **p)
{
    uint64_t operand = code & 0x3f;

    if (code >> 6 == 1)
        m->at += operand * m->table->code_align;
    else if (code >> 6 == 2)
        place_set(&m->row, operand, AT_CFA,
                  (int64_t)read_unsigned(p) * m->table->data_align);
    else
        place_restore(m, operand);
}

/* Any other one; false for an unknown one. */
static bool run_long(struct machine *m, uint8_t code, const uint8_t **p)
{
    struct row *row = &m->row;
    int64_t scale = m->table->data_align, offset = 0;
    uint64_t number;

    switch (code) {
    case 0x00: /* nop */
    case 0x2d: /* AARCH64_negate_ra_state */
        return true;
    case 0x02: /* advance_loc1, 2, 4 */
    case 0x03:
    case 0x04:
        m->at += read_fixed(p, (size_t)1 << (code - 2)) * m->table->code_align;
        return true;
    case 0x05: /* offset_extended */
        number = read_unsigned(p);
        place_set(row, number, AT_CFA, (int64_t)read_unsigned(p) * scale);
        return true;
    case 0x11: /* offset_extended_sf */
        number = read_unsigned(p);
        place_set(row, number, AT_CFA, read_signed(p) * scale);
        return true;
    case 0x06: /* restore_extended */
        place_restore(m, read_unsigned(p));
        return true;
    case 0x07: /* undefined, same_value */
    case 0x08:
        place_set(row, read_unsigned(p), NOWHERE, 0);
        return true;
    case 0x0a: /* remember_state */
        if (m->remembered_count == MAX_REMEMBERED)
            return false;
        m->remembered[m->remembered_count++] = *row;
        return true;
    case 0x0b: /* restore_state */
        if (m->remembered_count == 0)
            return false;
        *row = m->remembered[--m->remembered_count];
        return true;
    case 0x0c: /* def_cfa */
        number = read_unsigned(p);
        cfa_set(row, number, (int64_t)read_unsigned(p), false);
        return true;
    case 0x12: /* def_cfa_sf */
        number = read_unsigned(p);
        cfa_set(row, number, read_signed(p) * scale, false);
        return true;
    case 0x0d: /* def_cfa_register */
        row->cfa_register = read_unsigned(p);
        return true;
    case 0x0e: /* def_cfa_offset */
        row->cfa_offset = (int64_t)read_unsigned(p);
        return true;
    case 0x13: /* def_cfa_offset_sf */
        row->cfa_offset = read_signed(p) * scale;
        return true;
    case 0x0f: /* def_cfa_expression */
        number = read_expression(p, true, &offset);
        cfa_set(row, number, offset, true);
        return true;
    case 0x10: { /* expression */
        uint64_t saved = read_unsigned(p);

        number = read_expression(p, false, &offset);
        if (saved == FP && base_of_register(number) == NOWHERE)
            return false;
        place_set(row, saved, base_of_register(number), offset);
        return true;
    }
    case 0x2e: /* GNU_args_size */
        read_unsigned(p);
        return true;
    default: /* of other registers too: register, val_offset, val_expression */
        return false;
    }
}

/* Run the instructions that hold up to m->pc; false where one is unknown. */
static bool run(struct machine *m, const uint8_t *p, const uint8_t *end)
{
    while (p < end && m->at <= m->pc) {
        uint8_t code = *p++;

        if (code >> 6)
            run_short(m, code, &p);
        else if (!run_long(m, code, &p))
            return false;
    }
    return true;
}

/* The row as a rule, which ends the stack if it does not fit into one. */
static union rule rule_of_row(const struct row *row, bool signal)
{
    union rule rule = {.bits = 0}, none = {.bits = 0};

    rule.cfa_base = base_of_register(row->cfa_register);
    rule.cfa_loaded = row->cfa_loaded;
    rule.signal = signal;
    rule.cfa_offset = (int)row->cfa_offset;
    rule.ra_base = row->ra.base;
    rule.ra_word = (int)(row->ra.offset / WORD);
    rule.fp_base = row->fp.base;
    rule.fp_word = (int)(row->fp.offset / WORD);
    if (rule.cfa_offset != row->cfa_offset ||
        rule.ra_word * (int64_t)WORD != row->ra.offset ||
        rule.fp_word * (int64_t)WORD != row->fp.offset)
        return none;
    return rule;
}

/* What libgcc says of a table; its unwind-dw2-fde.h. */
struct dwarf_eh_bases {
    void *tbase, *dbase, *func;
};

const void *_Unwind_Find_FDE(void *pc, struct dwarf_eh_bases *bases);

union rule rule_find(uintptr_t pc)
{
    union rule none = {.bits = 0};
    struct dwarf_eh_bases bases = {0};
    struct table table = {0};
    const void *fde = _Unwind_Find_FDE((void *)pc, &bases);
    struct machine m = {.table = &table, .pc = pc};

    if (!fde || !table_read(&table, fde))
        return none;
    m.row.cfa_register = UINT64_MAX;
    if (!run(&m, table.shared, table.shared_end))
        return none;
    m.first = m.row;
    m.at = (uintptr_t)bases.func;
    if (!run(&m, table.own, table.own_end))
        return none;
    return rule_of_row(&m.row, table.signal);
}

#endif
