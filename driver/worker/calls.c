/*
 * calls.c - find the functions of an allocator in a shared object.
 */
#include "calls.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* dlsym returns an object pointer; the cast makes it a function pointer. */
#define FIND(library, function)                                      \
    calls->function = (__typeof__(calls->function))(uintptr_t)dlsym( \
        library, "mm_" #function)

/* Append the name where its function is missing. */
static void list_missing(char *list, size_t size, const char *name, bool found)
{
    size_t used = strlen(list);

    if (!found)
        snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
}

/* One line that names the missing ones of the four; NULL: all are there. */
static const char *complaint(const struct calls *calls)
{
    static char text[80];
    char list[64] = "";

    list_missing(list, sizeof list, "mm_init", calls->init);
    list_missing(list, sizeof list, "mm_malloc", calls->malloc);
    list_missing(list, sizeof list, "mm_free", calls->free);
    list_missing(list, sizeof list, "mm_realloc", calls->realloc);
    snprintf(text, sizeof text, "it has no %s", list);
    return list[0] ? text : NULL;
}

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
    return complaint(calls);
}

bool calls_init(const struct calls *calls)
{
    int result = calls->init ? calls->init() : 0;

    if (calls->init && calls->init_is_bool)
        return (result & 0xff) != 0; /* the other bits are undefined */
    return result == 0;
}
