/*
 * explain.c - blocks by address, live ones and freed ones that nothing covers.
 */
#include "explain.h"

#include "base/fatal.h"

#include <stdlib.h>

enum { CALL_TEXT = 96, SHOWN = 24 /* blocks of a heap */ };

struct piece {
    uint64_t address, size;
    char name[24];
    bool live;
};

struct explain {
    FILE *out;
    const struct trace *trace;
    struct piece *blocks; /* by slot */
    struct piece *freed;  /* by time */
    size_t freed_count;
    struct piece *pieces; /* of both, to be printed */
};

struct explain *explain_new(FILE *out, const struct trace *t)
{
    struct explain *e = check_alloc(calloc(1, sizeof *e));
    size_t count = t->op_count + 1;

    e->out = out;
    e->trace = t;
    e->freed = check_alloc(calloc(count, sizeof *e->freed));
    e->pieces = check_alloc(calloc(count + t->slot_count, sizeof *e->pieces));
    e->blocks =
        check_alloc(calloc((size_t)t->slot_count + 1, sizeof *e->blocks));
    return e;
}

void explain_delete(struct explain *e)
{
    free(e->freed);
    free(e->pieces);
    free(e->blocks);
    free(e);
}

/* ---- Freed blocks. ---- */

static bool overlaps(const struct piece *p, uint64_t address, uint64_t size)
{
    return address < p->address + p->size && p->address < address + size;
}

/* Forget those that lie in the block, or no longer in the heap. */
static void forget_freed(struct explain *e, const struct oracle *o,
                         uint64_t address, uint64_t size)
{
    size_t kept = 0;

    for (size_t i = 0; i < e->freed_count; i++)
        if (!overlaps(&e->freed[i], address, size) &&
            oracle_in_heap(o, e->freed[i].address, e->freed[i].size))
            e->freed[kept++] = e->freed[i];
    e->freed_count = kept;
}

static void remember_freed(struct explain *e, const struct piece *p)
{
    if (p->size > 0)
        e->freed[e->freed_count] = *p, e->freed[e->freed_count++].live = false;
}

/* ---- The heap. ---- */

static int by_address(const void *a, const void *b)
{
    const struct piece *p = a, *q = b;

    return (p->address > q->address) - (p->address < q->address);
}

/* All pieces, by address. */
static size_t gather(struct explain *e)
{
    size_t count = 0;

    for (uint32_t slot = 0; slot < e->trace->slot_count; slot++)
        if (e->blocks[slot].live)
            e->pieces[count++] = e->blocks[slot];
    for (size_t i = 0; i < e->freed_count; i++)
        e->pieces[count++] = e->freed[i];
    qsort(e->pieces, count, sizeof *e->pieces, by_address);
    return count;
}

static void print_gap(FILE *out, uint64_t from, uint64_t to)
{
    if (to > from)
        fprintf(out, " %llu", (unsigned long long)(to - from));
}

static void print_piece(FILE *out, const struct piece *p)
{
    fprintf(out, " %c%s %llu%c", p->live ? '[' : '(', p->name,
            (unsigned long long)p->size, p->live ? ']' : ')');
}

/* The pieces from first on that begin below end, and what is between them. */
static size_t print_region(const struct explain *e, size_t first, size_t count,
                           uint64_t begin, uint64_t end)
{
    uint64_t at = begin;
    size_t i = first;

    for (; i < count && e->pieces[i].address < end; i++) {
        if (i - first >= SHOWN)
            continue;
        print_gap(e->out, at, e->pieces[i].address);
        print_piece(e->out, &e->pieces[i]);
        at = e->pieces[i].address + e->pieces[i].size;
    }
    if (i - first > SHOWN)
        fprintf(e->out, " ... and %zu more", i - first - SHOWN);
    else if (end != UINT64_MAX)
        print_gap(e->out, at, end);
    return i;
}

static void print_heap(struct explain *e, const struct oracle *o)
{
    size_t count = gather(e), next = 0;

    fprintf(e->out, "       ");
    if (o->bounded)
        next = print_region(e, 0, count, o->base, o->base + o->brk);
    if (next < count) {
        fprintf(e->out, "%s", o->bounded ? "; mapped:" : "");
        print_region(e, next, count, e->pieces[next].address, UINT64_MAX);
    }
    fprintf(e->out, "\n");
}

/* ---- The replay. ---- */

/* The block of the slot is now where the operation has put it. */
static void move_block(struct explain *e, const struct oracle *o, struct op op,
                       uint64_t index, uint64_t address)
{
    struct piece *block = &e->blocks[op_slot(op)];
    char call[CALL_TEXT];

    if (block->live && (op_ends(op) || block->address != address))
        remember_freed(e, block);
    block->live = !op_ends(op);
    if (!block->live)
        return;
    block->address = address;
    block->size = o->live[op_slot(op)].size;
    sscanf(trace_call(e->trace, index, call, sizeof call), "%23[^ ]",
           block->name);
    forget_freed(e, o, address, block->size);
}

static void follow(void *context, const struct oracle *o, struct op op,
                   uint64_t index, uint64_t address)
{
    struct explain *e = context;
    char call[CALL_TEXT];

    fprintf(e->out, "%s", trace_call(e->trace, index, call, sizeof call));
    if (op_has_block(op) && !op_ends(op))
        fprintf(e->out, " is 0x%llx", (unsigned long long)address);
    fprintf(e->out, "\n");
    if (op_has_block(op))
        move_block(e, o, op, index, address);
    print_heap(e, o);
}

struct replay_observer explain_observer(struct explain *e)
{
    return (struct replay_observer){.operation = follow, .context = e};
}

/* ---- The fault. ---- */

/* Its operation, by the line in which the judge has found it. */
static uint64_t fault_of(const struct trace *t, const struct outcome *out)
{
    uint64_t op = 0;

    if (out->verdict == VERDICT_OK || out->line == 0)
        return NO_OP;
    while (op < t->op_count && trace_line(t, op) != out->line)
        op++;
    return op < t->op_count ? op : NO_OP;
}

void explain_end(struct explain *e, const struct outcome *outcome)
{
    uint64_t op = fault_of(e->trace, outcome);
    char call[CALL_TEXT];

    if (op != NO_OP)
        fprintf(e->out, "%s    <- %s\n",
                trace_call(e->trace, op, call, sizeof call),
                verdict_name(outcome->verdict));
}

void explain_calls(FILE *out, const struct trace *t,
                   const struct outcome *outcome)
{
    uint64_t fault = fault_of(t, outcome);
    char call[CALL_TEXT];

    for (uint64_t op = 0; op < t->op_count; op++)
        fprintf(out, "    %s%s%s\n", trace_call(t, op, call, sizeof call),
                op == fault ? "    <- " : "",
                op == fault ? verdict_name(outcome->verdict) : "");
}
