/*
 * process_test.c - the malloc family in a real process.
 *
 * Calls in threads, children of fork and signal handlers; before main, after
 * exit, in libraries that are loaded and unloaded, and in the C library itself.
 * Like family_test.c it links no malloc.
 */
#define _GNU_SOURCE
#include "family.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* ---- Blocks that say what is in them. ---- */

struct parcel {
    size_t size; /* of bytes */
    unsigned seed;
    unsigned char bytes[];
};

static struct parcel *parcel_fill(struct parcel *p, size_t size, unsigned seed)
{
    CHECK(p && at_multiple(p, 16));
    p->size = size;
    p->seed = seed;
    fill(p->bytes, size, seed);
    return p;
}

static struct parcel *parcel_new(size_t size, unsigned seed)
{
    return parcel_fill(malloc(sizeof(struct parcel) + size), size, seed);
}

static struct parcel *parcel_resize(struct parcel *p, size_t size)
{
    size_t kept = p->size < size ? p->size : size;
    unsigned seed = p->seed;

    p = realloc(p, sizeof *p + size);
    CHECK(p && p->seed == seed && holds(p->bytes, kept, seed));
    return parcel_fill(p, size, seed);
}

static void parcel_delete(struct parcel *p)
{
    if (!p)
        return;
    CHECK(holds(p->bytes, p->size, p->seed));
    free(p);
}

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t random_size(unsigned *state)
{
    return next_random(state) % (next_random(state) % 64 ? 500 : 20000);
}

/* ---- Threads. ---- */

enum { THREADS = 8, DESK = 32, ROUNDS = 3000, GUESTS = 1000 };

/* Where a thread puts a block, another takes it. */
static _Atomic(struct parcel *) desk[DESK];

static void *deal(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;

    for (int i = 0; i < ROUNDS; i++) {
        struct parcel *mine = parcel_new(random_size(&state), state);
        struct parcel *theirs =
            atomic_exchange(&desk[next_random(&state) % DESK], mine);
        if (theirs && i % 3 == 0)
            theirs = parcel_resize(theirs, random_size(&state));
        parcel_delete(theirs);
    }
    return NULL;
}

static void clear_desk(void)
{
    for (int i = 0; i < DESK; i++)
        parcel_delete(atomic_exchange(&desk[i], NULL));
}

static void threads_share_blocks(void)
{
    pthread_t thread[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, deal, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    clear_desk();
}

static pthread_key_t farewell;

/* When a thread has ended but for this. */
static void say_farewell(void *parcel)
{
    free(touched(malloc(100)));
    parcel_delete(parcel);
}

/* Leaves its block on the desk and takes what one before it left there. */
static void *visit(void *number)
{
    unsigned n = (unsigned)(uintptr_t)number;

    CHECK(pthread_setspecific(farewell, parcel_new(50, n)) == 0);
    parcel_delete(atomic_exchange(&desk[n % 8], parcel_new(200, n)));
    parcel_delete(atomic_exchange(&desk[8 + n % 8], parcel_new(3000, n)));
    return NULL;
}

static void blocks_outlive_their_threads(void)
{
    pthread_t guest[GUESTS];

    CHECK(pthread_key_create(&farewell, say_farewell) == 0);
    for (uintptr_t i = 0; i < GUESTS; i++) {
        CHECK(pthread_create(&guest[i], NULL, visit, (void *)i) == 0);
        if (i >= 4)
            pthread_join(guest[i - 4], NULL);
    }
    for (int i = GUESTS - 4; i < GUESTS; i++)
        pthread_join(guest[i], NULL);
    clear_desk();
}

/* ---- Forks. ---- */

enum { FORKS = 24, ROUNDS_A_FORK = 300 };

static atomic_bool over;
static atomic_int forks;

/* So much for each fork: some allocators never use memory again. */
static void *bustle(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;

    for (int i = 0; !over; i++) {
        while (i > forks * ROUNDS_A_FORK && !over)
            sched_yield();
        struct parcel *p = parcel_new(random_size(&state) % 100, state);
        parcel_delete(parcel_resize(p, random_size(&state) % 200));
    }
    return NULL;
}

static void use_malloc(void)
{
    struct parcel *p[50];

    for (unsigned i = 0; i < 50; i++)
        p[i] = parcel_new(i * 20, i);
    for (unsigned i = 0; i < 50; i++)
        parcel_delete(parcel_resize(p[i], i * 30));
}

static bool child_is_well(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        alarm(check_seconds());
        use_malloc();
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void forks_while_others_allocate(void)
{
    pthread_t thread[4];

    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, bustle, (void *)i) == 0);
    for (forks = 1; forks <= FORKS; forks++)
        CHECK(child_is_well());
    over = true;
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
}

