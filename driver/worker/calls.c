/*
 * calls.c - find the functions of an allocator in a shared object.
 */
#include "calls.h"

#include <dlfcn.h>
#include <stdint.h>

/* dlsym returns an object pointer; the cast makes it a function pointer. */
#define FIND(library, function)                                      \
    calls->function = (__typeof__(calls->function))(uintptr_t)dlsym( \
        library, "mm_" #function)

const char *calls_load(struct calls *calls, const char *path, void **library)
{
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*library)
        return dlerror();
    FIND(*library, malloc);
    FIND(*library, free);
    FIND(*library, realloc);
    FIND(*library, calloc);
    FIND(*library, memalign);
    FIND(*library, init);
    FIND(*library, audit);
    calls->init_is_bool = dlsym(*library, "mm_init_returns_bool") != NULL;
    if (!calls->malloc || !calls->free || !calls->realloc || !calls->init)
        return "it lacks one of mm_init, mm_malloc, mm_free and mm_realloc";
    return NULL;
}

bool calls_init(const struct calls *calls)
{
    int result = calls->init ? calls->init() : 0;

    if (calls->init && calls->init_is_bool)
        return (result & 0xff) != 0; /* the other bits are undefined */
    return result == 0;
}
