/*
 * op.h - one operation of a trace, packed into 16 bytes.
 *
 *     word    kind in the low 4 bits, slot above them
 *     arg     OP_CALLOC: the count; OP_ALIGNED: log2 of the alignment
 *     bytes   size in the low 48 bits, the recorded thread above them
 *
 * The same form is a trace in memory, a record of a binary trace file, and
 * what the judge hands to the worker. A slot stands for a block from its
 * allocation to its free; the ids of a trace file are renamed to slots as low
 * as possible, so that the table of live blocks stays small.
 *
 * What each kind means, whoever replays it:
 *     OP_ALLOC         slot = malloc(size)
 *     OP_FREE          free(slot)
 *     OP_REALLOC       slot = realloc(slot, size), size > 0
 *     OP_REALLOC_NULL  slot = realloc(NULL, size), slot is fresh
 *     OP_REALLOC_FREE  realloc(slot, 0)
 *     OP_CALLOC        slot = calloc(arg, size)
 *     OP_ALIGNED       slot = memalign(1 << arg, size)
 *     OP_FREE_NULL     free(NULL)
 *     OP_SKIP          nothing: an operation on a block that was refused
 */
#ifndef OP_H
#define OP_H

#include <stdint.h>

enum op_kind {
    OP_ALLOC,
    OP_FREE,
    OP_REALLOC,
    OP_REALLOC_NULL,
    OP_REALLOC_FREE,
    OP_CALLOC,
    OP_ALIGNED,
    OP_FREE_NULL,
    OP_SKIP,
    OP_KINDS
};

enum { OP_KIND_BITS = 4, OP_SIZE_BITS = 48 };

#define OP_MAX_SIZE (((uint64_t)1 << 47) - 1)
#define OP_MAX_SLOT ((uint32_t)(1u << (32 - OP_KIND_BITS)) - 1)
#define OP_MAX_THREAD 65535u

struct op {
    uint32_t word;
    uint32_t arg;
    uint64_t bytes;
};

_Static_assert(sizeof(struct op) == 16, "an operation is 16 bytes");

static inline enum op_kind op_kind(struct op op)
{
    return (enum op_kind)(op.word & ((1u << OP_KIND_BITS) - 1));
}

static inline uint32_t op_slot(struct op op)
{
    return op.word >> OP_KIND_BITS;
}

static inline uint64_t op_size(struct op op)
{
    return op.bytes & (((uint64_t)1 << OP_SIZE_BITS) - 1);
}

static inline uint32_t op_thread(struct op op)
{
    return (uint32_t)(op.bytes >> OP_SIZE_BITS);
}

static inline struct op op_make(enum op_kind kind, uint32_t slot, uint64_t size,
                                uint32_t arg)
{
    return (struct op){slot << OP_KIND_BITS | (uint32_t)kind, arg, size};
}

static inline struct op op_of_thread(struct op op, uint32_t thread)
{
    op.bytes |= (uint64_t)thread << OP_SIZE_BITS;
    return op;
}

/* How many bytes of payload the operation's block has after it. */
static inline uint64_t op_payload(struct op op)
{
    return op_kind(op) == OP_CALLOC ? op_size(op) * op.arg : op_size(op);
}

/* Does the operation begin the life of its slot, or end it? */
static inline int op_begins(struct op op)
{
    return 1 << op_kind(op) & (1 << OP_ALLOC | 1 << OP_REALLOC_NULL |
                               1 << OP_CALLOC | 1 << OP_ALIGNED);
}

static inline int op_ends(struct op op)
{
    return 1 << op_kind(op) & (1 << OP_FREE | 1 << OP_REALLOC_FREE);
}

#endif
