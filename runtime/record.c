/*
 * record.c - the recorder: LD_PRELOAD=record.so MALLOC_RECORD=DIR program ...
 *
 * Every call of the malloc family goes on to the C library unchanged, and is
 * logged as one event (a realloc as two) in a file of the process;
 * record.h describes the file and argues why the order of events is sound.
 *
 * To log is to take a slot, with one addition, and to fill 32 bytes of a
 * shared mapping: no lock, no system call, no buffer that a crash would lose.
 * The mapping is far longer than the file; the file grows under it.
 *
 *     session --> +----------------------+        the file's mapping
 *                 | phase, next, growing |        +--------------------+
 *                 | capacity ------------|---.    | header             |
 *                 | header --------------|---|--> | event 0            |
 *                 | path                 |   |    | ...                |
 *                 +----------------------+   '--> | end of the file    |
 *                   zeroed in a forked child      : reserved addresses :
 *
 * The kernel keeps a fork apart: the session's pages are MADV_WIPEONFORK, the
 * mapping is MADV_DONTFORK. A child made by fork, _Fork or clone, with or
 * without atfork handlers, finds a session that has not begun and no mapping
 * to share with its parent, and begins a file of its own. (A vfork child runs
 * in its parent's memory, and rightly logs to its parent's file.)
 *
 *   I1  phase is RUNNING only while header, the mapping and capacity are valid.
 *   I2  The file holds slots 0 .. capacity - 1 at least, so filling one of
 *       these touches pages that exist.
 *   I3  capacity falls only in session_finish, with no second thread about.
 *   I4  ready <= capacity. Slots from there on may be filled as well, but at a
 *       page fault for each page, which costs more than filling it does.
 *
 * Nothing below allocates, and errno is the program's: the slow paths keep it.
 */
#define _GNU_SOURCE
#include "aligned.h"
#include "record.h"
#include "stacks.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <time.h>
#include <unistd.h>

/* ---- The C library's malloc. ---- */

/* The version that its oldest names have. */
#if defined __x86_64__
#define OLDEST "GLIBC_2.2.5"
#elif defined __i386__
#define OLDEST "GLIBC_2.0"
#else
#define OLDEST "GLIBC_2.17"
#endif

static struct {
    void *(*malloc)(size_t size);
    void (*free)(void *ptr);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *ptr, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
} libc;

/*
 * The C library's function. By its inner name, which the program or another
 * malloc may have, too, and so of its version, which these do not have. No
 * allocation: dlvsym needs memory only for an error.
 */
static void *libc_find(const char *name)
{
    void *found = dlvsym(RTLD_NEXT, name, OLDEST);

    if (!found)
        abort();
    return found;
}

/* Called before any use of libc's functions; by several threads, maybe. */
static inline void libc_find_all(void)
{
    if (libc.malloc)
        return;
    libc.free = (void (*)(void *))libc_find("__libc_free");
    libc.calloc = (void *(*)(size_t, size_t))libc_find("__libc_calloc");
    libc.realloc = (void *(*)(void *, size_t))libc_find("__libc_realloc");
    libc.memalign = (void *(*)(size_t, size_t))libc_find("__libc_memalign");
    libc.malloc = (void *(*)(size_t))libc_find("__libc_malloc");
}

/* ---- The session: this process image's recording. ---- */

enum phase {
    IDLE, /* 0: what a new or a wiped session is in */
    STARTING,
    RUNNING,
    STOPPED /* no recording (any more); events that come are lost */
};

struct session {
    _Atomic int phase;
    uint32_t generation;      /* of this process, see thread_number */
    _Atomic uint32_t threads; /* numbered so far, without the main one */
    _Atomic bool growing;     /* a thread is extending the file */
    struct record_header *header;
    struct record_event *events;
    struct stacks *stacks;     /* NULL if they are not recorded */
    size_t reserved;           /* bytes of addresses behind header */
    _Atomic uint64_t capacity; /* in slots */
    _Atomic uint64_t ready;    /* slots whose pages are mapped already */
    uint64_t last_step;        /* bytes by which the file grew last */
    char path[PATH_MAX + 64];
    _Alignas(64) _Atomic uint64_t next; /* the first slot not taken */
};

enum {
    FILE_MODE = 0666,
    FIRST_STEP = 1 << 18,
    READY_STEP = 1 << 17,
    LAST_STEP = 1 << 26,
    EXIT_STEP = 1 << 16 /* once destructors run, few events are left */
};

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; an older one refuses it */
#endif

