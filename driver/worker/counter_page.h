/*
 * counter_page.h - what the judge shares with the tool that counts a worker's
 * instructions (counter_tool.c), under which the worker runs.
 */
#ifndef COUNTER_PAGE_H
#define COUNTER_PAGE_H

#include "worker/filter.h"

struct counter_page {
    uint64_t allocator; /* instructions so far, of all code but the worker's, */
    uint64_t worker;    /* and of the worker's own */
    struct filter allowed; /* by the judge: for when the worker has its filters */
} __attribute__((aligned(4096)));

#endif
