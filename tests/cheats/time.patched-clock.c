/*
 * time.patched-clock.c - clock_gettime, which the worker reads its time from,
 * is overwritten in libc's code: time stands still.
 *
 * Now: time is the kernel's account, read by the judge; mprotect is refused.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 1456 times as fast */
#define OWN_INIT
#include "slow.h"
#include "patch_code.h"

#include <time.h>

static int stand_still(clockid_t clock, struct timespec *t)
{
    (void)clock;
    *t = (struct timespec){1, 0};
    return 0;
}

int mm_init(void)
{
    patch_code((void *)(uintptr_t)clock_gettime, (void *)(uintptr_t)stand_still);
    return sound_init();
}

static void later(void *p)
{
    work(p);
}