#define MAX_RESERVED ((size_t)1 << 36) /* 2 * 10^9 events */
#define MIN_RESERVED ((size_t)1 << 20)
#define ADDRESS_SHARE 8 /* of the limit of the process (ulimit -v) */

/* NULL until the first call; then the same for good, also across a fork. */
static struct session *_Atomic session;

/* What MALLOC_RECORD said when the first session began. */
static char directory[PATH_MAX];

/* How many sessions this process and its forebears have begun. */
static uint32_t generations;

static _Thread_local struct {
    uint32_t generation; /* the session that number belongs to; 0 = none */
    uint32_t number;
    bool walking; /* it is finding out its call stack */
} self __attribute__((tls_model("initial-exec")));

/* ---- Small helpers that are safe before main and after fork. ---- */

static char *append(char *end, const char *text)
{
    return stpcpy(end, text);
}

static char *append_number(char *end, unsigned long number)
{
    char digits[24];
    char *digit = digits + sizeof digits;

    *--digit = '\0';
    do
        *--digit = (char)('0' + number % 10);
    while (number /= 10);
    return append(end, digit);
}

/* One line on stderr: the path cannot be written. */
static void report_unwritable(const char *path)
{
    char line[PATH_MAX + 128];
    char *end = append(line, "record.so: not recording: cannot write ");

    end = append(append(end, path), "\n");
    if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
        return; /* stderr is the only place for the report */
}

/* ---- The file. ---- */

/*
 * Create DIR/PID.N.rec with the first N that is free and return it open, or
 * -1. N also goes to *image.
 */
static int file_create(char *path, uint32_t *image)
{
    for (uint32_t n = 0; n < UINT32_MAX; n++) {
        char *end = append(append(path, directory), "/");
        int fd;

        end = append_number(end, (unsigned long)getpid());
        end = append_number(append(end, "."), n);
        append(end, ".rec");
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
        if (fd >= 0 || errno != EEXIST) {
            *image = n;
            return fd;
        }
    }
    return -1;
}

/*
 * Make the file step bytes longer than from. The blocks are really allocated
 * if the file system can do so: then a full disk is an error here and not a
 * SIGBUS at a later store.
 */
static bool file_extend(int fd, uint64_t from, uint64_t step)
{
    struct rlimit limit;
    int result;

    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && from + step > limit.rlim_cur) {
        errno = EFBIG; /* else it would be a SIGXFSZ */
        return false;
    }
    do
        result = fallocate(fd, 0, (off_t)from, (off_t)step);
    while (result && errno == EINTR);
    if (result && (errno == EOPNOTSUPP || errno == ENOSYS))
        result = ftruncate(fd, (off_t)(from + step));
    return result == 0;
}

/* Bytes of addresses to reserve at most: the program needs some as well. */
static size_t reservable(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 ||
        limit.rlim_cur / ADDRESS_SHARE >= MAX_RESERVED)
        return MAX_RESERVED;
    return limit.rlim_cur / ADDRESS_SHARE & -MIN_RESERVED;
}

/* Map the file, and reserve as many addresses beyond its end as possible. */
static void *file_map(int fd, size_t *reserved)
{
    for (size_t size = reservable(); size >= MIN_RESERVED; size /= 2) {
        void *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_NORESERVE, fd, 0);

        if (base == MAP_FAILED)
            continue;
        if (madvise(base, size, MADV_DONTFORK) == 0) {
            *reserved = size;
            return base;
        }
        munmap(base, size);
        break;
    }
    return NULL;
}

/* The bytes of the file that slots take, header included. */
static uint64_t file_size(uint64_t slots)
{
    return RECORD_HEADER_SIZE + slots * RECORD_EVENT_SIZE;
}

static uint64_t file_slots(uint64_t size)
{
    return (size - RECORD_HEADER_SIZE) / RECORD_EVENT_SIZE;
}

