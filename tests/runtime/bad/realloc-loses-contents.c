/*
 * realloc to more than a page copies what fits into a page. Must be found.
 */
/* may fail: serves-more-than-4-gib untouched-pages-stay-so */
/* fails: realloc-keeps-contents realloc-keeps-what-grows */
/* may fail: keeps-an-environment */
/* may fail: threads-share-blocks */
/* may fail: forks-while-others-allocate */
/* may fail: parent-and-child-go-their-ways */
/* may fail: serves-before-main */
/* may fail: prints-and-reads-long-lines */
/* may fail: writes-into-memory */
#include "wrong.h"

void *realloc(void *block, size_t size)
{
    size_t old = block ? libc_usable_size(block) : 0;

    if (old <= 4096 || size <= old || size > PTRDIFF_MAX)
        return __libc_realloc(block, size);
    void *new = __libc_malloc(size);
    if (new)
        memcpy(new, block, 4096);
    __libc_free(block);
    return new;
}
