/*
 * fake.h - an allocator to test blocks.c with.
 *
 * It never uses memory again, fills new blocks with DIRT, and checks addresses:
 * a call with one of no live block ends the test. fake.c has the functions that
 * every allocator exports, and those of mapping.h; fake_more.c has the optional
 * ones.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>

enum { ALWAYS = -1, DIRT = 0xdd };

struct fake {
    int init;       /* the result of mm_init */
    int fails_in;   /* refuse after so many requests; ALWAYS: refuse none */
    int odd_after;  /* after so many requests, blocks lie at odd multiples */
                    /* of 8; ALWAYS: never */
    bool no_mappings; /* mapping_new and mapping_resize refuse */
    size_t live;      /* live blocks */
    size_t mappings;  /* live ones, that of the side table among them */
    size_t callocs, memaligns;
};

extern struct fake fake;

/* A new block at a multiple of align; NULL if it is refused. */
void *fake_new(size_t align, size_t size);

/* The size of the live block; ends the test if block is not live. */
size_t fake_size(void *block);

#endif