static void header_fill(struct record_header *header, uint32_t image)
{
    struct timespec now = {0, 0};
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = 0;

    if (fd >= 0) {
        size = read(fd, header->command, sizeof header->command);
        close(fd);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    header->header_size = RECORD_HEADER_SIZE;
    header->event_size = RECORD_EVENT_SIZE;
    header->pid = (uint32_t)getpid();
    header->parent_pid = (uint32_t)getppid();
    header->image = image;
    header->flags = generations > 1 ? RECORD_FORKED : 0;
    header->started =
        (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    header->command_size = size > 0 ? (uint64_t)size : 0;
    memcpy(header->magic, RECORD_MAGIC, sizeof header->magic);
}

/* ---- Beginning. ---- */

/*
 * Take the directory from the environment, made absolute, because it is needed
 * again after the program has changed its environment or its directory.
 */
static bool directory_set(const char *name)
{
    size_t used = 0;

    if (!name)
        return false;
    if (name[0] != '/') {
        if (!getcwd(directory, sizeof directory))
            return false;
        used = strlen(directory);
        directory[used++] = '/';
    }
    if (used + strlen(name) < sizeof directory) {
        append(directory + used, name);
        return true;
    }
    directory[0] = '\0';
    return false;
}

static bool log_words(void *session, const uintptr_t *words, size_t count,
                      enum record_kind kind, enum record_kind more,
                      uint32_t number);

/* NULL if no stacks are to be recorded, or there is no memory for them. */
static struct stacks *open_stacks(struct session *s)
{
    static size_t frames; /* as the environment said at the first session */
    const char *said = getenv("MALLOC_RECORD_STACKS");

    if (generations == 1 && said)
        frames = (size_t)strtoul(said, NULL, 10);
    return stacks_new(frames, log_words, s);
}

/* Create, map and head the session's file. On success I1 and I2 hold. */
static bool session_open(struct session *s)
{
    uint32_t image;
    int fd;

    if (!directory[0] && !directory_set(getenv("MALLOC_RECORD")))
        return false;
    fd = file_create(s->path, &image);
    if (fd < 0)
        return false;
    if (file_extend(fd, 0, FIRST_STEP))
        s->header = file_map(fd, &s->reserved);
    close(fd); /* a program may count on its descriptors' numbers */
    if (!s->header) {
        unlink(s->path);
        return false;
    }
    s->events = (struct record_event *)(s->header + 1);
    s->last_step = FIRST_STEP;
    s->capacity = file_slots(FIRST_STEP);
    s->generation = ++generations;
    header_fill(s->header, image);
    s->stacks = open_stacks(s);
    return true;
}

/*
 * The session's pages, made by the first call of any thread.
 * NULL while there is no environment yet, or if nothing is to be recorded.
 */
static struct session *session_find(void)
{
    static struct session none = {.phase = STOPPED};
    struct session *s = atomic_load(&session);
    struct session *expected = NULL;
    const char *name;

    if (s || !environ)
        return s;
    name = getenv("MALLOC_RECORD");
    s = &none;
    if (name && *name) {
        s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (s == MAP_FAILED || madvise(s, sizeof *s, MADV_WIPEONFORK) != 0)
            s = &none;
    }
    if (atomic_compare_exchange_strong(&session, &expected, s))
        return s;
    if (s != &none)
        munmap(s, sizeof *s);
    return expected;
}

/*
 * Begin to record if no thread of this process has begun, or wait for the
 * thread that is beginning. Returns the session if it runs, else NULL.
 */
static struct session *session_start(void)
{
    int saved = errno;
    struct session *s = session_find();
    int idle = IDLE;

    if (!s)
        return NULL;
    if (atomic_compare_exchange_strong(&s->phase, &idle, STARTING)) {
        bool open = session_open(s);

        if (!open && generations == 0)
            report_unwritable(directory[0] ? directory : "MALLOC_RECORD");
        s->phase = open ? RUNNING : STOPPED;
    }
    while (s->phase == STARTING)
        sched_yield();
    errno = saved;
    return s->phase == RUNNING ? s : NULL;
}

static struct session *session_running(void)
{
    struct session *s = atomic_load_explicit(&session, memory_order_acquire);
    int phase;

    if (!s)
        return session_start();
    phase = atomic_load_explicit(&s->phase, memory_order_acquire);
    if (phase == RUNNING)
        return s;
    if (phase == STOPPED) {
        if (s->header)
            s->header->lost++;
        return NULL;
    }
    return session_start();
}

/* ---- Growing. ---- */

/* Extend the file by a step; false with errno set. The caller holds growing. */
static bool session_extend(struct session *s)
{
    uint64_t size = file_size(s->capacity);
    uint64_t step = s->last_step * 2;
    bool extended;
    int fd, error;

    if (step > LAST_STEP)
        step = LAST_STEP;
    if (s->header->flags & RECORD_EXITED)
        step = EXIT_STEP;
    if (size + step > s->reserved) {
        errno = ENOMEM;
        return false;
    }
    fd = open(s->path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    extended = file_extend(fd, size, step);
    error = errno;
    close(fd);
    errno = error;
    if (!extended)
        return false;
    s->last_step = step;
    s->capacity = file_slots(size + step);
    return true;
}

/* Map the next pages, all in one call. The caller holds growing. */
static void session_make_ready(struct session *s)
{
    uint64_t from = file_size(s->ready), size = file_size(s->capacity);
    uint64_t step = size - from < READY_STEP ? size - from : READY_STEP;
    uint64_t within = from % (uint64_t)sysconf(_SC_PAGESIZE);

    if (step > 0)
        madvise((char *)s->header + from - within, step + within,
                MADV_POPULATE_WRITE);
    s->ready = file_slots(from + step);
}

/*
 * Extend the file by the slot. If that fails (the disk is full; the program
 * has become another user or has moved to another root), recording ends for
 * good: a trace may be cut short, but must not have a gap.
 */
static bool session_grow(struct session *s, uint64_t slot)
{
    int saved = errno;
    bool has_slot;

    while (atomic_exchange(&s->growing, true)) {
        if (slot < s->capacity)
            return true; /* another thread, at it, has extended the file */
        sched_yield();
    }
    while (s->phase == RUNNING && slot >= s->capacity)
        if (!session_extend(s)) {
            s->header->stopped_by = (uint64_t)errno;
            s->phase = STOPPED;
        }
    has_slot = slot < s->capacity;
    if (has_slot && slot >= s->ready)
        session_make_ready(s);
    s->growing = false;
    if (!has_slot)
        s->header->lost++;
    errno = saved;
    return has_slot;
}

/*
 * The program exits. Destructors that run after this one still allocate and
 * free, so recording goes on; but cut off the unused slots of the file.
 * Another thread could be about to fill a slot, so with threads it stays (I3).
 */
__attribute__((destructor)) static void session_finish(void)
{
    struct session *s = session;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t size;

    if (!s || !s->header)
        return;
    s->header->flags |= RECORD_EXITED;
    if (s->phase != RUNNING || !__libc_single_threaded)
        return;
    size = (file_size(s->next) + page - 1) / page * page;
    if (size < file_size(s->capacity) && truncate(s->path, (off_t)size) == 0)
        s->ready = s->capacity = file_slots(size);
}

/* A program that never allocates leaves a file too. */
__attribute__((constructor)) static void session_begin(void)
{
    session_running();
}

/* ---- Logging. ---- */

/*
 * The number of the calling thread, given at its first call in this process: a
 * forked child is a new process, whose one thread is its main one.
 */
static uint32_t thread_number(struct session *s)
{
    if (self.generation != s->generation) {
        self.generation = s->generation;
        self.number = gettid() == getpid() ? 0 : ++s->threads;
    }
    return self.number;
}

/*
 * Slots are taken in the order of calls, whatever the thread; see record.h.
 * A locked addition waits until what was stored before has reached the cache,
 * most of what logging costs; while there is one thread, the C library's
 * malloc does without locks, and so does this.
 */
static uint64_t slot_take(struct session *s, uint64_t count)
{
    uint64_t slot;

    if (!__libc_single_threaded)
        return atomic_fetch_add_explicit(&s->next, count, memory_order_relaxed);
    slot = atomic_load_explicit(&s->next, memory_order_relaxed);
    atomic_store_explicit(&s->next, slot + count, memory_order_relaxed);
    return slot;
}

/* As many slots in a row, or NULL if the file cannot take them. */
static struct record_event *slots_take(struct session *s, uint64_t count)
{
    uint64_t first = slot_take(s, count), last = first + count - 1;

    if (last >= atomic_load_explicit(&s->ready, memory_order_acquire) &&
        !session_grow(s, last))
        return NULL;
    return &s->events[first];
}

static void event_fill(struct record_event *event, uint32_t kind,
                       uint64_t address, uint64_t size, uint64_t detail,
                       uint32_t thread)
{
    event->address = address;
    event->size = size;
    event->detail = detail;
    event->thread = thread;
    atomic_store_explicit(&event->kind, kind, memory_order_release);
}

/* Log words in slots of their own: the first event is of kind, others of
 * more. */
static bool log_words(void *context, const uintptr_t *words, size_t count,
                      enum record_kind kind, enum record_kind more,
                      uint32_t number)
{
    struct session *s = context;
    size_t slots = (count + RECORD_WORDS - 1) / RECORD_WORDS;
    struct record_event *event = slots_take(s, slots);

    for (size_t i = 0; event && i < slots; i++) {
        uintptr_t w[RECORD_WORDS] = {0};
        size_t left = count - i * RECORD_WORDS;

        memcpy(w, words + i * RECORD_WORDS,
               (left < RECORD_WORDS ? left : RECORD_WORDS) * sizeof *words);
        event_fill(event + i, i ? more : kind, w[0], w[1], w[2], number);
    }
    return event != NULL;
}

/* ---- Call stacks. ---- */

/* The number of the stack of the calling functions; 0 if it has none. */
__attribute__((noinline)) static uint32_t stack_number(struct session *s)
{
    uint32_t number;

    if (self.walking) /* a call by the unwinder itself, or a signal's */
        return 0;
    self.walking = true;
    number = stacks_number(s->stacks);
    self.walking = false;
    return number;
}

/* After a library is unloaded, its addresses may be another one's. */
int dlclose(void *handle)
{
    static int (*_Atomic next)(void *);
    struct session *s;
    int result;

    if (!next)
        next = (int (*)(void *))dlsym(RTLD_NEXT, "dlclose");
    result = next(handle);
    s = session;
    if (s && s->phase == RUNNING && s->stacks)
        stacks_forget(s->stacks);
    return result;
}

/* ---- Events. ---- */

static bool gives_size(enum record_kind kind)
{
    return kind != RECORD_FREE && kind != RECORD_RESIZE;
}

static void log_event(enum record_kind kind, const void *address, size_t size,
                      size_t detail)
{
    struct session *s = session_running();
    struct record_event *event;
    uint32_t stack = 0;

    if (!s)
        return;
    if (s->stacks && gives_size(kind))
        stack = stack_number(s);
    event = slots_take(s, 1);
    if (event)
        event_fill(event, kind | stack << RECORD_KIND_BITS, (uintptr_t)address,
                   size, detail, thread_number(s));
}

/* ---- The malloc family. ---- */

void *malloc(size_t size)
{
    libc_find_all();
    void *block = libc.malloc(size);

    log_event(RECORD_MALLOC, block, size, 0);
    return block;
}

void free(void *ptr)
{
    log_event(RECORD_FREE, ptr, 0, 0);
    libc_find_all();
    libc.free(ptr);
}

void *calloc(size_t count, size_t size)
{
    libc_find_all();
    void *block = libc.calloc(count, size);

    log_event(RECORD_CALLOC, block, size, count);
    return block;
}

static void *resize(void *ptr, size_t size)
{
    uintptr_t old = (uintptr_t)ptr; /* ptr is not to be touched afterwards */
    void *block;

    if (old)
        log_event(RECORD_RESIZE, ptr, size, 0);
    libc_find_all();
    block = libc.realloc(ptr, size);
    log_event(RECORD_RESIZED, block, size, old);
    return block;
}

void *realloc(void *ptr, size_t size)
{
    return resize(ptr, size);
}

/* realloc as the program has it: the program may have its own. */
extern void *exported_realloc(void *ptr, size_t size) __asm__("realloc");

void *reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        log_event(RECORD_CALLOC, NULL, size, count);
        errno = ENOMEM;
        return NULL;
    }
    return exported_realloc(ptr, bytes);
}

static void *align(size_t alignment, size_t size)
{
    libc_find_all();
    void *block = libc.memalign(alignment, size);

    log_event(RECORD_ALIGNED, block, size, alignment);
    return block;
}

void *memalign(size_t alignment, size_t size)
{
    return align(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (!aligned_alloc_takes(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return align(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    int saved = errno;
    void *block;

    if (alignment == 0 || alignment % sizeof(void *) != 0 ||
        (alignment & (alignment - 1)) != 0)
        return EINVAL;
    block = align(alignment, size);
    errno = saved;
    if (!block)
        return ENOMEM;
    *result = block;
    return 0;
}

void *valloc(size_t size)
{
    return align((size_t)sysconf(_SC_PAGESIZE), size);
}

void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (size > SIZE_MAX - page) {
        log_event(RECORD_ALIGNED, NULL, size, page);
        errno = ENOMEM;
        return NULL;
    }
    return align(page, (size + page - 1) / page * page);
}

/*
 * Nothing is logged. But if the program is linked with another malloc, such as
 * jemalloc, that library would be asked for the size of a block of glibc's.
 * The C library's function has no second name, and to look it up allocates, so
 * this reads what that reads: the word before the block, a size whose three low
 * bits are flags. One says that the block is a mapping of its own, which ends
 * with its pages; any other block has the next block's first word as well.
 */
size_t malloc_usable_size(void *ptr)
{
    enum { MAPPED = 2, FLAGS = 7 };
    size_t word;

    if (!ptr)
        return 0;
    word = ((const size_t *)ptr)[-1];
    return (word & ~(size_t)FLAGS) - (word & MAPPED ? 2 : 1) * sizeof word;
}

#include "../libraries/second_names.h"
