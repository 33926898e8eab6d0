/*
 * draft.c - steps in an array; each copy numbers its blocks anew.
 */
#include "draft.h"

#include "base/fatal.h"

#include <stdlib.h>
#include <string.h>

enum { UNNUMBERED = UINT32_MAX };

static struct draft room_for(uint64_t count)
{
    return (struct draft){
        .steps = check_alloc(malloc((count + 1) * sizeof(struct step)))};
}

void draft_free(struct draft *draft)
{
    free(draft->steps);
    *draft = (struct draft){0};
}

struct draft draft_of(const struct trace *t)
{
    struct draft d = room_for(t->op_count);
    uint32_t *block_of =
        check_alloc(calloc((size_t)t->slot_count + 1, sizeof *block_of));

    for (uint64_t i = 0; i < t->op_count; i++) {
        struct op op = t->ops[i];

        trace_release_before(t, i);
        if (op_begins(op))
            block_of[op_slot(op)] = d.blocks++;
        op.bytes = op_size(op); /* the thread is no matter */
        d.steps[d.count++] = (struct step){
            op, op_has_block(op) ? block_of[op_slot(op)] : d.blocks++};
    }
    free(block_of);
    return d;
}

/* ---- To a trace. ---- */

/* The slots in use; a stack of those that are free. */
struct slots {
    uint32_t *of_block, *free, free_count, used;
};

static uint32_t slot_for(struct slots *s, const struct step *step)
{
    uint32_t *slot = &s->of_block[step->block];

    if (!op_has_block(step->op))
        return 0;
    if (op_begins(step->op))
        *slot = s->free_count > 0 ? s->free[--s->free_count] : s->used++;
    if (op_ends(step->op))
        s->free[s->free_count++] = *slot;
    return *slot;
}

struct trace *draft_trace(const struct draft *d, const char *path)
{
    size_t size = ((size_t)d->blocks + 1) * sizeof(uint32_t);
    struct slots s = {.of_block = check_alloc(malloc(size)),
                      .free = check_alloc(malloc(size))};
    struct trace *t = trace_new(path, d->blocks + 1);

    for (uint64_t i = 0; i < d->count; i++) {
        struct op op = d->steps[i].op;

        trace_add(t, op_make(op_kind(op), slot_for(&s, &d->steps[i]),
                             op_size(op), op.arg));
    }
    trace_close(t);
    free(s.of_block);
    free(s.free);
    return t;
}

/* ---- Copies. ---- */

/* Number the blocks as they come now. */
static void number_blocks(struct draft *d, uint32_t blocks_before)
{
    uint32_t *number =
        check_alloc(malloc(((size_t)blocks_before + 1) * sizeof *number));

    memset(number, 0xff, (size_t)blocks_before * sizeof *number);
    d->blocks = 0;
    for (uint64_t i = 0; i < d->count; i++) {
        uint32_t *to = &number[d->steps[i].block];

        if (*to == UNNUMBERED)
            *to = d->blocks++;
        d->steps[i].block = *to;
    }
    free(number);
}

struct draft draft_copy(const struct draft *d)
{
    return draft_head(d, d->count);
}

struct draft draft_head(const struct draft *d, uint64_t count)
{
    struct draft head = room_for(count);

    memcpy(head.steps, d->steps, count * sizeof *head.steps);
    head.count = count;
    number_blocks(&head, d->blocks);
    return head;
}

struct draft draft_without_blocks(const struct draft *d, uint64_t first,
                                  uint64_t end)
{
    struct draft rest = room_for(d->count);

    for (uint64_t i = 0; i < d->count; i++)
        if (d->steps[i].block < first || d->steps[i].block >= end)
            rest.steps[rest.count++] = d->steps[i];
    number_blocks(&rest, d->blocks);
    return rest;
}

struct draft draft_without_moves(const struct draft *d, uint64_t first,
                                 uint64_t end)
{
    struct draft rest = room_for(d->count);
    uint64_t move = 0;

    for (uint64_t i = 0; i < d->count; i++) {
        bool moves = op_takes_block(d->steps[i].op);
        bool out = moves && move >= first && move < end;

        move += moves;
        if (!out)
            rest.steps[rest.count++] = d->steps[i];
    }
    number_blocks(&rest, d->blocks);
    return rest;
}
