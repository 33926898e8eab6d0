/*
 * counter_page.h - what the judge shares with the tool that counts a worker's
 * instructions (counter_tool.c), under which the worker runs.
 */
#ifndef COUNTER_PAGE_H
#define COUNTER_PAGE_H

#include "worker/filter.h"

/* Addresses from start up to end. */
struct counter_range {
    uint64_t start, end;
};

enum { COUNTER_RANGES = 2 };

struct counter_page {
    uint64_t allocator; /* instructions so far, of all code but the worker's, */
    uint64_t worker;    /* and of the worker's own */
    /* Valgrind's own memory, which no code that it runs can write to. */
    struct counter_range own[COUNTER_RANGES];
    struct filter allowed; /* by the judge: once the worker has its filters */
} __attribute__((aligned(4096)));

#endif
