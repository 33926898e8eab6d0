/*
 * threads.c - what a malloc gives to threads; to be preloaded.
 *
 *     threads apart|handed [--threads 1|2] [--seconds S]
 *
 * apart: each thread has a window of 1000 blocks of 16 to 512 bytes and puts a
 * new one in the place of an old one, chosen at random. handed: one thread
 * allocates, a ring of 1024 places carries the blocks, another one frees; with
 * --threads 1 one thread does both, a ring's worth at a time.
 *
 * One thread is as much beside main as two are, so that a malloc that is
 * cheaper before the first thread begins is not the better for that. Blocks are
 * written to at both ends. The program's own memory is static.
 *
 * Prints `OPERATIONS SECONDS CPU PEAK START`: mallocs and frees, seconds by the
 * clock and of processors, and resident KiB at their peak and before the
 * threads began. Exit status 0, 1 where malloc
 * gave NULL or a block changed, 2 for wrong options.
 */
#define _GNU_SOURCE
#include "base/random.h"

#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_THREADS = 64,
    WINDOW = 1000,
    RING = 1024, /* a power of two */
    MIN_SIZE = 16,
    MAX_SIZE = 512,
    LINE = 64,
};

struct thread {
    unsigned char *window[WINDOW];
    uint64_t random;
    uint64_t ops;
    pthread_t thread;
} __attribute__((aligned(LINE)));

static struct thread threads[MAX_THREADS];
static pthread_barrier_t ready;
static atomic_bool over;

/* Filled at `in`, emptied at `out`; each is one thread's alone. */
static struct {
    unsigned char *block[RING];
    _Atomic size_t in __attribute__((aligned(LINE)));
    _Atomic size_t out __attribute__((aligned(LINE)));
} ring;

/* ---- Blocks. ---- */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "threads: %s\n", what);
    exit(1);
}

/* Its first two bytes are its size, its last is its first. */
static unsigned char *new_block(uint64_t *random)
{
    uint16_t size =
        (uint16_t)(MIN_SIZE + random_below(random, MAX_SIZE - MIN_SIZE + 1));
    unsigned char *block = malloc(size);

    if (!block)
        fail("malloc gave NULL");
    memcpy(block, &size, sizeof size);
    block[size - 1] = block[0];
    return block;
}

static void check_and_free(unsigned char *block)
{
    uint16_t size;

    if (!block)
        return;
    memcpy(&size, block, sizeof size);
    if (size < MIN_SIZE || size > MAX_SIZE || block[size - 1] != block[0])
        fail("a block changed");
    free(block);
}

/* ---- Apart. ---- */

/* Each work does something, however late the machine lets it begin. */
static void *work_apart(void *argument)
{
    enum { ROUND = 256 };
    struct thread *s = argument;

    pthread_barrier_wait(&ready);
    do {
        for (int i = 0; i < ROUND; i++) {
            uint64_t at = random_below(&s->random, WINDOW);

            check_and_free(s->window[at]);
            s->window[at] = new_block(&s->random);
        }
        s->ops += 2 * ROUND;
    } while (!over);
    for (int i = 0; i < WINDOW; i++)
        check_and_free(s->window[i]);
    return NULL;
}

/* ---- Handed over. ---- */

static bool put(struct thread *s)
{
    size_t in = atomic_load_explicit(&ring.in, memory_order_relaxed);

    if (in - atomic_load_explicit(&ring.out, memory_order_acquire) == RING)
        return false;
    ring.block[in % RING] = new_block(&s->random);
    atomic_store_explicit(&ring.in, in + 1, memory_order_release);
    s->ops++;
    return true;
}

static bool take(struct thread *s)
{
    size_t out = atomic_load_explicit(&ring.out, memory_order_relaxed);

    if (out == atomic_load_explicit(&ring.in, memory_order_acquire))
        return false;
    check_and_free(ring.block[out % RING]);
    atomic_store_explicit(&ring.out, out + 1, memory_order_release);
    s->ops++;
    return true;
}

static void pause_briefly(void)
{
    sched_yield();
}

static void *work_giving(void *argument)
{
    pthread_barrier_wait(&ready);
    do {
        if (!put(argument))
            pause_briefly();
    } while (!over);
    return NULL;
}

static void *work_taking(void *argument)
{
    pthread_barrier_wait(&ready);
    while (!over)
        if (!take(argument))
            pause_briefly();
    return NULL;
}

static void *work_both(void *argument)
{
    pthread_barrier_wait(&ready);
    do {
        while (put(argument))
            continue;
        while (take(argument))
            continue;
    } while (!over);
    return NULL;
}

/* ---- One run. ---- */

struct options {
    bool handed_over;
    int threads;
    double seconds;
};

static void *(*work_of(const struct options *o, int number))(void *)
{
    if (!o->handed_over)
        return work_apart;
    if (o->threads == 1)
        return work_both;
    return number == 0 ? work_giving : work_taking;
}

static double now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void rest(double seconds)
{
    struct timespec t = {(time_t)seconds,
                         (long)(1e9 * (seconds - (double)(time_t)seconds))};

    nanosleep(&t, NULL);
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

static void start(const struct options *o)
{
    pthread_barrier_init(&ready, NULL, (unsigned)o->threads + 1);
    for (int i = 0; i < o->threads; i++) {
        threads[i].random = (uint64_t)i;
        if (pthread_create(&threads[i].thread, NULL, work_of(o, i),
                           &threads[i]))
            fail("no thread");
    }
    pthread_barrier_wait(&ready);
}

static uint64_t finish(const struct options *o)
{
    uint64_t ops = 0;

    over = true;
    for (int i = 0; i < o->threads; i++) {
        pthread_join(threads[i].thread, NULL);
        ops += threads[i].ops;
    }
    while (take(&threads[0]))
        continue;
    return ops;
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: threads apart|handed [--threads N] "
                    "[--seconds S]\n");
    exit(2);
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"threads", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {false, 1, 0.5};
    int which;

    while ((which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 't')
            o.threads = atoi(optarg);
        else if (which == 's')
            o.seconds = atof(optarg);
        else
            usage();
    }
    if (argc - optind != 1 || o.seconds <= 0)
        usage();
    o.handed_over = strcmp(argv[optind], "handed") == 0;
    if (!o.handed_over && strcmp(argv[optind], "apart") != 0)
        usage();
    if (o.threads < 1 || o.threads > (o.handed_over ? 2 : MAX_THREADS))
        usage();
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    long before = peak_kib();

    start(&o);
    double begin = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    rest(o.seconds);
    uint64_t ops = finish(&o);
    printf("%llu %.6f %.6f %ld %ld\n", (unsigned long long)ops,
           now(CLOCK_MONOTONIC) - begin, now(CLOCK_PROCESS_CPUTIME_ID) - cpu,
           peak_kib(), before);
    return 0;
}
