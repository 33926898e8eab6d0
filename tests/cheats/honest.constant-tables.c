/*
 * honest.constant-tables.c - size classes come from constant tables of 96 KiB,
 * one of them with addresses in it, which the loader fills in.
 */
#define OWN_MALLOC
#include "sound.h"

#define EIGHT(x) x, x, x, x, x, x, x, x
#define MANY(x) EIGHT(x), EIGHT(x), EIGHT(x), EIGHT(x)

static const unsigned char class_of[1 << 16] = {
    [0 ... 255] = 16, [256 ... 4095] = 64, [4096 ... 65535] = 128};
static const char small[] = "small", large[] = "large";
static const char *const names[4096] = {MANY(small), [100] = large,
                                        [4095] = small};

void *mm_malloc(size_t size)
{
    size_t step = size < sizeof class_of ? class_of[size] : 4096;

    if (size == 0 || names[0][0] != 's')
        return NULL;
    return sound_malloc((size + step - 1) / step * step);
}
