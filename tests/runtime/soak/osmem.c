/*
 * osmem.c - the soak calls libraries/osmem.h.
 */
#include "../soak.h"

#include "osmem.h"

const struct soak_api soak_osmem = {
    .name = "osmem",
    .align = 16,
    .allocate = os_malloc,
    .release = os_free,
    .zeroed = os_calloc,
    .resize = os_realloc,
};
