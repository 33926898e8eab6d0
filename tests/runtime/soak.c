/*
 * soak.c - use an allocator from many threads for a given time.
 *
 *     soak [--threads N] [--seconds N] [--seed N] [--live MIB] [--api NAME]
 *          [--signals N] [--forks N]
 *
 * Each worker has a table of blocks and a queue. In each step it takes a random
 * entry of its table. If the entry is empty, it allocates a block; else it
 * frees, resizes or checks the block, or moves it to another worker's queue and
 * takes a block from its own queue. So threads free blocks that others
 * allocated. A thread ends after STEPS_PER_THREAD, and a new one continues for
 * the worker.
 *
 * A block's contents are computed from its number, and checked before each
 * change. That finds overlaps, lost bytes, calloc's memory that is not zero,
 * and writes to blocks in use. At the end all blocks are freed, and the totals
 * of allocated and freed blocks must be equal.
 *
 * --signals and --forks are numbers per second, 0 if not given. A signal comes
 * to any thread, whose handler allocates, and at times forks; a forked child
 * allocates too. A handler may be refused memory (docs/processes.md).
 *
 * The soak's own memory is static, so that it does not depend on the allocator.
 * Exit status: 0; 1 after the first fault, with one line about it; 2 for wrong
 * options; 130 after SIGINT, after which all blocks are still freed.
 */
#define _GNU_SOURCE
#include "soak.h"

#include <errno.h>
#include <getopt.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_THREADS = 64,
    TABLE_SIZE = 512,
    QUEUE_SIZE = 64,
    STEPS_PER_THREAD = 200000,
    SMALL = 512,        /* up to this size, all bytes of a block are checked; */
    EDGE = 64,          /* else so many bytes at both ends, */
    STRIDE = 61,        /* and each STRIDE-th byte between them */
    STUCK_SECONDS = 60, /* a fault if no thread makes a step for so long */
    SIGNALS_PER_FORK = 64, /* a handler forks at every so many signals */
};

struct block {
    unsigned char *at; /* NULL: no block */
    size_t size, align;
    uint64_t number;
};

struct queue {
    pthread_mutex_t lock;
    struct block block[QUEUE_SIZE];
    int first, count;
};

struct worker {
    struct block table[TABLE_SIZE];
    struct queue queue;
    uint64_t random;
    pthread_t thread;
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
    double signals, forks; /* per second */
} soak = {&libc_family, 8, 600, 1, (size_t)64 << 20, 0, 0};

static struct {
    _Atomic uint64_t allocated, freed, moved, handed, refused, checks;
    _Atomic uint64_t signals, forks;
    _Atomic size_t live, peak;
} totals;

static struct worker workers[MAX_THREADS];
static _Atomic uint64_t numbers;
static atomic_bool over, interrupted;
static __thread const struct worker *this_worker;

/* ---- Faults. ---- */

/* The first thread that finds a fault prints it; b: the block, or NULL. */
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
                          what, where, this_worker ? this_worker->number : 0);
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

