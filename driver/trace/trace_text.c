/*
 * trace_text.c - the text forms of a trace.
 *
 *     20000        suggested heap size, or the weight 0..3 in later files
 *     3            number of ids
 *     6            number of operations
 *     1            weight (classic); flag 0/1 or peak payload (later)
 *     a 0 512      malloc          a ID SIZE
 *     c 1 10 8     calloc          c ID COUNT SIZE
 *     m 2 64 100   aligned         m ID ALIGN SIZE
 *     r 0 640      realloc         r ID SIZE
 *     f 0          free            f ID
 *     f -1         free(NULL)
 *
 * A further number at the end of an operation is the thread that made the call.
 * Then may follow the number of its call stack, as @2, if between the header
 * and the operations there is a table of these: rows of the stack's number, the
 * number of the stack of its caller or 0, and its innermost frame.
 *
 *     @1 0 main @ sort.c:4712
 *     @2 1 xmalloc @ xmalloc.c:45
 *     a 0 512 @2
 *
 * A file is of the later form if its first number is 0..3: no heap is so small.
 *
 * A new id gets the slot that was freed last, or a new slot if none is free. So
 * there are as few slots as possible, and those in use stay in the cache.
 */
#include "trace_forms.h"

#include "base/fatal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NUMBERS = 4 };

/* slot_of[id] if the id has no slot. */
#define NEVER_SEEN UINT32_MAX
#define FREED (UINT32_MAX - 1)

struct reader {
    struct trace *trace;
    const char *at, *end;
    unsigned long line;
    unsigned long ids_line; /* where the header has the number of ids */
    bool has_number;        /* the first number of the header was read */
    bool later;             /* the first number of the header is the weight */
    uint32_t *slot_of;      /* by id: a slot, NEVER_SEEN or FREED */
    uint32_t *free_slots;   /* a stack */
    uint32_t free_count;
    uint64_t ids_seen;
    struct op *ops;
    uint64_t op_count; /* read so far */
    uint32_t stack;    /* of the operation read last */
    int64_t number[MAX_NUMBERS];
};

#define FATAL(r, ...) fatal((r)->trace->path, (r)->line, __VA_ARGS__)

/* ---- Characters and numbers. ---- */

static bool at_blank(const struct reader *r)
{
    return r->at < r->end &&
           (*r->at == ' ' || *r->at == '\t' || *r->at == '\r');
}

static bool at_line_end(struct reader *r)
{
    while (at_blank(r))
        r->at++;
    return r->at == r->end || *r->at == '\n';
}

static void next_line(struct reader *r)
{
    if (r->at < r->end) {
        r->at++;
        r->line++;
    }
}

/* Skip white space; false at the end of the file. */
static bool skip_space(struct reader *r)
{
    while (at_line_end(r)) {
        if (r->at == r->end) {
            if (r->line > 1 && r->at[-1] == '\n')
                r->line--; /* name the last line in messages */
            return false;
        }
        next_line(r);
    }
    return true;
}

/* The word at r->at for messages: cut, with control characters escaped. */
static const char *word_of(const struct reader *r)
{
    static char word[32];
    size_t n = 0;

    word[0] = '\0';
    for (const char *c = r->at; c < r->end && n + 5 < sizeof word; c++) {
        if (isspace((unsigned char)*c))
            break;
        n += (size_t)sprintf(word + n,
                             isprint((unsigned char)*c) ? "%c" : "\\x%02x",
                             (unsigned char)*c);
    }
    return word;
}

/* What some editors put before a text: U+FEFF in UTF-8, or in UTF-16. */
static bool begins_with_mark(const struct reader *r)
{
    size_t left = (size_t)(r->end - r->at);

    return r->line == 1 &&
           ((left >= 3 && memcmp(r->at, "\xef\xbb\xbf", 3) == 0) ||
            (left >= 2 && (memcmp(r->at, "\xff\xfe", 2) == 0 ||
                           memcmp(r->at, "\xfe\xff", 2) == 0)));
}

static int64_t read_number(struct reader *r)
{
    const char *start = r->at;
    bool negative = r->at < r->end && *r->at == '-';
    int64_t value = 0;

    for (r->at += negative; r->at < r->end; r->at++) {
        unsigned digit = (unsigned)(unsigned char)*r->at - '0';

        if (digit > 9)
            break;
        if (value > (INT64_MAX - (int64_t)digit) / 10) {
            r->at = start;
            FATAL(r, "the number '%s' is out of range", word_of(r));
        }
        value = value * 10 + digit;
    }
    if (r->at == start + negative ||
        (r->at < r->end && !isspace((unsigned char)*r->at))) {
        r->at = start;
        FATAL(r, "expected a number, found '%s'%s", word_of(r),
              begins_with_mark(r) ? ": save it without a byte order mark" : "");
    }
    return negative ? -value : value;
}

