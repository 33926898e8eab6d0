/*
 * realloc copies one byte too few where the block shrinks, now and then.
 * Must be found.
 */
/* soak: byte \d+ is .* after realloc */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    static __thread unsigned count;
    bool rarely = !__libc_single_threaded && ++count % 100 == 0;

    if (!rarely || !block || size == 0 || size > libc_usable_size(block))
        return __libc_realloc(block, size);
    char *new = __libc_malloc(size);
    memcpy(new, block, size - 1);
    new[size - 1] ^= 0x55;
    __libc_free(block);
    return new;
}