static uint64_t draw(struct worker *s)
{
    s->random += 0x9e3779b97f4a7c15u;
    uint64_t x = s->random;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static size_t below(struct worker *s, size_t bound)
{
    return (size_t)(draw(s) % bound);
}

/* A random size below a random power of two: mostly small, seldom large. */
static size_t draw_size(struct worker *s)
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

/* Check the first size bytes, or a choice of them if there are many. */
static void check_contents(const struct block *b, size_t size, const char *when)
{
    size_t head = size <= SMALL ? size : EDGE;

    for (size_t i = 0; i < head; i++)
        check_byte(b, i, when);
    for (size_t i = head + b->number % STRIDE; i < size; i += STRIDE)
        check_byte(b, i, when);
    for (size_t i = size <= SMALL ? size : size - EDGE; i < size; i++)
        check_byte(b, i, when);
    atomic_fetch_add_explicit(&totals.checks, 1, memory_order_relaxed);
}

static void check_zeros(const struct block *b)
{
    for (size_t i = 0; i < b->size; i++)
        if (b->at[i])
            wrong("calloc's memory is not zero", b);
}

/* Check alignment and usable size. */
static void check_place(const struct block *b)
{
    if ((uintptr_t)b->at % soak.api->align != 0)
        wrong("misaligned", b);
    if (b->align && (uintptr_t)b->at % b->align != 0)
        wrong("not aligned as asked", b);
    if (soak.api->usable && soak.api->usable(b->at) < b->size)
        wrong("usable size is less than was asked for", b);
}

/* ---- Totals. ---- */

/* Count size more bytes as live; false if that exceeds --live. */
static bool add_live(size_t size)
{
    size_t live = atomic_fetch_add(&totals.live, size) + size;
    size_t peak = totals.peak;

    if (live > soak.live) {
        atomic_fetch_sub(&totals.live, size);
        return false;
    }
    while (live > peak &&
           !atomic_compare_exchange_weak(&totals.peak, &peak, live))
        ;
    return true;
}

static void subtract_live(size_t size)
{
    atomic_fetch_sub(&totals.live, size);
}

/* Count a refused request; its bytes are not live. */
static void refuse(size_t size, const struct block *b)
{
    if (!soak.api->may_refuse)
        wrong("no memory", b);
    subtract_live(size);
    totals.refused++;
}

/* ---- Allocate, free, resize. ---- */

static void *request(struct worker *s, struct block *b)
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

static void make(struct worker *s, struct block *b)
{
    *b = (struct block){.size = draw_size(s), .number = ++numbers};
    if (!add_live(b->size))
        return;
    if (!request(s, b)) {
        refuse(b->size, b);
        return;
    }
    totals.allocated++;
    check_place(b);
    write_contents(b);
}

static void drop(struct block *b)
{
    check_contents(b, b->size, "before it is freed");
    subtract_live(b->size);
    totals.freed++;
    soak.api->release(b->at);
    b->at = NULL;
}

static void resize(struct worker *s, struct block *b)
{
    struct block new = {.size = draw_size(s), .number = b->number};

    check_contents(b, b->size, "before realloc");
    if (!soak.api->resize || !add_live(new.size))
        return;
    new.at = soak.api->resize(b->at, new.size);
    if (!new.at) {
        refuse(new.size, b);
        return;
    }
    subtract_live(b->size);
    check_place(&new);
    check_contents(&new, b->size < new.size ? b->size : new.size,
                   "after realloc");
    new.number = ++numbers;
    write_contents(&new);
    *b = new;
    totals.moved++;
}

/* ---- Hand blocks to other threads. ---- */

static bool queue_put(struct queue *to, const struct block *b)
{
    pthread_mutex_lock(&to->lock);
    bool fits = to->count < QUEUE_SIZE;
    if (fits)
        to->block[(to->first + to->count++) % QUEUE_SIZE] = *b;
    pthread_mutex_unlock(&to->lock);
    return fits;
}

static bool queue_take(struct queue *from, struct block *b)
{
    pthread_mutex_lock(&from->lock);
    bool any = from->count > 0;
    if (any) {
        *b = from->block[from->first];
        from->first = (from->first + 1) % QUEUE_SIZE;
        from->count--;
    }
    pthread_mutex_unlock(&from->lock);
    return any;
}

static void hand_over(struct worker *s, struct block *b)
{
    struct worker *other = &workers[below(s, (size_t)soak.threads)];

    check_contents(b, b->size, "before it is handed over");
    if (!queue_put(&other->queue, b))
        return;
    totals.handed++;
    b->at = NULL;
    if (queue_take(&s->queue, b))
        check_contents(b, b->size, "after it was handed over");
}

static void step(struct worker *s)
{
    struct block *b = &s->table[below(s, TABLE_SIZE)];
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

/* ---- Forks and signals. ---- */

/* Blocks of a forked child, or of a handler: used at once, and not counted. */
static void use_blocks(int count, bool may_be_refused)
{
    struct block b[32] = {{NULL, 0, 0, 0}};

    for (int i = 0; i < count; i++) {
        b[i].size = (size_t)(40 * i + 24);
        b[i].number = ++numbers;
        b[i].at = soak.api->allocate(b[i].size);
        if (b[i].at)
            write_contents(&b[i]);
        else if (!may_be_refused && !soak.api->may_refuse)
            wrong("no memory", &b[i]);
    }
    for (int i = 0; i < count; i++)
        if (b[i].at) {
            check_contents(&b[i], b[i].size, "in a child or a handler");
            soak.api->release(b[i].at);
        }
}

static void fork_and_wait(bool in_handler)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0) {
        alarm(STUCK_SECONDS);
        use_blocks(32, in_handler);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        wrong("a forked child fails", NULL);
    totals.forks++;
}

/*
 * Before 2.36 the C library holds a lock while handlers of fork run, and one
 * that forks in a signal's handler may wait for it for ever.
 */
static bool handlers_may_fork(void)
{
    return soak.forks > 0 && strverscmp(gnu_get_libc_version(), "2.36") >= 0;
}

static void on_signal(int number)
{
    int error = errno;

    (void)number;
    use_blocks(4, true);
    if (++totals.signals % SIGNALS_PER_FORK == 0 && handlers_may_fork())
        fork_and_wait(true);
    errno = error;
}

/* Signals come to threads that make steps: the others block them. */
static void admit_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(how, &set, NULL);
}

static struct itimerspec every(double per_second)
{
    double seconds = 1 / per_second;
    time_t whole = (time_t)seconds;
    struct timespec period = {whole, (long)((seconds - (double)whole) * 1e9)};

    return (struct itimerspec){period, period};
}

