/*
 * calls.h - how an allocator is called, whatever it is.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stddef.h>

/* The functions of mm.h. The optional ones are NULL where they are absent. */
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
 * loader's handle for further names, NULL where there is no such object; it
 * stays loaded. Returns NULL, or one line that says why this is no allocator,
 * valid until the next call of the loader.
 */
const char *calls_load(struct calls *calls, const char *path, void **library);

/* Call init; whether it succeeded. */
bool calls_init(const struct calls *calls);

#endif
