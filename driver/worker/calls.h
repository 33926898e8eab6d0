/*
 * calls.h - the functions of an allocator.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stddef.h>

/* The functions of mm.h. An optional one is NULL if the allocator lacks it. */
struct calls {
    void *(*malloc)(size_t size);
    void (*free)(void *ptr);
    void *(*realloc)(void *ptr, size_t size);
    void *(*calloc)(size_t count, size_t size);   /* optional */
    void *(*memalign)(size_t align, size_t size); /* optional */
    int (*init)(void);                            /* NULL: nothing to do */
    int (*audit)(void);                           /* optional */
    bool init_is_bool; /* init returns true for success: compat/cmu/mm.h */
};

/*
 * Load the shared object at path, and look up its functions. *library is the
 * handle for dlsym, or NULL if it cannot be loaded; it stays loaded. Returns
 * NULL, or one line that says why it is not an allocator, valid until the next
 * call of the dynamic loader.
 */
const char *calls_load(struct calls *calls, const char *path, void **library);

/* Call init; true if it succeeded, or there is none. */
bool calls_init(const struct calls *calls);

#endif
