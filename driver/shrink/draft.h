/*
 * draft.h - a trace that parts are taken out of.
 *
 * Steps are operations with the number of the block that they are about. A
 * block here is one life: from the operation that allocates it to its free.
 * Numbers count from 0 in the order of the first operation, and have no gaps.
 * An operation on no block, such as free(NULL), has a number of its own.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include "trace/trace.h"

struct step {
    struct op op; /* its slot means nothing here */
    uint32_t block;
};

struct draft {
    struct step *steps;
    uint64_t count;
    uint32_t blocks;
};

struct draft draft_of(const struct trace *trace);
void draft_free(struct draft *draft);

/* The trace of the draft, named by path; the caller's to delete. */
struct trace *draft_trace(const struct draft *draft, const char *path);

/*
 * Copies without some steps; each is the caller's to free.
 * draft_head: the first count steps only. draft_without_blocks: no step of the
 * blocks from first up to end. draft_without_moves: of the steps that are not
 * the first of their block, counted from 0, not those from first up to end.
 */
struct draft draft_head(const struct draft *draft, uint64_t count);
struct draft draft_without_blocks(const struct draft *draft, uint64_t first,
                                  uint64_t end);
struct draft draft_without_moves(const struct draft *draft, uint64_t first,
                                 uint64_t end);

/* A copy with the same steps. */
struct draft draft_copy(const struct draft *draft);

#endif