/* ---- The header. ---- */

/* Scripts of heap labs begin with a comment or an operation. */
static bool at_script(const struct reader *r)
{
    return *r->at == '#' ||
           (r->at + 1 < r->end && strchr("afr", *r->at) && r->at[1] == ' ');
}

static uint64_t header_number(struct reader *r, const char *what)
{
    if (!skip_space(r))
        FATAL(r, "the file ends before the header's %s", what);
    if (!r->has_number && at_script(r))
        FATAL(r,
              "the header's %s is missing: found '%s'; tools/convert makes a "
              "trace of a script without a header",
              what, word_of(r));
    if (isalpha((unsigned char)*r->at))
        FATAL(r, "the header's %s is missing: found '%s'", what, word_of(r));
    int64_t value = read_number(r);
    r->has_number = true;
    if (value < 0)
        FATAL(r, "the header's %s is negative", what);
    return (uint64_t)value;
}

/* Returns the header's fourth number if it is a peak payload, else 0. */
static uint64_t read_header(struct reader *r)
{
    struct trace *t = r->trace;
    uint64_t first = header_number(r, "first number");

    r->later = first <= WEIGHT_SPEED;
    t->weight = r->later ? (enum trace_weight)first : WEIGHT_BOTH;
    t->id_count = header_number(r, "number of ids");
    r->ids_line = r->line;
    t->op_count = header_number(r, "number of operations");
    if (t->op_count == 0)
        FATAL(r, "the header declares no operations");
    if (t->id_count > t->op_count)
        fatal(t->path, r->ids_line,
              "the header declares %llu ids but only %llu operations",
              (unsigned long long)t->id_count, (unsigned long long)t->op_count);
    if (t->op_count > t->text_size / 3)
        FATAL(r,
              "the file is cut short: it is too small for the %llu "
              "operations that the header declares",
              (unsigned long long)t->op_count);
    if (t->id_count > OP_MAX_SLOT)
        fatal(t->path, r->ids_line, "more than %u ids", OP_MAX_SLOT);
    uint64_t last = header_number(r, "fourth number");
    if (!at_line_end(r))
        FATAL(r, "text after the header's fourth number");
    return r->later && last > 1 ? last : 0;
}

/* ---- Ids and slots. ---- */

static uint32_t *id_entry(struct reader *r, int64_t id)
{
    if (id < 0 || (uint64_t)id >= r->trace->id_count)
        FATAL(r, "id %lld is out of range: the header declares %llu id%s",
              (long long)id, (unsigned long long)r->trace->id_count,
              r->trace->id_count == 1 ? "" : "s");
    return &r->slot_of[id];
}

static uint32_t begin_id(struct reader *r, int64_t id)
{
    uint32_t *slot = id_entry(r, id);

    if (*slot < FREED)
        FATAL(r, "id %lld is allocated again while it is live", (long long)id);
    r->ids_seen += *slot == NEVER_SEEN;
    *slot =
        r->free_count ? r->free_slots[--r->free_count] : r->trace->slot_count++;
    return *slot;
}

static uint32_t live_id(struct reader *r, int64_t id, const char *what)
{
    uint32_t slot = *id_entry(r, id);

    if (slot == NEVER_SEEN)
        FATAL(r, "id %lld is %s but was never allocated", (long long)id, what);
    if (slot == FREED)
        FATAL(r, "id %lld is %s after it was freed", (long long)id, what);
    return slot;
}

static uint32_t end_id(struct reader *r, int64_t id, const char *what)
{
    uint32_t slot = live_id(r, id, what);

    r->slot_of[id] = FREED;
    r->free_slots[r->free_count++] = slot;
    return slot;
}

/* The value of a field, which must be from 0 to OP_MAX_SIZE. */
static uint64_t amount(struct reader *r, const char *what, int64_t value)
{
    if (value < 0)
        FATAL(r, "the %s %lld is negative", what, (long long)value);
    if ((uint64_t)value > OP_MAX_SIZE)
        FATAL(r, "the %s %lld is over the limit of %llu", what,
              (long long)value, (unsigned long long)OP_MAX_SIZE);
    return (uint64_t)value;
}

/* ---- Operations, by the rows of operations.def. ---- */

