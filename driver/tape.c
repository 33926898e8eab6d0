/*
 * tape.c - CSV, a header line first.
 *
 * free_bytes is what of the heap no live payload covers: headers, padding and
 * free blocks. free_areas counts its runs, largest_free is the longest.
 */
#include "tape.h"

#include "complain.h"
#include "csv.h"

#include <stdlib.h>

enum { MOMENTS = 2000 };

struct tape {
    FILE *events, *timeline;
    const char *allocator;
    const struct trace *trace;
    uint64_t every; /* operations between two moments */
};

struct tape *tape_new(FILE *events, FILE *timeline)
{
    struct tape *t = need(calloc(1, sizeof *t));

    t->events = events;
    t->timeline = timeline;
    if (events)
        fprintf(events, "allocator,trace,op,kind,slot,address,size,thread,"
                        "payload,heap,mapped\n");
    if (timeline)
        fprintf(timeline, "allocator,trace,op,payload,footprint,heap,mapped,"
                          "free_bytes,free_areas,largest_free\n");
    return t;
}

void tape_delete(struct tape *tape)
{
    free(tape);
}

void tape_begin(struct tape *tape, const char *allocator,
                const struct trace *trace)
{
    tape->allocator = allocator;
    tape->trace = trace;
    tape->every = trace->op_count / MOMENTS + 1;
}

static char letter_of(struct op op)
{
    static const char letters[OP_KINDS + 1] = "afrrrcmf-";

    return letters[op_kind(op)];
}

static void write_names(const struct tape *t, FILE *file)
{
    csv_text(file, t->allocator);
    fputc(',', file);
    csv_text(file, t->trace->name);
    fputc(',', file);
}

static void write_event(struct tape *t, const struct oracle *o, struct op op,
                        uint64_t index, uint64_t address)
{
    uint64_t size = op_ends(op) ? 0 : op_payload(op);

    write_names(t, t->events);
    fprintf(t->events, "%llu,%c,", (unsigned long long)index + 1,
            letter_of(op));
    if (op_kind(op) != OP_FREE_NULL)
        fprintf(t->events, "%u", op_slot(op));
    fprintf(t->events, ",0x%llx,%llu,%u,%llu,%llu,%llu\n",
            (unsigned long long)address, (unsigned long long)size,
            op_thread(op), (unsigned long long)o->payload,
            (unsigned long long)o->brk, (unsigned long long)o->mapped);
}

static void write_moment(struct tape *t, const struct oracle *o, uint64_t index)
{
    struct gaps gaps = oracle_gaps(o);

    write_names(t, t->timeline);
    fprintf(t->timeline, "%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu\n",
            (unsigned long long)index + 1, (unsigned long long)o->payload,
            (unsigned long long)(o->brk + o->mapped),
            (unsigned long long)o->brk, (unsigned long long)o->mapped,
            (unsigned long long)gaps.bytes, (unsigned long long)gaps.count,
            (unsigned long long)gaps.largest);
}

void tape_write(struct tape *tape, const struct oracle *oracle, struct op op,
                uint64_t index, uint64_t address)
{
    bool last = index + 1 == tape->trace->op_count;
    bool peak = index == tape->trace->peak_op;

    if (tape->events)
        write_event(tape, oracle, op, index, address);
    if (tape->timeline && (index % tape->every == 0 || peak || last))
        write_moment(tape, oracle, index);
}
