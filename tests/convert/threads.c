/*
 * threads.c - threads that free each other's blocks.
 */
#include <mcheck.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { THREADS = 3, SLOTS = 8 };

static void *_Atomic slots[SLOTS];
static int rounds = 30;

static void *work(void *argument)
{
    unsigned random = (unsigned)(uintptr_t)argument;

    for (int i = 0; i < rounds; i++) {
        void *block = malloc(2000 + i % 8);

        random = random * 1664525u + 1013904223u;
        if (i % 3 == 0)
            block = realloc(block, 50000);
        free(__atomic_exchange_n(&slots[(random >> 16) % SLOTS], block,
                                 __ATOMIC_ACQ_REL));
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc > 1)
        rounds = atoi(argv[1]);
    mtrace();
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
