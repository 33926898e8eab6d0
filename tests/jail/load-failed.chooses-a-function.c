/*
 * Has code that chooses mm_calloc when it is looked up. Must be found:
 * load-failed.
 */
/* trace: mixed.rep */
/* expect: functions that code chooses */
#define OWN_CALLOC
#include "../bad/sound.h"

__attribute__((used)) static void *(*choose(void))(size_t, size_t)
{
    return sound_calloc;
}

__attribute__((ifunc("choose"))) void *mm_calloc(size_t count, size_t size);
