/*
 * describe.c - the sentences of messages.
 */
#define _GNU_SOURCE
#include "describe.h"

#include "base/capture.h"
#include "base/plain_text.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

enum { OP_TEXT = 80, NEAR_NULL = 65536 };

/* A text that grows in a buffer of fixed size. */
struct text {
    char *at;
    size_t left;
};

static void append(struct text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct text *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(t->at, t->left, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t used = (size_t)n < t->left ? (size_t)n : t->left - 1;
    t->at += used;
    t->left -= used;
}

/* `x.rep:17: a 5 100`. */
static void append_op(struct text *t, const struct trace *trace, uint64_t op)
{
    char words[OP_TEXT];

    append(t, "%s:%lu: %s", trace->name, trace_line(trace, op),
           trace_text(trace, op, words, sizeof words));
}

/* `the 100 bytes at 0x1000 from x.rep:9: a 3 100`. */
static void append_block(struct text *t, const struct trace *trace,
                         uint64_t address, uint64_t size, uint64_t op)
{
    append(t, "the %llu bytes at 0x%llx from ", (ull)size, (ull)address);
    append_op(t, trace, op);
}

/* ---- Findings, one sentence each. ---- */

static void append_null(struct text *t, const struct finding *f,
                        const struct oracle *o)
{
    if (f->detail[0])
        append(t, " %s", f->detail);
    else if (f->verdict == VERDICT_NO_MEMORY)
        append(t,
               " returned NULL: the heap has %llu bytes and %llu mapped, of "
               "a limit of %llu",
               (ull)o->brk, (ull)o->mapped, (ull)o->limit);
    else
        append(t,
               " returned NULL though memory is left: the heap has %llu bytes "
               "and %llu mapped, of a limit of %llu, and no request for more "
               "was refused",
               (ull)o->brk, (ull)o->mapped, (ull)o->limit);
}

static void append_misaligned(struct text *t, const struct finding *f)
{
    append(t,
           " returned 0x%llx, which is not a multiple of %llu (%llu too far)",
           (ull)f->address, (ull)f->expected, (ull)(f->address % f->expected));
}

static void append_outside(struct text *t, const struct finding *f,
                           const struct trace *trace, const struct oracle *o)
{
    uint64_t heap_end = o->base + o->brk;

    if (f->other_op != NO_OP) {
        append(t, " gave back memory in which a live block is: ");
        append_block(t, trace, f->address, f->size, f->placed);
        return;
    }
    append(t, " returned 0x%llx (%llu bytes, to 0x%llx): ", (ull)f->address,
           (ull)f->size, (ull)(f->address + f->size));
    if (f->address < o->base || f->address >= o->base + o->limit)
        append(t, "that is outside the heap's region");
    else if (f->address < heap_end)
        append(t, "that reaches %llu bytes past the end of the heap",
               (ull)(f->address + f->size - heap_end));
    else
        append(t, "that is past the end of the heap, and not mapped");
    append(t, "; the heap is 0x%llx to 0x%llx", (ull)o->base, (ull)heap_end);
}

static void append_overlap(struct text *t, const struct finding *f,
                           const struct trace *trace)
{
    uint64_t end = f->address + f->size;
    uint64_t other_end = f->other_address + f->other_size;
    uint64_t low =
        f->address > f->other_address ? f->address : f->other_address;
    uint64_t high = end < other_end ? end : other_end;

    append(t,
           " returned 0x%llx (%llu bytes, to 0x%llx), of which %llu bytes "
           "belong to a live block: ",
           (ull)f->address, (ull)f->size, (ull)end, (ull)(high - low));
    append_block(t, trace, f->other_address, f->other_size, f->other_op);
}

/* Is it the block of a realloc that this very call has changed? */
static bool is_not_preserved(const struct finding *f, const struct trace *trace)
{
    return f->op < trace->op_count && f->placed == f->op &&
           f->culprit == f->op && op_call(trace->ops[f->op]) == CALL_REALLOC;
}

static void append_data_lost(struct text *t, const struct finding *f,
                             const struct trace *trace)
{
    if (is_not_preserved(f, trace)) {
        append(t,
               ": mm_realloc did not preserve the data: byte %llu of the %llu "
               "bytes at 0x%llx is 0x%02llx, and was 0x%02llx before",
               (ull)f->offset, (ull)f->size, (ull)f->address, (ull)f->value,
               (ull)f->expected);
        return;
    }
    append(t,
           " finds byte %llu of a live block changed from 0x%02llx to "
           "0x%02llx: ",
           (ull)f->offset, (ull)f->expected, (ull)f->value);
    append_block(t, trace, f->address, f->size, f->placed);
    if (f->culprit == NO_OP)
        return;
    append(t, "; it was changed during ");
    append_op(t, trace, f->culprit);
}

static void append_past_end(struct text *t, uint64_t address, uint64_t end)
{
    if (address == end)
        append(t, "at the end of the heap");
    else
        append(t, "%llu bytes past the end of the heap, 0x%llx",
               (ull)(address - end), (ull)end);
}

static void append_stray(struct text *t, const struct finding *f,
                         const struct trace *trace, const struct oracle *o)
{
    uint64_t end = o->base + o->brk;

    append(t, f->moment == AT_END ? " there is" : " leaves");
    append(t, " byte 0x%02llx at 0x%llx, ", (ull)f->value, (ull)f->address);
    if (f->address >= end)
        append_past_end(t, f->address, end);
    else
        append(t, "in memory that is not mapped");
    append(t, ", where every byte must be zero");
    if (f->culprit == NO_OP)
        return;
    append(t, "; it was written during ");
    append_op(t, trace, f->culprit);
}

static void append_what(struct text *t, const struct finding *f,
                        const struct trace *trace, const struct oracle *o)
{
    switch (f->verdict) {
    case VERDICT_NO_MEMORY:
    case VERDICT_NULL:
        append_null(t, f, o);
        return;
    case VERDICT_MISALIGNED:
        append_misaligned(t, f);
        return;
    case VERDICT_OUT_OF_HEAP:
        append_outside(t, f, trace, o);
        return;
    case VERDICT_OVERLAP:
        append_overlap(t, f, trace);
        return;
    case VERDICT_DATA_LOST:
        append_data_lost(t, f, trace);
        return;
    case VERDICT_NOT_ZEROED:
        append(t, " returned 0x%llx, whose byte %llu is 0x%02llx instead of 0",
               (ull)f->address, (ull)f->offset, (ull)f->value);
        return;
    case VERDICT_BAD_HEAP:
        append(t, " breaks invariant %lld, as mm_audit reports",
               (long long)(int)f->value);
        return;
    case VERDICT_WROTE_PAST_HEAP:
        append_stray(t, f, trace, o);
        return;
    default:
        append(t, " %s", f->detail);
    }
}

/* Of what students do not expect to be called. */
static void append_permission(struct text *t, const struct finding *f,
                              const struct trace *trace)
{
    if (f->op < trace->op_count && op_kind(trace->ops[f->op]) == OP_FREE_NULL)
        append(t, "; f -1 is mm_free(NULL), which C allows, and which does "
                  "nothing");
}

static const char *const moments[] = {
    [AT_OPERATION] = "an operation",
    [AT_LOADING] = "loading the allocator",
    [AT_INIT] = "mm_init",
    [AT_END] = "when all operations are done,",
};

void describe_finding(const struct finding *f, const struct trace *trace,
                      const struct oracle *oracle, char *buffer, size_t size)
{
    struct text t = {buffer, size};

    if (f->op != NO_OP)
        append_op(&t, trace, f->op);
    else
        append(&t, "%s: %s", trace->name, moments[f->moment]);
    append_what(&t, f, trace, oracle);
    append_permission(&t, f, trace);
    if (f->pass && f->pass[0])
        append(&t, " (%s)", f->pass);
}

/* ---- Crashes. ---- */

/* Write "function\nfile:line\n" from addr2line; false if it fails. */
static bool look_up_symbol(const struct code *c, char *answer, size_t size)
{
    char object[sizeof c->object], offset[32];
    char *argv[] = {"addr2line", "-s", "-f", "-e", object, offset, NULL};
    char *none[] = {NULL};

    memcpy(object, c->object, sizeof object);
    snprintf(offset, sizeof offset, "0x%llx", (ull)c->offset);
    bool done = capture_output(argv, none, answer, size);
    plain_text(answer, "\n");
    return done && answer[0] && answer[0] != '?';
}

/* The claim is the worker's. */
static void append_place(struct text *t, const struct code *claim)
{
    struct code c = *claim;
    char answer[512];

    c.object[sizeof c.object - 1] = '\0';
    plain_text(c.object, "");
    if (look_up_symbol(&c, answer, sizeof answer)) {
        char *line = strchr(answer, '\n');

        if (line)
            *line++ = '\0';
        append(t, "%s", answer);
        if (line && line[0] != '?')
            append(t, ", %.*s", (int)strcspn(line, "\n "), line);
        return;
    }
    append(t, "%s+0x%llx", basename(c.object), (ull)c.offset);
}

static void append_code(struct text *t, const struct crash *c)
{
    if (c->code.object[0]) {
        append(t, " in ");
        append_place(t, &c->code);
    }
    if (c->caller.object[0]) {
        append(t, ", called by ");
        append_place(t, &c->caller);
    }
}

static void append_neighbours(struct text *t, uint64_t address,
                              const struct trace *trace, const struct oracle *o)
{
    const struct live *below, *above;
    const struct live *inside = oracle_block_at(o, address, &below, &above);

    if (inside) {
        append(t, "byte %llu of a live block, ",
               (ull)(address - inside->address));
        append_block(t, trace, inside->address, inside->size, inside->placed);
        return;
    }
    append(t, "in the heap, outside every live payload");
    if (below) {
        append(t, ", %llu bytes after ",
               (ull)(address - below->address - below->size));
        append_block(t, trace, below->address, below->size, below->placed);
    }
    if (above) {
        append(t, ", %llu bytes before ", (ull)(above->address - address));
        append_block(t, trace, above->address, above->size, above->placed);
    }
}

static void append_address(struct text *t, const struct crash *c,
                           const struct trace *trace, const struct oracle *o)
{
    uint64_t a = c->address, end = o->base + o->brk;

    if (c->nature == CRASH_NO_ADDRESS) {
        append(t, ": a pointer that is no address at all, such as payload or "
                  "pattern bytes taken for one");
        return;
    }
    append(t, ": address 0x%llx is ", (ull)a);
    if (a < NEAR_NULL)
        append(t, a == 0 ? "a null pointer" : "next to a null pointer");
    else if (oracle_in_heap(o, a, 1))
        append_neighbours(t, a, trace, o);
    else if (a >= end && a < o->base + o->limit)
        append_past_end(t, a, end);
    else
        append(t, "outside the heap, 0x%llx to 0x%llx", (ull)o->base, (ull)end);
}

void describe_crash(struct finding *f, const struct ending *ending,
                    const struct trace *trace, const struct oracle *oracle)
{
    const struct crash *c = &ending->crash;
    const char *name = sigabbrev_np(ending->status);
    struct text t = {f->detail, sizeof f->detail};

    append(&t, "was ended by signal SIG%s", name ? name : "?");
    if (!ending->described)
        return;
    append_code(&t, c);
    if (c->nature == CRASH_STACK_OVERFLOW)
        append(&t, ": the stack is full; is there an endless recursion?");
    else if (c->signal == SIGSEGV || c->signal == SIGBUS)
        append_address(&t, c, trace, oracle);
}

void describe_overreach(const struct overreach *claim,
                        const struct trace *trace, uint64_t base, char *buffer,
                        size_t size)
{
    struct overreach o = *claim;
    struct text t = {buffer, size};
    uint64_t end = base + o.brk;

    buffer[0] = '\0';
    if (o.op >= trace->op_count)
        return;
    append_op(&t, trace, o.op);
    append(&t, " accesses 0x%llx, past the end of the heap, 0x%llx",
           (ull)o.access.address, (ull)end);
    append_code(&t, &o.access);
    append(&t, "; is the epilogue, the header at the end, missing?");
}