/* The child's blocks and its parent's are two. */
static void parent_and_child_go_their_ways(void)
{
    struct parcel *p = parcel_new(5000, 1);
    int status;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        use_malloc();
        parcel_delete(parcel_resize(p, 9000));
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    use_malloc();
    parcel_delete(p);
}

/* ---- Before main. ---- */

enum { FIRST = 1000, EARLY = 70000 };

static struct parcel *first_block, *early_block;
static atomic_bool handlers_allocate;
static void (*_Atomic prepare)(void); /* what one test does before a fork */

static void allocate_at_fork(void)
{
    if (handlers_allocate)
        use_malloc();
}

static void prepare_fork(void)
{
    allocate_at_fork();
    if (prepare)
        prepare();
}

static void allocate_in_child(void)
{
    if (handlers_allocate)
        alarm(check_seconds());
    allocate_at_fork();
}

/* Before any library's constructor, that of a preloaded malloc too. */
static void before_all(void)
{
    first_block = malloc(sizeof *first_block + FIRST);
    pthread_atfork(prepare_fork, allocate_at_fork, allocate_in_child);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const first)(void) = before_all;

__attribute__((constructor(101))) static void early(void)
{
    early_block = malloc(sizeof *early_block + EARLY);
}

static void serves_before_main(void)
{
    parcel_fill(first_block, FIRST, 1);
    parcel_fill(early_block, EARLY, 2);
    parcel_delete(parcel_resize(first_block, 20000));
    parcel_delete(parcel_resize(early_block, 100));
}

static void *wait_for_the_end(void *unused)
{
    while (!over)
        usleep(1000);
    return unused;
}

/* Also those that were set before a malloc's own. */
static void fork_handlers_may_allocate(void)
{
    pthread_t thread;

    needs("atfork");
    handlers_allocate = true;
    CHECK(child_is_well());
    CHECK(pthread_create(&thread, NULL, wait_for_the_end, NULL) == 0);
    for (int i = 0; i < 10; i++)
        CHECK(child_is_well());
    over = true;
    pthread_join(thread, NULL);
    handlers_allocate = false;
}

/* ---- Handlers of fork that wait for what needs memory. ---- */

static pthread_mutex_t others = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool holding, begun; /* the mutex; a fork */
static pthread_t worker;

/* Too large for the cache of a thread. */
static void use_memory_once_begun(void)
{
    holding = true;
    while (!begun)
        sched_yield();
    parcel_delete(parcel_new(100000, 1));
}

static void *hold_mutex(void *unused)
{
    pthread_mutex_lock(&others);
    use_memory_once_begun();
    pthread_mutex_unlock(&others);
    return unused;
}

static void wait_for_mutex(void)
{
    begun = true;
    pthread_mutex_lock(&others);
    pthread_mutex_unlock(&others);
}

static void *work(void *unused)
{
    use_memory_once_begun();
    return unused;
}

static void wait_for_worker(void)
{
    begun = true;
    pthread_join(worker, NULL);
}

static void begin(void)
{
    begun = true;
}

/* Fork while another thread, in the midst of `run`, is about to allocate. */
static void fork_beside(void *(*run)(void *), void (*at_fork)(void))
{
    holding = begun = false;
    CHECK(pthread_create(&worker, NULL, run, NULL) == 0);
    while (!holding)
        sched_yield();
    prepare = at_fork;
    CHECK(child_is_well());
    prepare = NULL;
}