/* The first row with that letter, or OP_SKIP if there is none. */
static enum op_kind kind_of_letter(char letter)
{
    enum op_kind kind = 0;

    while (kind != OP_SKIP && op_text(kind)[0] != letter)
        kind++;
    return kind;
}

static enum op_kind read_letter(struct reader *r)
{
    bool single = r->at + 1 == r->end || isspace((unsigned char)r->at[1]);
    enum op_kind kind = single ? kind_of_letter(*r->at) : OP_SKIP;

    if (kind == OP_SKIP)
        FATAL(r, "unknown operation '%s': expected a, f, r, c or m",
              word_of(r));
    r->at++;
    return kind;
}

/* How many numbers follow the letter, except the thread. */
static int numbers_of(enum op_kind kind)
{
    int count = 0;

    for (const char *c = op_text(kind); *c; c++)
        count += *c == ' ';
    return count;
}

/* Of the rows with the same letter as kind, the one that r->number means. */
static enum op_kind kind_of_numbers(struct reader *r, enum op_kind kind)
{
    if (kind == OP_FREE && r->number[0] == -1)
        return OP_FREE_NULL;
    if (kind != OP_REALLOC)
        return kind;
    if (r->later && *id_entry(r, r->number[0]) == NEVER_SEEN)
        return OP_REALLOC_NULL;
    return r->number[1] == 0 ? OP_REALLOC_FREE : kind;
}

static uint32_t read_count(struct reader *r, uint64_t *size)
{
    uint64_t count = amount(r, "count", r->number[1]);

    if (count > UINT32_MAX) { /* op.arg has 32 bits; calloc(m, n) = (n, m) */
        uint64_t swap = count;
        count = *size;
        *size = swap;
    }
    if (count > UINT32_MAX || (count && *size > OP_MAX_SIZE / count))
        FATAL(r, "%lld times %lld bytes is over the limit of %llu bytes",
              (long long)r->number[1], (long long)r->number[2],
              (unsigned long long)OP_MAX_SIZE);
    return (uint32_t)count;
}

static uint32_t read_alignment(struct reader *r)
{
    uint64_t align = amount(r, "alignment", r->number[1]);

    if (align == 0 || (align & (align - 1)) != 0)
        FATAL(r, "the alignment %llu is not a power of two",
              (unsigned long long)align);
    return (uint32_t)__builtin_ctzll(align);
}

static uint32_t slot_of_id(struct reader *r, struct op op)
{
    const char *what = op_call(op) == CALL_FREE ? "freed" : "resized";

    switch (op_effect(op)) {
    case EFFECT_BEGINS:
        return begin_id(r, r->number[0]);
    case EFFECT_RESIZED:
        return live_id(r, r->number[0], what);
    case EFFECT_ENDS:
        return end_id(r, r->number[0], what);
    default:
        return 0;
    }
}

/* The operation that the letter and r->number describe. */
static struct op operation_of(struct reader *r, enum op_kind letter)
{
    int last = numbers_of(letter) - 1;
    struct op op = op_make(kind_of_numbers(r, letter), 0, 0, 0);
    uint32_t argument = 0;
    uint64_t size = 0;

    if (op_argument(op) == ARGUMENT_ALIGNMENT) /* report errors in order */
        amount(r, "alignment", r->number[1]);
    if (op_argument(op) == ARGUMENT_COUNT)
        amount(r, "count", r->number[1]);
    if (last > 0)
        size = amount(r, "size", r->number[last]);
    if (op_argument(op) == ARGUMENT_COUNT)
        argument = read_count(r, &size);
    if (op_argument(op) == ARGUMENT_ALIGNMENT)
        argument = read_alignment(r);
    return op_make(op_kind(op), slot_of_id(r, op), size, argument);
}

static uint32_t read_thread(struct reader *r, enum op_kind letter)
{
    int64_t thread = read_number(r);

    if (!at_line_end(r) && *r->at != STACK_SIGN)
        FATAL(r, "too many numbers: expected %s, and at most a thread",
              op_text(letter));
    if (thread < 0 || thread > (int64_t)OP_MAX_THREAD)
        FATAL(r, "the thread %lld is out of range 0..%u", (long long)thread,
              OP_MAX_THREAD);
    r->trace->threaded |= thread != 0;
    return (uint32_t)thread;
}

/* The number of a call stack: @N. */
static uint32_t read_stack(struct reader *r)
{
    int64_t number;

    r->at++;
    number = read_number(r);
    if (number < 1 || number > (int64_t)r->trace->stack_count)
        FATAL(r, "there is no row of the stack %lld", (long long)number);
    return (uint32_t)number;
}

