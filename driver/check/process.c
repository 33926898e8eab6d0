/*
 * process.c - vfork, exec and reap the worker; read its times from the kernel.
 */
#define _GNU_SOURCE
#include "process.h"
#include "jail.h"

#include "worker/channel.h"
#include "base/build.h"
#include "base/fatal.h"
#include "base/plain_text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    OUTPUT_LINES = 20, /* of the output, so many are shown */
    WORKER_STACK = 8 << 20,
    SETTLE_NS = 100000,  /* after which a process that sleeps is counted */
    PLACE_NS = 1000000,  /* between looks where it sleeps, */
    PLACE_LOOKS = 10000, /* and so many of them */
    /* The C library itself raises the thresholds up to these. */
    MMAP_THRESHOLD_64 = 32 << 20,
    MMAP_THRESHOLD_32 = 512 << 10,
    TRIM_THRESHOLD = 64 << 20
};

int process_shared_file(const char *name, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        fatal_usage("cannot make shared memory of %zu bytes: %s%s", size,
                    strerror(errno), errno == EFBIG ? " (ulimit -f)" : "");
    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    return fd;
}

/* ---- The worker's environment. ---- */

enum { OWN = 3 }; /* variables of it at most */

/*
 * The C library raises its mmap and trim thresholds when large blocks are
 * freed. Until then it gives memory back often and faults it in again. Workers
 * start with the highest thresholds, so that all passes are alike.
 */
static char *tunables(void)
{
    const char *more = getenv("GLIBC_TUNABLES");
    char *text;

    if (asprintf(&text,
                 "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=%d:"
                 "glibc.malloc.trim_threshold=%d%s%s",
                 build_worker_bits == 64 ? MMAP_THRESHOLD_64
                                         : MMAP_THRESHOLD_32,
                 TRIM_THRESHOLD, more ? ":" : "",
                 more ? more : "") < 0)
        text = check_alloc(NULL);
    return text;
}

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* The judge's environment with some variables replaced. The caller frees the
 * array and the strings in own. */
static char **environment_of(const struct process_setup *s, char *own[OWN])
{
    const struct allocator *allocator = s->allocator;
    size_t count = 0, kept = 0;

    while (environ[count])
        count++;
    char **all = check_alloc(malloc((count + OWN + 1) * sizeof *all));
    for (size_t i = 0; i < count; i++)
        if (!is_variable(environ[i], "GLIBC_TUNABLES") &&
            !is_variable(environ[i], "LD_PRELOAD") &&
            !is_variable(environ[i], "VALGRIND_LAUNCHER"))
            all[kept++] = environ[i];
    all[kept++] = own[0] = tunables();
    own[1] = own[2] = NULL;
    if (allocator->kind == WORKER_SYSTEM && allocator->path[0]) {
        if (asprintf(&own[1], "LD_PRELOAD=%s", allocator->path) < 0)
            own[1] = check_alloc(NULL);
        all[kept++] = own[1];
    }
    if (s->counter) { /* valgrind's core asks who has started it */
        if (asprintf(&own[2], "VALGRIND_LAUNCHER=%s", s->counter->tool) < 0)
            own[2] = check_alloc(NULL);
        all[kept++] = own[2];
    }
    all[kept] = NULL;
    return all;
}

/* ---- From vfork to exec. The child shares the judge's memory, so it must not
 * change it, and no signal handler may run. A fork would copy the page tables
 * of the trace, which can take longer than a replay. ---- */

static void set_limits(const struct process_setup *s)
{
    int cpu = s->cpu;
    struct rlimit stack = {WORKER_STACK, WORKER_STACK}, none = {0, 0};
    cpu_set_t set;

    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_CORE, &none);
    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Give the worker its files as descriptors from 0 on, and close all others. */
static bool set_files(const struct process_setup *s, int output_fd)
{
    int from[] = {open("/dev/null", O_RDONLY), output_fd, output_fd,
                  s->channel_fd, s->heap_fd, s->counter ? s->counter->fd : -1};
    int files = s->counter ? 6 : 5;

    for (int i = 0; i < files; i++) /* first move all of them above the last */
        if (from[i] < 0 ||
            (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, files)) < 0)
            return false;
    for (int i = 0; i < files; i++)
        dup2(from[i], i);
    syscall(SYS_close_range, files, ~0u, 0);
    return true;
}

