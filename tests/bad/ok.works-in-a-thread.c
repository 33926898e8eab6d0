/*
 * From the fifth replay on, a helper thread does the work while the thread
 * that makes the calls sleeps. Must be found: ok. Its time counts all the same
 * (test_jail.py).
 */
/* trace: mixed.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

enum { WORK_NS = 200000 };

static sem_t asked, done;
static int replays;

static void work(void)
{
    struct timespec start, now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec -
               start.tv_nsec <
           WORK_NS);
}

static void *serve(void *unused)
{
    for (;;) {
        sem_wait(&asked);
        work();
        sem_post(&done);
    }
    return unused;
}

int mm_init(void)
{
    pthread_t thread;

    if (++replays == 5) {
        sem_init(&asked, 0, 0);
        sem_init(&done, 0, 0);
        pthread_create(&thread, NULL, serve, NULL);
    }
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (replays >= 5) {
        sem_post(&asked);
        sem_wait(&done);
    }
    return sound_malloc(size);
}
