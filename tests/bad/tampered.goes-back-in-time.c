/*
 * The 40th malloc keeps a copy of the stack and of the registers, the 80th
 * brings them back: the caller repeats what it has done. Must be found:
 * tampered.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

#include <setjmp.h>

enum { KEPT = 1024 };

static jmp_buf earlier;
static int requests;
static volatile char *stack, copy[KEPT];

int mm_init(void)
{
    requests = 0;
    return sound_init();
}

static void keep(void)
{
    for (int i = 0; i < KEPT; i++)
        copy[i] = stack[i];
}

/* With a frame large enough to lie clear of what is written over. */
__attribute__((noinline)) static void bring_back(void)
{
    volatile char clear[2 * KEPT];

    clear[0] = 0;
    for (int i = 0; i < KEPT; i++)
        stack[i] = copy[i] + clear[0];
    longjmp(earlier, 1);
}

void *mm_malloc(size_t size)
{
    requests++;
    if (requests == 40) {
        stack = __builtin_frame_address(0);
        if (setjmp(earlier) == 0)
            keep();
    }
    if (requests == 80) {
        requests++;
        bring_back();
    }
    return sound_malloc(size);
}