/* Why exec failed. */
static const char *exec_fault(void)
{
    return errno == ENOEXEC && build_worker_bits == 32
               ? "this system does not run 32-bit programs"
               : strerror(errno);
}

/* The worker ignores SIGINT and has none of the judge's handlers. */
static void set_signals(const sigset_t *mask)
{
    struct sigaction action, none = {.sa_handler = SIG_DFL};

    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL)
            sigaction(number, &none, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

struct start {
    const struct process_setup *setup;
    char path[CHANNEL_PATH];
    char **environment;
    int output_fd;
    pid_t judge;
    sigset_t mask; /* signals that the judge had blocked before */
};

static _Noreturn void become_worker(const struct start *s)
{
    char *const arguments[] = {(char *)"mdriver-worker", NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != s->judge)
        _exit(127);
    personality(ADDR_NO_RANDOMIZE); /* a container may forbid it: no matter */
    set_limits(s->setup);
    if (!set_files(s->setup, s->output_fd)) {
        dprintf(s->output_fd, "cannot open its files: %s\n", strerror(errno));
        _exit(127);
    }
    if (s->setup->jailed) /* with few files open */
        jail_limit(s->setup->span, s->setup->seconds);
    set_signals(&s->mask);
    execve(s->path, s->setup->counter ? s->setup->counter->command : arguments,
           s->environment);
    dprintf(2, "%s: %s\n", s->path, exec_fault());
    _exit(127);
}

static pid_t start_worker(const struct process_setup *setup, int output_fd)
{
    char *own[OWN];
    struct start s = {.setup = setup,
                      .environment = environment_of(setup, own),
                      .output_fd = output_fd,
                      .judge = getpid()};
    sigset_t all;

    if (setup->counter)
        snprintf(s.path, sizeof s.path, "%s", setup->counter->tool);
    else
        snprintf(s.path, sizeof s.path, "%s/worker", build_directory());
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &s.mask);
    pid_t pid = vfork();
    if (pid == 0)
        become_worker(&s);
    sigprocmask(SIG_SETMASK, &s.mask, NULL);
    if (pid < 0)
        fatal_usage("cannot start a process: %s", strerror(errno));
    free(s.environment);
    for (int i = 0; i < OWN; i++)
        free(own[i]);
    return pid;
}

static void on_child(int number)
{
    (void)number; /* a signal with a handler ends a futex wait */
}

struct process process_start(const struct process_setup *setup)
{
    struct sigaction action = {.sa_handler = on_child};
    struct process p = {.clock = CLOCK_MONOTONIC};

    p.output_fd = process_shared_file("output", OUTPUT_SIZE);
    if (!setup)
        return p;
    sigaction(SIGCHLD, &action, NULL);
    p.pid = start_worker(setup, p.output_fd);
    clock_getcpuclockid(p.pid, &p.clock);
    return p;
}

bool process_has_died(struct process *p)
{
    if (p->pid && waitpid(p->pid, &p->wait_status, WNOHANG) == p->pid) {
        p->pid = 0;
        p->died = true;
    }
    return p->died;
}

void process_kill(struct process *p)
{
    if (!p->pid)
        return;
    kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &p->wait_status, 0) < 0 && errno == EINTR)
        ;
    p->pid = 0;
}

void process_close(struct process *p)
{
    process_kill(p);
    close(p->output_fd);
}

/* ---- What the kernel counts. ---- */