static void fork_handlers_may_wait(void)
{
    needs("atfork");
    fork_beside(hold_mutex, wait_for_mutex);
    pthread_join(worker, NULL);
    fork_beside(work, wait_for_worker);
}

static ssize_t write_slowly(void *unused, const char *text, size_t size)
{
    (void)unused, (void)text;
    use_memory_once_begun();
    return (ssize_t)size;
}

/* The C library holds the lock of its list of streams meanwhile. */
static void *flush_all_streams(void *unused)
{
    fflush(NULL);
    return unused;
}

static void forks_while_streams_are_flushed(void)
{
    FILE *file =
        fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_slowly});

    needs("atfork");
    CHECK(file && fputs("text", file) >= 0);
    fork_beside(flush_all_streams, begin);
    pthread_join(worker, NULL);
}

/* ---- After exit. ---- */

enum { NOWHERE, IN_HANDLER, IN_DESTRUCTOR };

static int leave_from;

static void leave_here(int where)
{
    if (leave_from != where)
        return;
    use_malloc();
    _exit(40 + where);
}

static void leave_handler(void)
{
    leave_here(IN_HANDLER);
}

__attribute__((destructor(101))) static void leave_last(void)
{
    leave_here(IN_DESTRUCTOR);
}

static int exit_status(int where)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        alarm(check_seconds());
        atexit(leave_handler);
        leave_from = where;
        exit(0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void serves_after_exit(void)
{
    CHECK(exit_status(IN_HANDLER) == 40 + IN_HANDLER);
    CHECK(exit_status(IN_DESTRUCTOR) == 40 + IN_DESTRUCTOR);
}

/* ---- Libraries, and the C library. ---- */

/* plugin.so, beside this program. */
static const char *plugin_path(void)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 20);

    CHECK(length > 0);
    strcpy(strrchr(path, '/'), "/plugin.so");
    return path;
}

static void libraries_come_and_go(void)
{
    for (int i = 0; i < 50; i++) {
        void *library = dlopen(plugin_path(), RTLD_NOW);
        CHECK(library);
        bool (*sound)(void) = (bool (*)(void))dlsym(library, "plugin_sound");
        CHECK(sound && sound());
        CHECK(dlclose(library) == 0);
        free(touched(malloc((size_t)i * 100)));
    }
}

static int compare(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return (x > y) - (x < y);
}

static void sorts(void)
{
    enum { COUNT = 50000 };
    unsigned *number = malloc(COUNT * sizeof *number), state = 1;

    CHECK(number);
    for (int i = 0; i < COUNT; i++)
        number[i] = next_random(&state);
    qsort(number, COUNT, sizeof *number, compare);
    for (int i = 1; i < COUNT; i++)
        CHECK(number[i - 1] <= number[i]);
    free(number);
}

static void prints_and_reads_long_lines(void)
{
    FILE *file = tmpfile();
    char *line = NULL, *text;
    size_t size = 0;

    CHECK(file);
    for (int width = 1; width < 300000; width *= 7) {
        rewind(file);
        CHECK(asprintf(&text, "%*d", width, 7) == width);
        CHECK(fprintf(file, "%s%.*f\n", text, width, 0.5) > 2 * width);
        rewind(file);
        CHECK(getline(&line, &size, file) > 2 * width);
        CHECK(memcmp(line, text, (size_t)width) == 0);
        free(text);
    }
    free(line);
    fclose(file);
}

static void writes_into_memory(void)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    CHECK(stream);
    for (int i = 0; i < 20000; i++)
        fprintf(stream, "%d ", i);
    CHECK(fclose(stream) == 0);
    CHECK(strlen(text) == size && strstr(text, " 19999 "));
    free(text);
}

static void lists_directories(void)
{
    DIR *open[20];

    for (int i = 0; i < 20; i++)
        CHECK((open[i] = opendir("/")) && readdir(open[i]));
    for (int i = 0; i < 20; i++)
        CHECK(closedir(open[i]) == 0);
}

