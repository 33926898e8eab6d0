/*
 * time.in-a-thread.c - a thread does the work of free: the time of the worker's
 * first thread is all that counts, except where the judge compares.
 *
 * Now: a thread cannot be made.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 11 times as fast */
#include "channel_view.h"

#define OWN_INIT
#include "slow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* Freed blocks that wait for the thread, and whether it may work. */
static _Atomic(void *) mailbox;
static atomic_int may_work;

static void *helper(void *unused)
{
    for (;;)
        if (!may_work)
            usleep(200);
        else if (atomic_exchange(&mailbox, NULL))
            for (int i = 0; i < WALKS * 4; i++)
                walked++;
    return unused;
}

int mm_init(void)
{
    static pthread_t thread;

    may_work = 0;
    if (!is_compared() && !thread)
        pthread_create(&thread, NULL, helper, NULL);
    return sound_init();
}

static void later(void *p)
{
    if (is_compared()) {
        work(p);
        return;
    }
    may_work = 1;
    mailbox = p;
    sound_free(p);
}
