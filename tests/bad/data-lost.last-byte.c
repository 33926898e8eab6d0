/*
 * A request for up to 16 bytes changes the last byte of the large block
 * before it, and of none else. Must be found: data-lost.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static char *large;
static size_t large_size;

int mm_init(void)
{
    large = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (large && size <= 16) {
        large[large_size - 1] ^= 0x55;
        large = NULL;
    }
    if (size > 4096) {
        large = payload;
        large_size = size;
    }
    return payload;
}

void mm_free(void *ptr)
{
    if (ptr == large)
        large = NULL;
    sound_free(ptr);
}