/* A row: @NUMBER CALLER FRAME. */
static void read_row(struct reader *r)
{
    struct trace *t = r->trace;
    int64_t number, caller;

    if (r->op_count > 0)
        FATAL(r, "the rows of call stacks stand before all operations");
    if (t->stack_count == UINT32_MAX)
        FATAL(r, "too many call stacks");
    if (!t->stack_rows)
        t->stack_rows = r->at;
    r->at++;
    number = read_number(r);
    if (number != (int64_t)t->stack_count + 1)
        FATAL(r, "the row of stack %u is to be here, not of %lld",
              t->stack_count + 1, (long long)number);
    caller = at_line_end(r) ? -1 : read_number(r);
    if (caller < 0 || at_line_end(r))
        FATAL(r, "expected @NUMBER CALLER FRAME, a row of the table of call "
                 "stacks");
    if (caller >= number)
        FATAL(r, "the caller %lld of stack %lld has no row before it",
              (long long)caller, (long long)number);
    while (r->at < r->end && *r->at != '\n')
        r->at++;
    t->stack_count++;
    t->stack_rows_size = (size_t)(r->at - t->stack_rows);
}

static void stacks_store(struct reader *r)
{
    struct trace *t = r->trace;

    if (!t->stack_of)
        t->stack_of = t->stacks_owned =
            check_alloc(calloc(t->op_count, sizeof *t->stacks_owned));
    t->stacks_owned[r->op_count] = r->stack;
}

static struct op read_operation(struct reader *r)
{
    enum op_kind letter = read_letter(r);
    uint32_t thread = 0;

    for (int i = 0; i < numbers_of(letter); i++) {
        if (at_line_end(r))
            FATAL(r, "the line is cut short: expected %s", op_text(letter));
        r->number[i] = read_number(r);
    }
    if (!at_line_end(r) && *r->at != STACK_SIGN)
        thread = read_thread(r, letter);
    r->stack = 0;
    if (!at_line_end(r))
        r->stack = read_stack(r);
    if (!at_line_end(r))
        FATAL(r, "text after the number of the stack");
    return op_of_thread(operation_of(r, letter), thread);
}

static void read_operations(struct reader *r)
{
    uint64_t declared = r->trace->op_count;

    while (skip_space(r)) {
        if (*r->at == STACK_SIGN) {
            read_row(r);
            continue;
        }
        if (r->op_count == declared)
            FATAL(r,
                  "more operations than the %llu that the header "
                  "declares",
                  (unsigned long long)declared);
        r->ops[r->op_count] = read_operation(r);
        if (r->stack)
            stacks_store(r);
        r->op_count++;
    }
    if (r->op_count < declared)
        FATAL(r,
              "the file is cut short: the header declares %llu "
              "operations, %llu are there",
              (unsigned long long)declared, (unsigned long long)r->op_count);
    if (r->ids_seen < r->trace->id_count)
        fatal(r->trace->path, r->ids_line,
              "the header declares %llu ids, the operations use %llu",
              (unsigned long long)r->trace->id_count,
              (unsigned long long)r->ids_seen);
}

uint64_t trace_read_text(struct trace *trace)
{
    struct reader r = {.trace = trace,
                       .line = 1,
                       .at = trace->text,
                       .end = trace->text + trace->text_size};
    uint64_t peak = read_header(&r);
    size_t ids = trace->id_count + 1;

    r.slot_of = check_alloc(malloc(ids * sizeof *r.slot_of));
    memset(r.slot_of, 0xff, ids * sizeof *r.slot_of);
    r.free_slots = check_alloc(malloc(ids * sizeof *r.free_slots));
    r.ops = check_alloc(malloc(trace->op_count * sizeof *r.ops));
    read_operations(&r);
    free(r.slot_of);
    free(r.free_slots);
    trace->storage = r.ops;
    trace->storage_size = trace->op_count * sizeof *r.ops;
    trace->ops = r.ops;
    return peak;
}

/* Count lines that begin with a letter: header lines begin with a digit. */
const char *trace_find_text(const struct trace *trace, uint64_t op,
                            unsigned long *line)
{
    struct reader r = {
        .at = trace->text, .end = trace->text + trace->text_size, .line = 1};
    uint64_t seen = 0;

    while (skip_space(&r)) {
        if (isalpha((unsigned char)*r.at) && seen++ == op)
            break;
        while (r.at < r.end && *r.at != '\n')
            r.at++;
    }
    *line = r.line;
    return r.at;
}
