/*
 * time.in-a-signal-handler.c - frees are only noted, in a list. A timer's signal
 * comes while the worker waits for its turn, and the handler does the work. In
 * passes in which the judge compares times, free works at once.
 *
 * Now: timers and handlers are refused, or their time counts, too.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 10 times as fast */
#define OWN_INIT
#include "channel_view.h"
#include "slow.h"

#include <signal.h>
#include <sys/time.h>

static struct block *noted;
static struct channel *c;

static void on_alarm(int number)
{
    (void)number;
    if (c && c->turn == TURN_WORKER)
        return; /* somebody counts */
    for (struct block *b = noted, *next; b; b = next) {
        next = b->next_free;
        work(payload_of(b));
    }
    noted = NULL;
}

int mm_init(void)
{
    struct itimerval often = {{0, 1000}, {0, 1000}};

    if (!c) {
        c = find_channel();
        signal(SIGALRM, on_alarm);
        setitimer(ITIMER_REAL, &often, NULL);
    }
    noted = NULL;
    return sound_init();
}

static void later(void *p)
{
    if (is_compared()) {
        work(p);
        return;
    }
    block_of(p)->next_free = noted;
    noted = block_of(p);
}
