/*
 * shape.h - what a random trace looks like, and the trace itself.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include "trace/trace.h"

enum sizes {
    SIZES_POWERS,  /* 2^k - 1, 2^k, 2^k + 1 */
    SIZES_STEPS,   /* multiples of 8, and one byte beside them */
    SIZES_TINY,    /* 0 to 64 bytes */
    SIZES_SMALL,   /* 1 to 600 bytes */
    SIZES_WIDE,    /* 1 byte to 64 KiB, each doubling as often */
    SIZES_PAGES,   /* multiples of 4096 to 1 MiB, and one byte beside them */
    SIZES_DECIMAL, /* 1 to 9, times a power of ten, to 900,000 */
    SIZES_FEW,     /* three sizes, again and again */
    SIZES_KINDS
};

enum order {
    ORDER_RANDOM, /* any live block is freed next */
    ORDER_FIRST,  /* the oldest */
    ORDER_LAST,   /* the youngest */
    ORDER_WAVES,  /* all of them, after live_count were allocated */
    ORDER_COMB,   /* every other one, after live_count were allocated */
    ORDER_KINDS
};

struct shape {
    enum sizes sizes;
    enum order order;
    uint32_t op_count, live_count; /* about; at most so many blocks live */
    uint64_t live_bytes;           /* at most so much payload */
    unsigned realloc, calloc, memalign, null; /* per cent of the operations */
    bool frees_all;                           /* at the end */
    size_t heap_limit;                        /* 0: as the user wants it */
    bool exhausts;    /* the heap's limit may be reached rightly */
    uint64_t fail_at; /* the request that memlib refuses; 0: none */
};

/* The shape of trace number n of the seed. */
struct shape shape_of(uint64_t seed, uint64_t n);

/* That trace, named by path; the caller's to delete. */
struct trace *shape_trace(const struct shape *shape, uint64_t seed, uint64_t n,
                          const char *path);

#endif
