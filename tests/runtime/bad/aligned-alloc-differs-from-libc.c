/*
 * aligned_alloc refuses an alignment that is no power of two where libc rounds
 * it up, and rounds it up where libc refuses it. Must be found.
 */
/* fails: aligned-alloc-takes-what-libc-takes */
/* may fail: rounds-alignments-up */
#include "runtime/aligned.h"
#include "wrong.h"

void *aligned_alloc(size_t align, size_t size)
{
    if (!is_power(align) && aligned_alloc_takes(align)) {
        errno = EINVAL;
        return NULL;
    }
    return __libc_memalign(align, size);
}
