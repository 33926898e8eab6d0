/*
 * time.in-a-child.c - a forked child does the work. It shares the heap, which
 * is shared memory, and the ring lies there, too.
 *
 * Now: a child cannot be made.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 11 times as fast */
#define OWN_INIT
#include "slow.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What is done by the child needs no answer: it only walks over the list. */
static _Atomic(void *) *mailbox;

static void serve(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(30);
    for (;;)
        if (atomic_exchange(mailbox, NULL))
            for (int i = 0; i < WALKS; i++)
                walked++;
}

int mm_init(void)
{
    if (!mailbox) {
        mailbox = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (fork() == 0)
            serve();
    }
    return sound_init();
}

static void later(void *p)
{
    *mailbox = p;
    sound_free(p);
}