static void keeps_an_environment(void)
{
    char name[20], *value;

    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "V%d", i);
        CHECK(asprintf(&value, "%*d", i, 7) > 0);
        CHECK(setenv(name, value, 1) == 0);
        CHECK(strcmp(getenv(name), value) == 0);
        free(value);
    }
}

/* ---- Signals. ---- */

static atomic_int signals, denied;
static _Atomic(struct parcel *) left; /* by a handler */
static timer_t timer;
static long pause_ns; /* between a handler's end and the next signal */

/* A handler does so as it ends: however long it takes, what it interrupts goes
 * on before the next signal. */
static void signal_soon(void)
{
    const struct itimerspec soon = {{0, 0}, {0, pause_ns}};

    timer_settime(timer, 0, &soon, NULL);
}

static void on_signal(int number)
{
    int error = errno;
    struct parcel *old = NULL, *new = malloc(sizeof *new + 24);

    (void)number;
    if (!new)
        denied++;
    else if (!atomic_compare_exchange_strong(&left, &old,
                                             parcel_fill(new, 24, 5)))
        free(new);
    signals++;
    signal_soon();
    errno = error;
}

static void start_signals(void (*handler)(int), long nanoseconds)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};

    pause_ns = nanoseconds;
    CHECK(signal(SIGUSR1, handler) != SIG_ERR);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    signal_soon();
}

/* A malloc in the handler of a signal that came in the midst of malloc. */
static void bustle_under_signals(void)
{
    unsigned state = 1;

    start_signals(on_signal, 20000);
    for (signals = 0; signals < 2000;) {
        struct parcel *p = parcel_new(random_size(&state) % 300, state);
        parcel_delete(parcel_resize(p, random_size(&state) % 300));
        p = atomic_exchange(&left, NULL);
        if (p && signals % 2)
            p = parcel_resize(p, 100);
        parcel_delete(p);
    }
    timer_delete(timer);
    CHECK(denied == 0);
}

static void serves_signal_handlers(void)
{
    pthread_t thread;

    needs("signals");
    bustle_under_signals();
    CHECK(pthread_create(&thread, NULL, wait_for_the_end, NULL) == 0);
    bustle_under_signals();
    over = true;
    pthread_join(thread, NULL);
}

/* A thread whose caches are full as it ends, while signals come. */
static void *fill_caches(void *set)
{
    enum { COUNT = 4000 };
    void *block[COUNT];

    pthread_sigmask(SIG_UNBLOCK, set, NULL);
    for (size_t i = 0; i < COUNT; i++)
        block[i] = malloc(16 + i % 1000);
    for (size_t i = 0; i < COUNT; i++)
        free(block[i]);
    return set;
}

