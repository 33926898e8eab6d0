/*
 * filter.h - the two filters of system calls of a worker in a jail.
 *
 * The judge makes the programs for the worker's architecture and its process,
 * so that the worker needs no library for it. They lie where the steps of a
 * batch lie later, from before the worker starts until the allocator is loaded.
 *
 *     FILTER_LOADING    while the object is loaded: what the dynamic loader
 *                       needs; it is added to by
 *     FILTER_RUNNING    before the first call of the allocator
 *
 * A call that a filter refuses is the signal SIGSYS.
 */
#ifndef FILTER_H
#define FILTER_H

#include <linux/filter.h>
#include <stdint.h>

enum filter_stage { FILTER_LOADING, FILTER_RUNNING, FILTERS };

enum { FILTER_LONGEST = 4096 /* instructions; the kernel takes no more */ };

struct filter {
    uint32_t length, unused;
    struct sock_filter program[FILTER_LONGEST];
};

/* Install the filter for good. False if the kernel refuses it. */
_Bool filter_install(const struct filter *filter);

#endif
