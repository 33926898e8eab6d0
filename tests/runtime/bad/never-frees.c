/*
 * free does nothing. Must be found.
 */
/* fails: blocks-are-freed */
/* fails: aligned-blocks-are-freed */
/* fails: no-memory-is-survived */
/* fails: gives-back-a-large-block */
/* fails: gives-back-many-small-blocks */
/* fails: gives-back-after-each-peak */
/* cannot: signals errno */
#include "wrong.h"

void free(void *block)
{
    (void)block;
}
