/*
 * plugin.c - a library that allocates while it is loaded and unloaded.
 *
 * process_test opens and closes it. It is also preloaded, before or after a
 * malloc, and then allocates before the program and its malloc have started.
 */
#include "family.h"

enum { SIZE = 3000 };

static char *block;

bool plugin_sound(void)
{
    return block && holds(block, SIZE, 11);
}

__attribute__((constructor)) static void begin(void)
{
    block = malloc(SIZE / 2);
    fill(block, SIZE / 2, 11);
    block = realloc(block, SIZE);
    fill(block, SIZE, 11);
}

__attribute__((destructor)) static void end(void)
{
    char *last = strdup(plugin_sound() ? "sound" : "damaged");

    if (!last || strcmp(last, "sound") != 0)
        _exit(99);
    free(last);
    free(block);
}
