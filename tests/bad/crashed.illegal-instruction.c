/*
 * free runs into an instruction that does not exist. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: SIG(ILL|TRAP) */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    sound_free(ptr);
    __builtin_trap();
}
