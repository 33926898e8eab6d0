/*
 * passes.knows-valgrind-by-the-environment.c - valgrind preloads objects of its
 * own, which the environment or the list of objects shows. If it does, malloc
 * only moves the break, without a header, and free does nothing.
 *
 * Now: the worst footprint of all passes counts.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#define _GNU_SOURCE
#define OWN_MALLOC
#define OWN_FREE
#define OWN_REALLOC
#include "sound.h"

#include <link.h>
#include <stdlib.h>

static int look_at_object(struct dl_phdr_info *object, size_t size, void *found)
{
    (void)size;
    *(int *)found |= strstr(object->dlpi_name, "vgpreload") != NULL;
    return 0;
}

static int is_counted(void)
{
    static int known, counted;

    if (!known) {
        const char *preload = getenv("LD_PRELOAD");

        counted = getenv("VALGRIND_LIB") || getenv("VALGRIND_LAUNCHER") ||
                  (preload && strstr(preload, "vgpreload"));
        dl_iterate_phdr(look_at_object, &counted);
    }
    known = 1;
    return counted;
}

void *mm_malloc(size_t size)
{
    return is_counted() ? mem_sbrk((intptr_t)round_up(size))
                        : sound_malloc(size);
}

void mm_free(void *p)
{
    if (!is_counted())
        sound_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    if (!is_counted())
        return sound_realloc(p, size);
    return size ? mm_malloc(size) : NULL;
}
