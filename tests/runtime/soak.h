/*
 * soak.h - the functions that the soak calls.
 */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stddef.h>

struct soak_api {
    const char *name;
    size_t align;    /* of every block */
    size_t largest;  /* the largest request; 0: bounded by --live only */
    bool may_refuse; /* memory is bounded, so that NULL is no fault */

    /* Called once, from one thread; may be NULL. False: it cannot start. */
    bool (*begin)(size_t live);
    /* Called after all was freed; may be NULL. Returns a fault, or NULL. */
    const char *(*end)(void);

    void *(*allocate)(size_t size);
    void (*release)(void *block);
    /* These may be NULL. */
    void *(*zeroed)(size_t count, size_t size);
    void *(*aligned)(size_t align, size_t size);
    void *(*resize)(void *block, size_t size);
    size_t (*usable)(void *block);
};

/* From soak/NAME.c, if that library is linked. */
extern const struct soak_api soak_pool __attribute__((weak));
extern const struct soak_api soak_osmem __attribute__((weak));
extern const struct soak_api soak_memory_allocator __attribute__((weak));

#endif
