/*
 * trace_perturb.c - a copy of a trace with other sizes and slots, on which an
 * allocator that was tuned to one trace does worse.
 */
#define _GNU_SOURCE
#include "trace_forms.h"

#include "base/fatal.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *random_permutation(uint32_t count, uint64_t *state)
{
    uint32_t *order = check_alloc(malloc(((size_t)count + 1) * sizeof *order));

    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = (uint32_t)(random_below(state, i + 1));

        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

/*
 * factor is 960 to 1040 thousandths for all sizes of a block, so that a realloc
 * that grows the block still does. Sizes of 2 to 24 change by at most one byte.
 */
static uint64_t perturb_size(uint64_t size, uint64_t factor)
{
    uint64_t whole = size / 1000 * factor, rest = size % 1000 * factor;

    if (size < 2)
        return size;
    if (size < 25)
        return size + (factor > 1013) - (factor < 987);
    return whole + (rest + 500) / 1000;
}

/* Change the larger of count and size: there the relative step is smallest. */
static struct op perturb_counted(struct op op, uint64_t factor)
{
    uint64_t count = op.arg, size = op_size(op);

    if (count > size)
        count = perturb_size(count, factor);
    else
        size = perturb_size(size, factor);
    if (count > UINT32_MAX || (count && size > OP_MAX_SIZE / count))
        return op;
    return op_make(op_kind(op), op_slot(op), size, (uint32_t)count);
}

static struct op perturb_op(struct op op, uint64_t *factors, uint64_t *state)
{
    uint64_t *factor = &factors[op_slot(op)];

    if (!op_has_block(op))
        return op;
    if (op_begins(op))
        *factor = 960 + random_below(state, 81);
    uint64_t size = perturb_size(op_size(op), *factor);
    if (size > OP_MAX_SIZE)
        size = op_size(op);
    struct op changed = op_argument(op) == ARGUMENT_COUNT
                            ? perturb_counted(op, *factor)
                            : op_make(op_kind(op), op_slot(op), size, op.arg);
    changed.bytes = op_size(changed);
    return op_of_thread(changed, op_thread(op));
}

void rename_slots(struct op *ops, uint64_t count, uint32_t slot_count,
                  uint64_t *state)
{
    uint32_t *order = random_permutation(slot_count, state);

    for (uint64_t i = 0; i < count; i++)
        if (op_has_block(ops[i]))
            ops[i].word = order[op_slot(ops[i])] << OP_KIND_BITS |
                          (uint32_t)op_kind(ops[i]);
    free(order);
}

struct trace *trace_perturb(const struct trace *trace, uint64_t seed)
{
    struct trace *t = check_alloc(malloc(sizeof *t));
    struct op *ops = check_alloc(malloc(trace->op_count * sizeof *ops));
    uint64_t *factors =
        check_alloc(calloc(trace->slot_count + 1, sizeof *factors));

    for (uint64_t i = 0; i < trace->op_count; i++)
        ops[i] = perturb_op(trace->ops[i], factors, &seed);
    rename_slots(ops, trace->op_count, trace->slot_count, &seed);
    free(factors);
    *t = *trace;
    t->path = check_alloc(strdup(trace->path));
    t->name = basename(t->path);
    t->form = FORM_BINARY; /* no text file has its operations */
    t->text = NULL;
    trace_forget_stacks(t);
    t->storage = ops;
    t->storage_mapped = false;
    t->ops = ops;
    trace_measure(t);
    return t;
}