static void start_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};
    struct itimerspec period = every(soak.signals);
    timer_t timer;

    admit_signals(SIG_BLOCK);
    sigaction(SIGUSR1, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &period, NULL) != 0)
        abort();
}

static void *run_forks(void *unused)
{
    struct timespec pause = every(soak.forks).it_value;

    while (!over) {
        nanosleep(&pause, NULL);
        fork_and_wait(false);
    }
    return unused;
}

/* ---- Threads. ---- */

static void *run_steps(void *worker)
{
    struct worker *s = worker;

    this_worker = s;
    admit_signals(SIG_UNBLOCK);
    for (int i = 0; i < STEPS_PER_THREAD && !over; i++) {
        step(s);
        atomic_fetch_add_explicit(&s->steps, 1, memory_order_relaxed);
    }
    return NULL;
}

/* Run one thread after the other for the same worker. */
static void *run_worker(void *worker)
{
    struct worker *s = worker;

    while (!over) {
        if (pthread_create(&s->thread, NULL, run_steps, s) != 0)
            abort();
        pthread_join(s->thread, NULL);
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
        steps += workers[i].steps;
    return steps;
}

static void show_progress(double elapsed)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rsoak: %.0f of %.0f s, %llu operations\033[K",
                elapsed, soak.seconds, (unsigned long long)all_steps());
}

/* Wait for the end of the time; a deadlock ends the program with a fault. */
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
        if (now() - moved > STUCK_SECONDS)
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
    pthread_t thread[MAX_THREADS], forks;

    for (int i = 0; i < soak.threads; i++) {
        workers[i].number = i + 1;
        workers[i].random = soak.seed * 1000003 + (uint64_t)i;
        pthread_mutex_init(&workers[i].queue.lock, NULL);
    }
    if (soak.signals > 0)
        start_signals();
    for (int i = 0; i < soak.threads; i++)
        if (pthread_create(&thread[i], NULL, run_worker, &workers[i]) != 0)
            abort();
    if (soak.forks > 0 && pthread_create(&forks, NULL, run_forks, NULL) != 0)
        abort();
    watch(start);
    for (int i = 0; i < soak.threads; i++)
        pthread_join(thread[i], NULL);
    if (soak.forks > 0)
        pthread_join(forks, NULL);
}

/* ---- The end. ---- */

static void free_all(void)
{
    struct block b;

    for (int i = 0; i < soak.threads; i++) {
        for (int j = 0; j < TABLE_SIZE; j++)
            if (workers[i].table[j].at)
                drop(&workers[i].table[j]);
        while (queue_take(&workers[i].queue, &b))
            drop(&b);
    }
}

static void balance(void)
{
    const char *fault = soak.api->end ? soak.api->end() : NULL;

    if (totals.allocated != totals.freed || totals.live != 0)
        wrong("not all that was allocated was freed", NULL);
    if (fault)
        wrong(fault, NULL);
}

static void report(double elapsed)
{
    printf("%s: %llu operations in %.1f s by %d threads: %llu allocated, "
           "%llu freed, %llu resized, %llu handed over",
           soak.api->name, (unsigned long long)all_steps(), elapsed,
           soak.threads, (unsigned long long)totals.allocated,
           (unsigned long long)totals.freed, (unsigned long long)totals.moved,
           (unsigned long long)totals.handed);
    if (soak.api->may_refuse)
        printf(", %llu refused", (unsigned long long)totals.refused);
    if (soak.signals > 0)
        printf(", %llu signals", (unsigned long long)totals.signals);
    if (soak.forks > 0)
        printf(", %llu forks", (unsigned long long)totals.forks);
    printf("; peak %.1f MiB, 0 bytes lost; %llu checks, 0 wrong\n",
           (double)totals.peak / (1 << 20), (unsigned long long)totals.checks);
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
        soak.threads = (int)number(optarg, 1, MAX_THREADS);
    else if (letter == 's')
        soak.seconds = number(optarg, 0, 1e7);
    else if (letter == 'r')
        soak.seed = (uint64_t)number(optarg, 0, 1e15);
    else if (letter == 'l')
        soak.live = (size_t)number(optarg, 1, 1 << 20) << 20;
    else if (letter == 'g')
        soak.signals = number(optarg, 0, 1e5);
    else if (letter == 'f')
        soak.forks = number(optarg, 0, 1e4);
    else if (letter == 'a' && strcmp(optarg, "list") == 0)
        list_apis();
    else if (letter == 'a')
        soak.api = api_named(optarg);
    else
        refuse_options("usage: soak [--threads N] [--seconds N] [--seed N] "
                       "[--live MIB] [--api NAME] [--signals N] [--forks N]");
}

static void take_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"threads", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'r'},
        {"live", required_argument, NULL, 'l'},
        {"api", required_argument, NULL, 'a'},
        {"signals", required_argument, NULL, 'g'},
        {"forks", required_argument, NULL, 'f'},
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
