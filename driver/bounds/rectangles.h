/*
 * rectangles.h - a trace as rectangles: so many bytes, for so long.
 *
 *     bytes
 *       ^     +---------+            A block is as high as its size, rounded
 *       |     | b       |  +----+    up, and as wide as its life. Its time is
 *       |   +-+-------+-+  | d  |    given; where it lies, up and down, is to
 *       |   | a       |  +-+----+-+  be chosen: a packing is a height for
 *       |   +---------+  | c      |  each, such that no two overlap. Its own
 *       +---------------------------> moments      height is the footprint.
 *
 * A realloc ends one rectangle and begins another: whether the two lie at the
 * same place is not asked, and the old one is gone when the new one comes. So a
 * packing may do what an allocator cannot, grow a block elsewhere without having
 * both for a while, and is the lower for it, never the higher. A block of no
 * bytes is no rectangle.
 *
 * Time is counted in moments: one is a run of births and the run of deaths that
 * follows. Two rectangles have a moment in common if and only if both blocks
 * are live at once, and more of them begin and end together than by operations.
 */
#ifndef RECTANGLES_H
#define RECTANGLES_H

#include "trace/trace.h"

struct rectangle {
    uint64_t size;       /* bytes, rounded up, not 0 */
    uint64_t op;         /* the operation that begins it */
    uint32_t begin, end; /* the moments [begin, end) */
    unsigned log2;       /* it lies at a multiple of 1 << log2 */
};

struct rectangles {
    struct rectangle *item; /* in the order of their beginnings */
    uint32_t count;
    uint32_t moments;
    uint64_t alignments;  /* a bit for each log2, as holes.h has them */
    uint64_t load;        /* most bytes at a moment: no packing is lower */
    uint32_t peak_moment; /* the first such moment */
    bool too_large; /* too many, 2^23, or 2^62 bytes in all: not all here */
};

/* With sizes rounded up to align, 8 or 16. */
struct rectangles *rectangles_from(const struct trace *trace, unsigned align);
void rectangles_delete(struct rectangles *r);

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
