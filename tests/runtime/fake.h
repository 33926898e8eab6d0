/*
 * fake.h - an allocator that blocks.c is tested on.
 *
 * It hands out ever new memory, dirty, and knows its live blocks: a call with
 * anything else ends the test. fake.c has what every allocator has, and the
 * memory that the side table asks for; fake_more.c what some have.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>

enum { ALWAYS = -1, DIRT = 0xdd };

struct fake {
    int init;       /* what mm_init answers */
    int fails_in;   /* refuse after so many requests; ALWAYS: none */
    int odd_after;  /* after so many requests, blocks lie at odd multiples */
                    /* of 8; ALWAYS: never */
    bool no_side_table; /* mem_map refuses */
    size_t live;    /* blocks */
    size_t callocs, memaligns;
};

extern struct fake fake;

/* A new block for the allocator's calls; NULL where it refuses. */
void *fake_new(size_t align, size_t size);

/* The live block's size; ends the test where there is none. */
size_t fake_size(void *block);

#endif
