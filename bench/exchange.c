/*
 * exchange.c - the CPU time of a malloc whose threads free each other's blocks;
 * to be preloaded.
 *
 *     exchange small|mixed [--threads N] [--rounds N]
 *
 * In each round each thread allocates 1500 blocks and writes to them; when all
 * have done so, it frees the blocks of the next thread. A single thread frees
 * its own. Small blocks have 16 to 512 bytes, mixed ones 1 to 32769: a power of
 * two, and one. The program's own memory is static.
 *
 * Prints `OPERATIONS CPU PEAK START`: mallocs and frees; seconds of processors;
 * resident KiB at their peak and before the threads started. Exit status 0, 1
 * where malloc returned NULL or a block changed, 2 for wrong options.
 */
#include "base/random.h"

#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_THREADS = 64,
    BLOCKS = 1500,
    MIN_SMALL = 16,
    MAX_SMALL = 512,
    MIXED_SIZES = 16,
    LINE = 64,
};

static struct thread {
    unsigned char *block[BLOCKS];
    uint64_t random;
    pthread_t thread;
} __attribute__((aligned(LINE))) threads[MAX_THREADS];

static pthread_barrier_t all_are_there;
static struct {
    bool mixed;
    int threads, rounds;
} options = {false, 1, 20};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "exchange: %s\n", what);
    exit(1);
}

static size_t size_of_next(uint64_t *random)
{
    if (options.mixed)
        return (size_t)1 << random_below(random, MIXED_SIZES) | 1;
    return MIN_SMALL + random_below(random, MAX_SMALL - MIN_SMALL + 1);
}

static void allocate(struct thread *t, unsigned char first)
{
    for (int i = 0; i < BLOCKS; i++) {
        t->block[i] = malloc(size_of_next(&t->random));
        if (!t->block[i])
            fail("malloc returned NULL");
        t->block[i][0] = first;
    }
}

static void check_and_free(struct thread *t, unsigned char first)
{
    for (int i = 0; i < BLOCKS; i++) {
        if (t->block[i][0] != first)
            fail("a block changed");
        free(t->block[i]);
    }
}

static void *work(void *argument)
{
    struct thread *own = argument;
    size_t number = (size_t)(own - threads);
    struct thread *next = &threads[(number + 1) % (size_t)options.threads];

    for (int round = 0; round < options.rounds; round++) {
        allocate(own, (unsigned char)round);
        pthread_barrier_wait(&all_are_there);
        check_and_free(next, (unsigned char)round);
        pthread_barrier_wait(&all_are_there);
    }
    return NULL;
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Not ru_maxrss, which begins with what the parent had. */
static long peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[200];
    long kib = -1;

    while (status && kib < 0 && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = atol(line + 6);
    if (status)
        fclose(status);
    return kib;
}

static void parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"threads", required_argument, NULL, 't'},
        {"rounds", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    bool right = true;
    int which;

    while ((which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 't')
            options.threads = atoi(optarg);
        else if (which == 'r')
            options.rounds = atoi(optarg);
        else
            right = false;
    }
    const char *what = optind == argc - 1 ? argv[optind] : "";
    options.mixed = strcmp(what, "mixed") == 0;
    right = right && (options.mixed || strcmp(what, "small") == 0);
    if (right && options.threads >= 1 && options.threads <= MAX_THREADS &&
        options.rounds >= 1)
        return;
    fprintf(stderr, "usage: exchange small|mixed [--threads N] "
                    "[--rounds N]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    long before = peak_kib();
    pthread_barrier_init(&all_are_there, NULL, (unsigned)options.threads);
    double begin = cpu_seconds();
    for (int i = 0; i < options.threads; i++) {
        threads[i].random = (uint64_t)i;
        if (pthread_create(&threads[i].thread, NULL, work, &threads[i]))
            fail("no thread");
    }
    for (int i = 0; i < options.threads; i++)
        pthread_join(threads[i].thread, NULL);
    printf("%lld %.6f %ld %ld\n",
           2LL * BLOCKS * options.threads * options.rounds,
           cpu_seconds() - begin, peak_kib(), before);
    return 0;
}
