/*
 * soak.h - whose functions the soak calls.
 */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stddef.h>

struct soak_api {
    const char *name;
    size_t align;    /* of every block */
    size_t largest;  /* request that is to be served; 0: as large as --live */
    bool may_refuse; /* NULL is no fault: its memory is bounded */

    /* Called once, from one thread; NULL: nothing to do. False: no start. */
    bool (*begin)(size_t live);
    /* What is wrong after all was freed, NULL if nothing; NULL: no idea. */
    const char *(*end)(void);

    void *(*allocate)(size_t size);
    void (*release)(void *block);
    /* Not every one has these. */
    void *(*zeroed)(size_t count, size_t size);
    void *(*aligned)(size_t align, size_t size);
    void *(*resize)(void *block, size_t size);
    size_t (*usable)(void *block);
};

/* From soak/NAME.c, where that library is linked. */
extern const struct soak_api soak_pool __attribute__((weak));
extern const struct soak_api soak_osmem __attribute__((weak));
extern const struct soak_api soak_memory_allocator __attribute__((weak));

#endif
