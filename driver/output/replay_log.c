/*
 * replay_log.c - CSV with a header line.
 *
 * free_bytes counts the bytes below the break that no live payload covers. They
 * form free_areas runs, of which the longest has largest_free bytes.
 */
#include "replay_log.h"

#include "base/fatal.h"
#include "csv.h"

#include <stdlib.h>

enum { MOMENTS = 2000 };

struct replay_log {
    FILE *events, *timeline;
    const char *allocator;
    const struct trace *trace;
    uint64_t every; /* operations between two moments */
};

struct replay_log *replay_log_new(FILE *events, FILE *timeline)
{
    struct replay_log *t = check_alloc(calloc(1, sizeof *t));

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

void replay_log_delete(struct replay_log *replay_log)
{
    free(replay_log);
}

void replay_log_begin(struct replay_log *replay_log, const char *allocator,
                      const struct trace *trace)
{
    replay_log->allocator = allocator;
    replay_log->trace = trace;
    replay_log->every = trace->op_count / MOMENTS + 1;
}

static void write_names(const struct replay_log *t, FILE *file)
{
    csv_text(file, t->allocator);
    fputc(',', file);
    csv_text(file, t->trace->name);
    fputc(',', file);
}

static void write_event(struct replay_log *t, const struct oracle *o,
                        struct op op, uint64_t index, uint64_t address)
{
    uint64_t size = op_ends(op) ? 0 : op_payload(op);

    write_names(t, t->events);
    fprintf(t->events, "%llu,%c,", (unsigned long long)index + 1,
            op_text(op_kind(op))[0]);
    if (op_has_block(op))
        fprintf(t->events, "%u", op_slot(op));
    fprintf(t->events, ",0x%llx,%llu,%u,%llu,%llu,%llu\n",
            (unsigned long long)address, (unsigned long long)size,
            op_thread(op), (unsigned long long)o->payload,
            (unsigned long long)o->brk, (unsigned long long)o->mapped);
}

static void write_moment(struct replay_log *t, const struct oracle *o,
                         uint64_t index)
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

void replay_log_write(struct replay_log *replay_log,
                      const struct oracle *oracle, struct op op, uint64_t index,
                      uint64_t address)
{
    bool last = index + 1 == replay_log->trace->op_count;
    bool peak = index == replay_log->trace->peak_op;

    if (replay_log->events)
        write_event(replay_log, oracle, op, index, address);
    if (replay_log->timeline &&
        (index % replay_log->every == 0 || peak || last))
        write_moment(replay_log, oracle, index);
}

static void begin(void *log, const struct replay_setup *setup)
{
    replay_log_begin(log, setup->allocator->name, setup->trace);
}

static void operation(void *log, const struct oracle *oracle, struct op op,
                      uint64_t index, uint64_t address)
{
    replay_log_write(log, oracle, op, index, address);
}

struct replay_observer replay_log_observer(struct replay_log *log)
{
    return (struct replay_observer){begin, operation, log};
}
