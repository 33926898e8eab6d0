/*
 * soak.c - threads that use an allocator for as long as one likes.
 *
 *     soak [--threads N] [--seconds N] [--seed N] [--live MIB] [--api NAME]
 *
 * Each thread has a shelf of blocks and a basket. In each step it takes a
 * place of its shelf and a chance decides: fill it, resize or check what is
 * there, free it, or lay it into another thread's basket and put what lies in
 * its own onto the shelf. So blocks are freed by threads that did not allocate
 * them. Threads end after a while, and others take their places.
 *
 * A block's contents follow from its number, and are checked whenever somebody
 * looks. Two blocks that overlap cannot both hold what they should; bytes lost,
 * zeros that are none, and freed memory that is written to all show the same
 * way. At the end all is freed, and the books have to balance.
 *
 * The soak's own memory is static, so that nothing here depends on what it
 * judges. Exit status: 0, 1 for the first thing that is wrong, with one line
 * about it, 2 for wrong options, 130 after SIGINT, which ends it in good order.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_THREADS = 64,
    SHELF = 512,
    BASKET = 64,
    SHIFT = 200000, /* steps after which a thread ends */
    SMALL = 512,    /* up to here, contents are looked at whole */
    EDGE = 64,      /* else so much of both ends, and */
    STRIDE = 61,    /* every so manieth byte between */
    STUCK = 60,     /* seconds without a step, for any thread */
};

struct block {
    unsigned char *at; /* NULL: no block */
    size_t size, align;
    uint64_t number;
};

struct basket {
    pthread_mutex_t lock;
    struct block block[BASKET];
    int first, count;
};

struct seat {
    struct block shelf[SHELF];
    struct basket basket;
    uint64_t random;
    pthread_t shift;
    int number;
    _Atomic uint64_t steps;
};

static const struct soak_api libc_family = {
    .name = "malloc",
    .align = alignof(max_align_t),
    .allocate = malloc,
    .release = free,
    .zeroed = calloc,
    .aligned = memalign,
    .resize = realloc,
    .usable = malloc_usable_size,
};

static const struct soak_api *const apis[] = {
    &libc_family, &soak_pool, &soak_osmem, &soak_memory_allocator};

static struct {
    const struct soak_api *api;
    int threads;
    double seconds;
    uint64_t seed;
    size_t live;
} soak = {&libc_family, 8, 600, 1, (size_t)64 << 20};

static struct {
    _Atomic uint64_t allocated, freed, moved, handed, refused, checks;
    _Atomic size_t live, peak;
} books;

static struct seat seats[MOST_THREADS];
static _Atomic uint64_t numbers;
static atomic_bool over, interrupted;
static __thread const struct seat *here;

/* ---- What is wrong. ---- */

/* The first who finds something says so; b: where, or NULL. */
static _Noreturn void wrong(const char *what, const struct block *b)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    char line[200], where[100] = "";

    if (atomic_flag_test_and_set(&said))
        for (;;)
            pause();
    if (b)
        snprintf(where, sizeof where, ", block %llu at %p, %zu bytes",
                 (unsigned long long)b->number, (void *)b->at, b->size);
    int length = snprintf(line, sizeof line, "soak: wrong: %s%s, thread %d\n",
                          what, where, here ? here->number : 0);
    ssize_t written = write(STDOUT_FILENO, line, (size_t)length);
    _exit(written == length ? 1 : 3);
}

static void on_crash(int number)
{
    char what[80];

    snprintf(what, sizeof what, "ended by signal %d, SIG%s", number,
             sigabbrev_np(number));
    wrong(what, NULL);
}

static void on_interrupt(int number)
{
    (void)number;
    interrupted = true;
    over = true;
}

static void catch_signals(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
    struct sigaction crash = {.sa_handler = on_crash};
    struct sigaction interrupt = {.sa_handler = on_interrupt};

    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &crash, NULL);
    sigaction(SIGINT, &interrupt, NULL);
}

/* ---- Chance. ---- */

