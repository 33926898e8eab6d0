/*
 * The 80th malloc leaves by a longjmp into the 40th, which has long returned:
 * the caller runs on with the registers of then. Must be found: tampered.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

#include <setjmp.h>

static jmp_buf earlier;
static int requests;
static void *answer;

int mm_init(void)
{
    requests = 0;
    return sound_init();
}

/* Apart, so that mm_malloc itself has no registers to save and restore. */
__attribute__((noinline)) static void serve(size_t size)
{
    requests++;
    answer = sound_malloc(size);
}

void *mm_malloc(size_t size)
{
    serve(size);
    if (requests == 40)
        setjmp(earlier);
    else if (requests == 80)
        longjmp(earlier, 1);
    return answer;
}
