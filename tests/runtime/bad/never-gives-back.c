/*
 * The heap never shrinks, and large blocks are in it, not in mappings. Must be
 * found.
 */
/* fails: gives-back-a-large-block */
/* fails: gives-back-many-small-blocks */
/* fails: gives-back-after-each-peak */
/* cannot: signals errno */
#include "wrong.h"

int mallopt(int what, int value);

enum { TRIM_THRESHOLD = -1, MMAP_MAX = -4 };

__attribute__((constructor)) static void keep_all(void)
{
    mallopt(TRIM_THRESHOLD, INT32_MAX);
    mallopt(MMAP_MAX, 0);
}