static uint64_t draw(struct seat *s)
{
    s->random += 0x9e3779b97f4a7c15u;
    uint64_t x = s->random;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static size_t below(struct seat *s, size_t bound)
{
    return (size_t)(draw(s) % bound);
}

/* Mostly small, now and then large: as wide as the power that is drawn. */
static size_t draw_size(struct seat *s)
{
    size_t share = soak.live / (size_t)soak.threads / 8;
    size_t most = soak.api->largest ? soak.api->largest : share;
    size_t chance = below(s, 100), powers = 9;

    if (chance < 25)
        powers = chance < 4 ? 20 : 14;
    size_t size = below(s, (size_t)2 << below(s, powers)) + 1;

    return size < most ? size : most;
}

/* ---- Contents. ---- */

static uint64_t word_of(uint64_t number, size_t i)
{
    return (number + 1) * 0x9e3779b97f4a7c15u + i * 0x0101010101010101u;
}

static unsigned char byte_of(uint64_t number, size_t i)
{
    return (unsigned char)(word_of(number, i / 8) >> i % 8 * 8);
}

static void write_contents(const struct block *b)
{
    size_t i = 0;

    for (; i + 8 <= b->size; i += 8) {
        uint64_t word = word_of(b->number, i / 8);
        memcpy(b->at + i, &word, 8);
    }
    for (; i < b->size; i++)
        b->at[i] = byte_of(b->number, i);
}

static void check_byte(const struct block *b, size_t i, const char *when)
{
    char what[80];

    if (b->at[i] == byte_of(b->number, i))
        return;
    snprintf(what, sizeof what, "byte %zu is %#x, not %#x, %s", i, b->at[i],
             byte_of(b->number, i), when);
    wrong(what, b);
}

/* The first size bytes, all of them or a choice. */
static void check_contents(const struct block *b, size_t size, const char *when)
{
    size_t head = size <= SMALL ? size : EDGE;

    for (size_t i = 0; i < head; i++)
        check_byte(b, i, when);
    for (size_t i = head + b->number % STRIDE; i < size; i += STRIDE)
        check_byte(b, i, when);
    for (size_t i = size <= SMALL ? size : size - EDGE; i < size; i++)
        check_byte(b, i, when);
    atomic_fetch_add_explicit(&books.checks, 1, memory_order_relaxed);
}

static void check_zeros(const struct block *b)
{
    for (size_t i = 0; i < b->size; i++)
        if (b->at[i])
            wrong("calloc's memory is not zero", b);
}

/* Where the block lies, and how much there is of it. */
static void check_place(const struct block *b)
{
    if ((uintptr_t)b->at % soak.api->align != 0)
        wrong("misaligned", b);
    if (b->align && (uintptr_t)b->at % b->align != 0)
        wrong("not aligned as asked", b);
    if (soak.api->usable && soak.api->usable(b->at) < b->size)
        wrong("usable size is less than was asked for", b);
}

/* ---- The books. ---- */

/* Room for size bytes more? Then they count as live. */
static bool book(size_t size)
{
    size_t live = atomic_fetch_add(&books.live, size) + size;
    size_t peak = books.peak;

    if (live > soak.live) {
        atomic_fetch_sub(&books.live, size);
        return false;
    }
    while (live > peak &&
           !atomic_compare_exchange_weak(&books.peak, &peak, live))
        ;
    return true;
}

static void unbook(size_t size)
{
    atomic_fetch_sub(&books.live, size);
}

/* A request was refused. Its bytes are not live. */
static void refuse(size_t size, const struct block *b)
{
    if (!soak.api->may_refuse)
        wrong("no memory", b);
    unbook(size);
    books.refused++;
}

/* ---- What is done with blocks. ---- */

static void *request(struct seat *s, struct block *b)
{
    const struct soak_api *api = soak.api;
    size_t chance = below(s, 100);

    if (api->zeroed && chance < 15) {
        b->at = api->zeroed(1, b->size);
        if (b->at)
            check_zeros(b);
        return b->at;
    }
    if (api->aligned && chance < 25) {
        b->align = (size_t)16 << below(s, 9);
        return b->at = api->aligned(b->align, b->size);
    }
    return b->at = api->allocate(b->size);
}

static void make(struct seat *s, struct block *b)
{
    *b = (struct block){.size = draw_size(s), .number = ++numbers};
    if (!book(b->size))
        return;
    if (!request(s, b)) {
        refuse(b->size, b);
        return;
    }
    books.allocated++;
    check_place(b);
    write_contents(b);
}

static void drop(struct block *b)
{
    check_contents(b, b->size, "before it is freed");
    unbook(b->size);
    books.freed++;
    soak.api->release(b->at);
    b->at = NULL;
}

static void resize(struct seat *s, struct block *b)
{
    struct block new = {.size = draw_size(s), .number = b->number};

    check_contents(b, b->size, "before realloc");
    if (!soak.api->resize || !book(new.size))
        return;
    new.at = soak.api->resize(b->at, new.size);
    if (!new.at) {
        refuse(new.size, b);
        return;
    }
    unbook(b->size);
    check_place(&new);
    check_contents(&new, b->size < new.size ? b->size : new.size,
                   "after realloc");
    new.number = ++numbers;
    write_contents(&new);
    *b = new;
    books.moved++;
}

/* ---- From hand to hand. ---- */

static bool basket_put(struct basket *to, const struct block *b)
{
    pthread_mutex_lock(&to->lock);
    bool fits = to->count < BASKET;
    if (fits)
        to->block[(to->first + to->count++) % BASKET] = *b;
    pthread_mutex_unlock(&to->lock);
    return fits;
}

static bool basket_take(struct basket *from, struct block *b)
{
    pthread_mutex_lock(&from->lock);
    bool any = from->count > 0;
    if (any) {
        *b = from->block[from->first];
        from->first = (from->first + 1) % BASKET;
        from->count--;
    }
    pthread_mutex_unlock(&from->lock);
    return any;
}

static void hand_over(struct seat *s, struct block *b)
{
    struct seat *other = &seats[below(s, (size_t)soak.threads)];

    check_contents(b, b->size, "before it is handed over");
    if (!basket_put(&other->basket, b))
        return;
    books.handed++;
    b->at = NULL;
    if (basket_take(&s->basket, b))
        check_contents(b, b->size, "after it was handed over");
}

static void step(struct seat *s)
{
    struct block *b = &s->shelf[below(s, SHELF)];
    size_t chance = below(s, 100);

    if (!b->at)
        make(s, b);
    else if (chance < 45)
        drop(b);
    else if (chance < 70)
        resize(s, b);
    else if (chance < 95)
        hand_over(s, b);
    else
        check_contents(b, b->size, "at rest");
}

/* ---- Threads. ---- */

static void *work_a_shift(void *seat)
{
    struct seat *s = seat;

    here = s;
    for (int i = 0; i < SHIFT && !over; i++) {
        step(s);
        atomic_fetch_add_explicit(&s->steps, 1, memory_order_relaxed);
    }
    return NULL;
}

/* One thread after the other, in the same seat. */
static void *fill_a_seat(void *seat)
{
    struct seat *s = seat;

    while (!over) {
        if (pthread_create(&s->shift, NULL, work_a_shift, s) != 0)
            abort();
        pthread_join(s->shift, NULL);
    }
    return NULL;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t all_steps(void)
{
    uint64_t steps = 0;

    for (int i = 0; i < soak.threads; i++)
        steps += seats[i].steps;
    return steps;
}

static void show_progress(double elapsed)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rsoak: %.0f of %.0f s, %llu operations\033[K",
                elapsed, soak.seconds, (unsigned long long)all_steps());
}

/* Until the time is over; a lock that is never given back ends it too. */
static void watch(double start)
{
    uint64_t steps = 0;
    double moved = start;

    while (!over && now() < start + soak.seconds) {
        struct timespec pause = {0, 20000000};
        nanosleep(&pause, NULL);
        if (all_steps() != steps)
            moved = now();
        steps = all_steps();
        if (now() - moved > STUCK)
            wrong("no thread gets on", NULL);
        if ((long)(now() - start) % 2 == 0)
            show_progress(now() - start);
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    over = true;
}

static void run_threads(double start)
{
    pthread_t thread[MOST_THREADS];

    for (int i = 0; i < soak.threads; i++) {
        seats[i].number = i + 1;
        seats[i].random = soak.seed * 1000003 + (uint64_t)i;
        pthread_mutex_init(&seats[i].basket.lock, NULL);
    }
    for (int i = 0; i < soak.threads; i++)
        if (pthread_create(&thread[i], NULL, fill_a_seat, &seats[i]) != 0)
            abort();
    watch(start);
    for (int i = 0; i < soak.threads; i++)
        pthread_join(thread[i], NULL);
}

/* ---- The end. ---- */

static void free_all(void)
{
    struct block b;

    for (int i = 0; i < soak.threads; i++) {
        for (int j = 0; j < SHELF; j++)
            if (seats[i].shelf[j].at)
                drop(&seats[i].shelf[j]);
        while (basket_take(&seats[i].basket, &b))
            drop(&b);
    }
}

static void balance(void)
{
    const char *fault = soak.api->end ? soak.api->end() : NULL;

    if (books.allocated != books.freed || books.live != 0)
        wrong("not all that was allocated was freed", NULL);
    if (fault)
        wrong(fault, NULL);
}

static void report(double elapsed)
{
    printf("%s: %llu operations in %.1f s by %d threads: %llu allocated, "
           "%llu freed, %llu resized, %llu handed over",
           soak.api->name, (unsigned long long)all_steps(), elapsed,
           soak.threads, (unsigned long long)books.allocated,
           (unsigned long long)books.freed, (unsigned long long)books.moved,
           (unsigned long long)books.handed);
    if (soak.api->may_refuse)
        printf(", %llu refused", (unsigned long long)books.refused);
    printf("; peak %.1f MiB, 0 bytes lost; %llu checks, 0 wrong\n",
           (double)books.peak / (1 << 20), (unsigned long long)books.checks);
}

/* ---- Options. ---- */

static _Noreturn void refuse_options(const char *what)
{
    fprintf(stderr, "soak: %s\n", what);
    exit(2);
}

static void list_apis(void)
{
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        if (apis[i])
            puts(apis[i]->name);
    exit(0);
}

static const struct soak_api *api_named(const char *name)
{
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++)
        if (apis[i] && strcmp(apis[i]->name, name) == 0)
            return apis[i];
    refuse_options("no such api; --api list names them");
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (*end || end == text || !(value >= least && value <= most))
        refuse_options("an option's number is out of range");
    return value;
}

static void take_option(int letter)
{
    if (letter == 't')
        soak.threads = (int)number(optarg, 1, MOST_THREADS);
    else if (letter == 's')
        soak.seconds = number(optarg, 0, 1e7);
    else if (letter == 'r')
        soak.seed = (uint64_t)number(optarg, 0, 1e15);
    else if (letter == 'l')
        soak.live = (size_t)number(optarg, 1, 1 << 20) << 20;
    else if (letter == 'a' && strcmp(optarg, "list") == 0)
        list_apis();
    else if (letter == 'a')
        soak.api = api_named(optarg);
    else
        refuse_options("usage: soak [--threads N] [--seconds N] [--seed N] "
                       "[--live MIB] [--api NAME]");
}

static void take_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"threads", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'r'},
        {"live", required_argument, NULL, 'l'},
        {"api", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0}};
    int letter;

    opterr = 0;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1)
        take_option(letter);
    if (optind < argc)
        take_option('?');
}

int main(int argc, char **argv)
{
    take_options(argc, argv);
    if (soak.api->begin && !soak.api->begin(soak.live))
        refuse_options("the allocator does not start");
    catch_signals();
    double start = now();
    run_threads(start);
    free_all();
    balance();
    report(now() - start);
    return interrupted ? 130 : 0;
}
