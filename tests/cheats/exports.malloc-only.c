/*
 * exports.malloc-only.c - there is no mm_malloc, only malloc, which libc's
 * serves: the judge takes it for a malloc of the system and measures resident
 * memory, for libc's time against libc's.
 *
 * Now: a hand-in is always judged as one, and refused without the four
 * functions.
 */
/* honest: twin.sound */
/* expect: refused|load-failed */
/* before: utilization 58.8 for 37.7 % */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

/* The name mm_malloc in the text keeps the tool from renaming malloc. */
const char note[] = "mm_malloc mm_free mm_realloc bool mm_init() mem_map";

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void *malloc(size_t size)
{
    return ((void *(*)(size_t))next("malloc"))(size);
}
