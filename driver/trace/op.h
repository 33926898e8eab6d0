/*
 * op.h - one operation of a trace, packed into 16 bytes.
 *
 *     word    kind in the low 4 bits, slot above them
 *     arg     a count, or the binary logarithm of an alignment
 *     bytes   size in the low 48 bits, the recorded thread above them
 *
 * A trace in memory, a binary trace file and the channel to the worker all use
 * this form. A slot is the number of a block from its allocation to its free;
 * a later block uses the slot again. Readers rename the ids of a trace file to
 * slots as low as possible, so that the table of live blocks stays small.
 *
 * operations.def defines the kinds.
 */
#ifndef OP_H
#define OP_H

#include <stdint.h>

enum op_kind {
#define OPERATION(kind, text, call, effect, argument) OP_##kind,
#include "operations.def"
#undef OPERATION
    OP_KINDS
};

/* The allocator's function that an operation calls. */
enum op_call {
    CALL_MALLOC,
    CALL_FREE,
    CALL_REALLOC,
    CALL_CALLOC,
    CALL_MEMALIGN,
    CALL_NOTHING
};

enum op_effect { EFFECT_NOTHING, EFFECT_BEGINS, EFFECT_RESIZED, EFFECT_ENDS };

enum op_argument { ARGUMENT_NOTHING, ARGUMENT_COUNT, ARGUMENT_ALIGNMENT };

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

/* ---- The rows of operations.def, by kind. ---- */

struct op_meaning {
    const char *text; /* the operation's line in a text trace */
    enum op_call call;
    enum op_effect effect;
    enum op_argument argument;
};

static inline const struct op_meaning *op_meaning(enum op_kind kind)
{
    static const struct op_meaning meanings[1 << OP_KIND_BITS] = {
#define OPERATION(kind, text, call, effect, argument) \
    [OP_##kind] = {text, CALL_##call, EFFECT_##effect, ARGUMENT_##argument},
#include "operations.def"
#undef OPERATION
    };

    return &meanings[kind];
}

static inline enum op_call op_call(struct op op)
{
    return op_meaning(op_kind(op))->call;
}

static inline enum op_effect op_effect(struct op op)
{
    return op_meaning(op_kind(op))->effect;
}

static inline enum op_argument op_argument(struct op op)
{
    return op_meaning(op_kind(op))->argument;
}

static inline const char *op_text(enum op_kind kind)
{
    return op_meaning(kind)->text;
}

/* Does the operation allocate the block in its slot? */
static inline int op_begins(struct op op)
{
    return op_effect(op) == EFFECT_BEGINS;
}

/* Does the operation free the block in its slot? */
static inline int op_ends(struct op op)
{
    return op_effect(op) == EFFECT_ENDS;
}

/* Does the operation have a block? If not, its slot is 0 and means nothing. */
static inline int op_has_block(struct op op)
{
    return op_effect(op) != EFFECT_NOTHING;
}

/* Is the argument `block` of the call a live block? If not, it is NULL. */
static inline int op_takes_block(struct op op)
{
    return op_effect(op) == EFFECT_RESIZED || op_effect(op) == EFFECT_ENDS;
}

/* The payload of the operation's block after the operation, in bytes. */
static inline uint64_t op_payload(struct op op)
{
    return op_argument(op) == ARGUMENT_COUNT ? op_size(op) * op.arg
                                             : op_size(op);
}

/* The binary logarithm of the alignment that the operation asks for, or 0. */
static inline unsigned op_alignment_bits(struct op op)
{
    return op_argument(op) == ARGUMENT_ALIGNMENT ? op.arg : 0;
}

#endif
