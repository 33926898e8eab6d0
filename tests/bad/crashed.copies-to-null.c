/*
 * realloc has the C library copy to NULL, and the fault lies in the library.
 * The message names the call. Must be found: crashed.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
/* expect: SIGSEGV in .*, called by mm_realloc, crashed.copies-to-null.c:19 */
/* expect: a null pointer */
#define OWN_REALLOC
#include "sound.h"

#include <string.h>

static char *volatile nowhere;

void *mm_realloc(void *ptr, size_t size)
{
    if (ptr)
        memcpy(nowhere, ptr, size);
    return sound_realloc(ptr, size);
}
