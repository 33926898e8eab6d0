/*
 * fake.c - the four functions of mm.h, and mappings.
 *
 * A block has 32 bytes before it: its size, and whether it is live.
 */
#include "fake.h"

#include "../../mm.h"
#include "../../runtime/mapping.h"
#include "../check.h"

#include <stdint.h>

struct tag {
    size_t size, lives;
};

enum { ARENA = 64 << 20, LIVES = 0x11fe, TAG = 32 };

static _Alignas(4096) char arena[ARENA];
static size_t used;

struct fake fake = {.fails_in = ALWAYS, .odd_after = ALWAYS};

static struct tag *tag_of(void *block)
{
    return (struct tag *)(void *)((char *)block - TAG);
}

static bool counts_down(int *count)
{
    return *count == ALWAYS || (*count)-- > 0;
}

/* The address is a multiple of align, or 8 more (odd_after). */
void *fake_new(size_t align, size_t size)
{
    bool odd = !counts_down(&fake.odd_after);

    if (odd)
        fake.odd_after = 0;
    if (!counts_down(&fake.fails_in)) {
        fake.fails_in = 0;
        return NULL;
    }
    uintptr_t at = (uintptr_t)arena + used + TAG;
    at = ((at + align - 1) & -align) + (odd && align < 32 ? 8 : 0);
    size_t offset = at - (uintptr_t)arena;
    if (offset > ARENA || size > ARENA - offset)
        return NULL;
    used = (offset + size + 15) & ~(size_t)15;
    *tag_of((void *)at) = (struct tag){size, LIVES};
    fake.live++;
    return memset((void *)at, DIRT, size);
}

size_t fake_size(void *block)
{
    CHECK((char *)block >= arena + TAG && (char *)block < arena + used);
    CHECK(tag_of(block)->lives == LIVES);
    return tag_of(block)->size;
}

int mm_init(void)
{
    return fake.init;
}

void *mm_malloc(size_t size)
{
    CHECK(size > 0);
    return fake_new(16, size);
}

void mm_free(void *block)
{
    memset(block, DIRT, fake_size(block));
    tag_of(block)->lives = 0;
    fake.live--;
}

/* A block that shrinks stays in place. */
void *mm_realloc(void *block, size_t size)
{
    size_t old = fake_size(block);

    if (size <= old) {
        tag_of(block)->size = size;
        return block;
    }
    void *new = fake_new(16, size);
    if (!new)
        return NULL;
    memcpy(new, block, old);
    mm_free(block);
    return new;
}

size_t mapping_size(size_t size)
{
    return (size + 4095) & ~(size_t)4095;
}

/* The sanitizer ends a program that asks for more than it has. */
enum { MOST_MAPPED = 1 << 30 };

void *mapping_new(size_t align, size_t size)
{
    void *mapping;

    if (fake.no_mappings || size > MOST_MAPPED ||
        posix_memalign(&mapping, align < 4096 ? 4096 : align,
                       mapping_size(size)) != 0)
        return NULL;
    fake.mappings++;
    return memset(mapping, 0, mapping_size(size));
}

void *mapping_resize(void *mapping, size_t old, size_t size)
{
    void *new = mapping_new(1, size);

    if (!new)
        return NULL;
    memcpy(new, mapping, old < size ? old : size);
    mapping_delete(mapping, old);
    return new;
}

void mapping_delete(void *mapping, size_t size)
{
    memset(mapping, DIRT, mapping_size(size));
    free(mapping);
    fake.mappings--;
}
