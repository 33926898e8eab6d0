/*
 * rectangles.h - a trace as rectangles: bytes by time.
 *
 *     bytes
 *       ^     +---------+            A block is a rectangle: its height is its
 *       |     | b       |  +----+    rounded size, its width its lifetime. The
 *       |   +-+-------+-+  | d  |    trace gives the lifetime. A packing gives
 *       |   | a       |  +-+----+-+  each rectangle an address, so that no two
 *       |   +---------+  | c      |  overlap. The height of a packing is the
 *       +---------------------------> moments         highest end, in bytes.
 *
 * A realloc ends one rectangle and begins another. A packing may place the two
 * anywhere; and the old one is gone when the new one begins. So a packing may
 * move a growing block without holding both copies for a while, which an
 * allocator cannot. This makes packings lower, never higher. A block of 0 bytes
 * is no rectangle.
 *
 * Time is counted in moments. A moment is a run of allocations and the run of
 * frees that follows it. Two rectangles share a moment if and only if both
 * blocks are live at once. With moments more rectangles begin and end together
 * than with operations.
 */
#ifndef RECTANGLES_H
#define RECTANGLES_H

#include "trace/trace.h"

struct rectangle {
    uint64_t size;       /* bytes, rounded up, not 0 */
    uint64_t op;         /* index of the operation that begins it */
    uint32_t begin, end; /* it lives in the moments [begin, end) */
    unsigned log2;       /* its address is a multiple of 1 << log2 */
};

struct rectangles {
    struct rectangle *item; /* in the order of their operations */
    uint32_t count;
    uint32_t moments;
    uint64_t alignments; /* bit i: some rectangle has log2 == i */
    uint64_t load;       /* most bytes that live at once: no packing is lower */
    uint32_t peak_moment; /* the first moment that has them */
    bool too_large;       /* 2^23 rectangles or 2^62 bytes: item is cut off */
};

/*
 * The rectangles of a trace, sizes rounded up to align, which is 8 or 16. The
 * caller deletes them. The program ends (fatal.h) if it is out of memory.
 */
struct rectangles *rectangles_from(const struct trace *trace, unsigned align);
void rectangles_delete(struct rectangles *r);

/* The lowest address at or above `at` that satisfies r's alignment. */
static inline uint64_t rectangle_align_up(const struct rectangle *r,
                                          uint64_t at)
{
    uint64_t align = (uint64_t)1 << r->log2;

    return (at + align - 1) & ~(align - 1);
}

static inline bool rectangle_lives_at(const struct rectangle *r,
                                      uint32_t moment)
{
    return r->begin <= moment && moment < r->end;
}

#endif
