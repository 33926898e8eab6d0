/*
 * trace.c - load a trace of any form, verify it, compute its peaks.
 */
#define _GNU_SOURCE
#include "trace.h"

#include "base/fatal.h"
#include "contents.h"
#include "trace_forms.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Verifying and measuring, the same for every form. ---- */

/* Live bytes after an operation. */
struct walk {
    struct trace *trace;
    uint64_t *size_of; /* by slot: size + 1, or 0 if it is not live */
    uint64_t payload, aligned8, aligned16;
    uint64_t segment_peak; /* highest payload so far in this segment */
};

static uint64_t round_up(uint64_t size, uint64_t align)
{
    return (size + align - 1) & ~(align - 1);
}

static void add_block(struct walk *w, uint32_t slot, uint64_t size)
{
    w->size_of[slot] = size + 1;
    w->payload += size;
    w->aligned8 += round_up(size, 8);
    w->aligned16 += round_up(size, 16);
}

static void drop_block(struct walk *w, uint32_t slot)
{
    uint64_t size = w->size_of[slot] - 1;

    w->size_of[slot] = 0;
    w->payload -= size;
    w->aligned8 -= round_up(size, 8);
    w->aligned16 -= round_up(size, 16);
}

/* Why the operation is malformed, or NULL. trace_text.c has checked text. */
static const char *fault_of(const struct walk *w, struct op op)
{
    if (op_kind(op) >= OP_KINDS || op_kind(op) == OP_SKIP)
        return "an unknown operation";
    if (op_size(op) > OP_MAX_SIZE)
        return "the size is over the limit";
    if (!op_has_block(op))
        return op_slot(op) == 0 ? NULL : "the slot is out of range";
    if (op_effect(op) == EFFECT_RESIZED && op_size(op) == 0)
        return "a block is resized to 0 bytes";
    if (op_slot(op) >= w->trace->slot_count)
        return "the slot is out of range";
    if (op_begins(op) && w->size_of[op_slot(op)])
        return "the slot is allocated again while it is live";
    if (!op_begins(op) && !w->size_of[op_slot(op)])
        return "the slot is not live";
    if (op_argument(op) == ARGUMENT_COUNT && op.arg &&
        op_size(op) > OP_MAX_SIZE / op.arg)
        return "the size is over the limit";
    if (op_alignment_bits(op) >= OP_SIZE_BITS - 1)
        return "the alignment is over the limit";
    return NULL;
}

static void apply(struct walk *w, struct op op)
{
    if (!op_has_block(op))
        return;
    if (!op_begins(op))
        drop_block(w, op_slot(op));
    if (!op_ends(op))
        add_block(w, op_slot(op), op_payload(op));
}

static void note_peaks(struct walk *w, uint64_t op)
{
    struct trace *t = w->trace;

    if (w->payload > t->peak_payload) {
        t->peak_payload = w->payload;
        t->peak_op = op;
    }
    if (w->aligned8 > t->aligned8_peak)
        t->aligned8_peak = w->aligned8;
    if (w->aligned16 > t->aligned16_peak)
        t->aligned16_peak = w->aligned16;
}

static void note_segment_peak(struct walk *w, uint64_t op)
{
    struct trace *t = w->trace;
    uint64_t segment = op / (t->op_count / TRACE_SEGMENTS + 1);

    if (segment == t->segment_count) {
        t->segment_count++;
        w->segment_peak = 0;
    }
    if (w->payload >= w->segment_peak) {
        w->segment_peak = w->payload;
        t->segment_peak[segment] = op;
    }
}

void trace_measure(struct trace *t)
{
    struct walk w = {.trace = t};

    t->peak_payload = t->peak_op = t->aligned8_peak = t->aligned16_peak = 0;
    t->segment_count = 0;

    w.size_of = check_alloc(calloc(t->slot_count + 1, sizeof *w.size_of));
    for (uint64_t i = 0; i < t->op_count; i++) {
        const char *fault = fault_of(&w, t->ops[i]);

        trace_release_before(t, i);
        if (fault)
            fatal(t->path, i + 1, "%s", fault);
        apply(&w, t->ops[i]);
        if (w.aligned16 > INT64_MAX)
            fatal(t->path, trace_line(t, i),
                  "the live blocks add up to more than %lld bytes",
                  (long long)INT64_MAX);
        note_peaks(&w, i);
        note_segment_peak(&w, i);
    }
    free(w.size_of);
}

/* ---- Loading. ---- */

static void load_binary(struct trace *t, struct contents c)
{
    t->form = FORM_BINARY;
    t->storage = c.bytes;
    t->storage_size = c.size;
    t->storage_mapped = c.mapped;
    trace_read_binary(t);
    trace_measure(t);
}

static void load_text(struct trace *t, struct contents c)
{
    t->form = FORM_TEXT;
    t->text = c.bytes;
    t->text_size = c.size;
    t->text_mapped = c.mapped;
    uint64_t declared = trace_read_text(t);
    trace_measure(t);
    if (declared && declared != t->peak_payload)
        warn(t->path, 4,
             "the header declares a peak of %llu bytes, the operations "
             "reach %llu",
             (unsigned long long)declared, (unsigned long long)t->peak_payload);
}

struct trace *trace_load(const char *path)
{
    struct trace *t = check_alloc(calloc(1, sizeof *t));

    t->path = check_alloc(strdup(path));
    t->name = basename(t->path);
    t->set = SET_PUBLIC;
    struct contents c = contents_read(path);
    if (trace_is_binary(c.bytes, c.size))
        load_binary(t, c);
    else
        load_text(t, c);
    contents_verify();
    return t;
}

void trace_delete(struct trace *trace)
{
    if (!trace)
        return;
    contents_free(trace->storage, trace->storage_size, trace->storage_mapped);
    if (trace->text)
        contents_free(trace->text, trace->text_size, trace->text_mapped);
    free(trace->stacks_owned);
    free(trace->path);
    free(trace);
}

void trace_forget_stacks(struct trace *trace)
{
    trace->stack_of = trace->stacks_owned = NULL;
    trace->stack_rows = NULL;
    trace->stack_rows_size = trace->stack_count = 0;
}

/*
 * When the kernel maps a page, it also maps pages around it, some of which were
 * just released. So the next call releases the last ones again.
 */
void trace_release_pages(const struct trace *trace, uint64_t first,
                         uint64_t end)
{
    uint64_t from = first > TRACE_RELEASED_OPS ? first - TRACE_RELEASED_OPS : 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)(trace->ops + from) / page * page;

    if (trace->storage_mapped)
        madvise((void *)start, (uintptr_t)(trace->ops + end) - start,
                MADV_DONTNEED);
}

uint64_t trace_aligned_peak(const struct trace *trace, unsigned align)
{
    return align == 8 ? trace->aligned8_peak : trace->aligned16_peak;
}