static uint64_t read_clock(const struct process *p)
{
    struct timespec t = {0};

    clock_gettime(p->clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double process_cpu_seconds(const struct process *p)
{
    return (double)read_clock(p) * 1e-9;
}

/* In /proc/PID/stat the state is the letter after "(name) ". */
bool process_sleeps(const struct process *p)
{
    char path[64], text[512] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    const char *name_end =
        fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
    fclose(file);
    return name_end && strchr("STt", name_end[2]) != NULL;
}

uint64_t process_cpu_ns(const struct process *p)
{
    struct timespec pause = {0, SETTLE_NS};
    uint64_t before, after = read_clock(p);

    for (int i = 0; i < 10; i++) {
        before = after;
        nanosleep(&pause, NULL);
        after = read_clock(p);
        if (after == before && i > 0)
            break;
    }
    return after;
}

/*
 * The last two numbers of /proc/PID/syscall; "running" has none. False if the
 * system does not let it be read.
 */
static bool read_place(const struct process *p, struct place *place)
{
    char path[64], text[256];
    unsigned long long sp, pc;

    *place = (struct place){0};
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool readable = fgets(text, sizeof text, file);
    fclose(file);
    if (readable &&
        sscanf(text, "%*s %*s %*s %*s %*s %*s %*s %llx %llx", &sp, &pc) == 2)
        *place = (struct place){.sp = sp, .pc = pc};
    return readable;
}

static void read_stack(const struct process *p, struct place *place)
{
    struct iovec here = {place->stack, sizeof place->stack};
    struct iovec there = {(void *)(uintptr_t)place->sp, sizeof place->stack};

    if (process_vm_readv(p->pid, &here, 1, &there, 1, 0) < 0)
        memset(place->stack, 0, sizeof place->stack);
}

bool process_place(const struct process *p, struct place *place)
{
    struct timespec pause = {0, PLACE_NS};

    for (int i = 0; i < PLACE_LOOKS && read_place(p, place); i++) {
        if (place->pc != 0 && process_sleeps(p)) {
            read_stack(p, place);
            return true;
        }
        nanosleep(&pause, NULL);
    }
    *place = (struct place){0};
    return false;
}

bool process_memory_known(void)
{
    return access("/proc/self/smaps_rollup", R_OK) == 0;
}

uint64_t process_anonymous_bytes(const struct process *p)
{
    char path[64], line[256];
    unsigned long long kilobytes = 0;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup",
             p->pid ? (int)p->pid : (int)getpid());
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %llu", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes * 1024;
}

bool process_files_open(const struct process *p)
{
    char path[64];
    bool open = true;

    if (access("/proc/self/fd", F_OK) != 0)
        return true; /* without /proc this is unknown */

    for (int fd = 0; fd <= 2 && p->pid; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)p->pid, fd);
        open =
            open && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    }
    return open;
}

/* ---- The worker's output. ---- */

bool process_first_line(const struct process *p, char *text, size_t size)
{
    ssize_t n = pread(p->output_fd, text, size - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    plain_text(text, "");
    return text[0] != '\0';
}

/* One line, fit for a terminal, and cut. */
static void relay_line(const char *label, char *line)
{
    enum { LONGEST = 500 };
    bool cut = strlen(line) > LONGEST;

    if (cut)
        line[LONGEST] = '\0';
    plain_text(line, "\t");
    fprintf(stderr, "[%s] %s%s\n", label, line, cut ? "..." : "");
}

void process_relay_output(const struct process *p, const char *label)
{
    off_t length = lseek(p->output_fd, 0, SEEK_CUR);
    char *text = length > 0 ? malloc((size_t)length + 1) : NULL;
    int lines = 0;

    if (!text || pread(p->output_fd, text, (size_t)length, 0) != length) {
        free(text);
        return;
    }
    for (char *at = text; at < text + length; at++)
        if (*at == '\0')
            *at = '?';
    text[length] = '\0';
    for (char *line = text, *end; *line; line = end, lines++) {
        end = strchrnul(line, '\n');
        bool more = *end == '\n';
        *end = '\0';
        if (lines < OUTPUT_LINES)
            relay_line(label, line);
        end += more;
    }
    if (lines > OUTPUT_LINES || length >= OUTPUT_SIZE)
        fprintf(stderr, "[%s] ... %d lines in all%s\n", label, lines,
                length >= OUTPUT_SIZE ? "; the rest after 1 MiB is lost" : "");
    free(text);
}