static void ending_threads_serve_signal_handlers(void)
{
    pthread_t thread;
    sigset_t set;

    needs("signals");
    start_signals(on_signal, 100000);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 40; i++) {
        CHECK(pthread_create(&thread, NULL, fill_caches, &set) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    timer_delete(timer);
}

enum { HANDLER_FORKS = 60 };

static struct parcel *of_handler[HANDLER_FORKS];
static atomic_int of_handlers, ill_children;
static atomic_bool in_child; /* one that has left its handler */

static void on_signal_fork(int number)
{
    int error = errno, status = 1, n = of_handlers;
    pid_t child = n < HANDLER_FORKS ? fork() : -1;

    (void)number;
    if (n == HANDLER_FORKS)
        return;
    if (child == 0) {
        alarm(check_seconds());
        use_malloc();
        in_child = true;
        of_handlers = HANDLER_FORKS;
        if (n % 2 == 0)
            _exit(0);
        return;
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        ill_children++;
    struct parcel *p = malloc(sizeof *p + 24);
    of_handler[n] = p ? parcel_fill(p, 24, (unsigned)n) : NULL;
    of_handlers++;
    forks++;
    signal_soon();
    errno = error;
}

/* Use malloc, and fork too if that is asked for, while handlers fork. */
static void bustle_under_forks(bool with_forks)
{
    unsigned state = 1;

    of_handlers = 0;
    start_signals(on_signal_fork, 1000000);
    for (int i = 1; of_handlers < HANDLER_FORKS; i++) {
        struct parcel *p = parcel_new(random_size(&state) % 300, state);
        parcel_delete(parcel_resize(p, random_size(&state) % 300));
        if (with_forks && i % 1000 == 0)
            CHECK(child_is_well() || in_child);
    }
    if (in_child)
        _exit(0);
    timer_delete(timer);
    CHECK(ill_children == 0);
    for (int i = 0; i < HANDLER_FORKS; i++)
        parcel_delete(of_handler[i]);
}

static void signal_handlers_may_fork(void)
{
    pthread_t thread;
    sigset_t set;

    needs("signals");
    bustle_under_forks(true);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    forks = 1;
    CHECK(pthread_create(&thread, NULL, bustle, NULL) == 0);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    bustle_under_forks(false);
    over = true;
    pthread_join(thread, NULL);
}

/*
 * In each round the main thread forks. In its handler of fork it has a mutex,
 * and sends a signal to a thread that uses malloc. The handler of that forks
 * too, and waits for the mutex.
 */
enum { FORKS_AT_ONCE = 20 };

static pthread_t forker;

static void hold_others_and_signal(void)
{
    pthread_mutex_lock(&others);
    if (!pthread_equal(pthread_self(), forker))
        return;
    begun = false;
    CHECK(pthread_kill(worker, SIGUSR1) == 0);
    while (!begun)
        sched_yield();
}

static void give_others(void)
{
    pthread_mutex_unlock(&others);
}

static void fork_at_signal(int number)
{
    int error = errno;

    (void)number;
    begun = true;
    if (!child_is_well())
        ill_children++;
    of_handlers++;
    errno = error;
}

static void *bustle_without_caches(void *unused)
{
    for (size_t size = 2000; !over; size = 10000 - size)
        free(touched(realloc(malloc(size), 10000 - size)));
    return unused;
}

static void threads_and_signal_handlers_fork_at_once(void)
{
    needs("signals");
    needs("atfork");
    forker = pthread_self();
    CHECK(signal(SIGUSR1, fork_at_signal) != SIG_ERR);
    CHECK(pthread_create(&worker, NULL, bustle_without_caches, NULL) == 0);
    CHECK(pthread_atfork(hold_others_and_signal, give_others, give_others) ==
          0);
    for (int i = 0; i < FORKS_AT_ONCE; i++) {
        CHECK(child_is_well());
        while (of_handlers <= i)
            sched_yield();
    }
    over = true;
    pthread_join(worker, NULL);
    CHECK(ill_children == 0);
}

static const struct test tests[] = {
    {"threads-share-blocks", threads_share_blocks},
    {"blocks-outlive-their-threads", blocks_outlive_their_threads},
    {"forks-while-others-allocate", forks_while_others_allocate},
    {"parent-and-child-go-their-ways", parent_and_child_go_their_ways},
    {"fork-handlers-may-allocate", fork_handlers_may_allocate},
    {"fork-handlers-may-wait", fork_handlers_may_wait},
    {"forks-while-streams-are-flushed", forks_while_streams_are_flushed},
    {"serves-before-main", serves_before_main},
    {"serves-after-exit", serves_after_exit},
    {"libraries-come-and-go", libraries_come_and_go},
    {"sorts", sorts},
    {"prints-and-reads-long-lines", prints_and_reads_long_lines},
    {"writes-into-memory", writes_into_memory},
    {"lists-directories", lists_directories},
    {"keeps-an-environment", keeps_an_environment},
    {"serves-signal-handlers", serves_signal_handlers},
    {"ending-threads-serve-signal-handlers",
     ending_threads_serve_signal_handlers},
    {"signal-handlers-may-fork", signal_handlers_may_fork},
    {"threads-and-signal-handlers-fork-at-once",
     threads_and_signal_handlers_fork_at_once},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
