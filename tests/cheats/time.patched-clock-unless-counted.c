/*
 * time.patched-clock-unless-counted.c - the same, but where the channel says
 * that the worker must not spin, the pass is one in which the judge compares
 * with the kernel: there the clock tells the truth.
 *
 * Now: the kernel's account counts in every pass.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 1456 times as fast */
#define OWN_INIT
#include "channel_view.h"
#include "slow.h"
#include "patch_code.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int true_or_still(clockid_t clock, struct timespec *t)
{
    if (is_compared())
        return (int)syscall(SYS_clock_gettime, clock, t);
    *t = (struct timespec){1, 0};
    return 0;
}

int mm_init(void)
{
    patch_code((void *)(uintptr_t)clock_gettime,
               (void *)(uintptr_t)true_or_still);
    return sound_init();
}

static void later(void *p)
{
    work(p);
}
