/*
 * jail.c - the filters, made by libseccomp, and the limits.
 *
 * Both filters are lists of what is allowed. An allocator over memlib needs no
 * system call at all; what the second list has is for the worker itself (the
 * futex of turns, memlib's mprotect, madvise and mincore), and for what honest
 * code of students calls: printf, the C library's malloc, assert, clocks. It
 * has nothing that reaches another process or a file, and no way to memory that
 * the judge cannot count: mappings are private, anonymous and of small pages.
 * Nor can memory be given back, unseen, before the judge counts: the calls for
 * that do nothing, and say that they did. The C library's malloc bears it.
 * Operations of futex that write to memory are not among the allowed ones.
 * Under valgrind there is a list of what is refused instead.
 */
#define _GNU_SOURCE
#include "jail.h"

#include "base/build.h"
#include "base/fatal.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    OWN_MEMORY = 256 << 20, /* bytes of address space beside heap and channel */
    OPEN_FILES = 32
};

/* ---- The lists. ---- */

enum stages { LOADING = 1, RUNNING = 2, BOTH = 3 };

/* In place of carrying the call out: return 0, or fail with ENOMEM. */
enum { FEIGNED = 4, FAILING = 8 };

enum { SELF = -1 /* as an operand: the worker's process */ };

/* A call, with conditions on its arguments: (argument & mask) == value. */
static const struct rule {
    const char *name;
    unsigned stages; /* and what is done instead */
    struct condition {
        int argument; /* from 1; 0: none */
        uint64_t mask;
        int64_t value;
    } when[3];
} rules[] = {
/* clang-format off */
#define ANY(name, stages) {name, stages, {{0}}}
#define IS(argument, value) {argument, UINT32_MAX, value}
#define MAPS_PRIVATE {{3, PROT_EXEC, 0}, \
    {4, MAP_TYPE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED, \
     MAP_PRIVATE | MAP_ANONYMOUS}}
#define WAITS(name, operation) {name, BOTH, {{2, (uint32_t)FUTEX_CMD_MASK, operation}}}
#define READS_ONLY(argument) \
    {argument, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY}
    WAITS("futex", FUTEX_WAIT), WAITS("futex", FUTEX_WAKE),
    WAITS("futex", FUTEX_WAIT_BITSET), WAITS("futex", FUTEX_WAKE_BITSET),
    WAITS("futex_time64", FUTEX_WAIT), WAITS("futex_time64", FUTEX_WAIT_BITSET),
    ANY("exit", BOTH), ANY("exit_group", BOTH),
    ANY("rt_sigreturn", BOTH), ANY("sigreturn", BOTH),
    ANY("rt_sigprocmask", BOTH), ANY("pause", BOTH), ANY("sched_yield", BOTH),
    ANY("clock_gettime", BOTH), ANY("clock_gettime64", BOTH),
    ANY("clock_getres", BOTH), ANY("clock_getres_time64", BOTH),
    ANY("gettimeofday", BOTH), ANY("time", BOTH), ANY("times", BOTH),
    ANY("getrusage", BOTH), ANY("getcpu", BOTH), ANY("getrandom", BOTH),
    ANY("getpid", BOTH), ANY("gettid", BOTH),
    ANY("mincore", BOTH),
    ANY("fstat", BOTH), ANY("fstat64", BOTH), ANY("statx", BOTH),
    ANY("newfstatat", BOTH), ANY("fstatat64", BOTH),
    {"tgkill", BOTH, {IS(1, SELF), IS(3, SIGABRT)}},
    {"read", BOTH, {IS(1, STDIN_FILENO)}},
    {"write", BOTH, {IS(1, STDOUT_FILENO)}},
    {"write", BOTH, {IS(1, STDERR_FILENO)}},
    {"writev", BOTH, {IS(1, STDOUT_FILENO)}},
    {"writev", BOTH, {IS(1, STDERR_FILENO)}},
    {"mmap", RUNNING, MAPS_PRIVATE}, {"mmap2", RUNNING, MAPS_PRIVATE},
    {"mprotect", RUNNING, {{3, PROT_EXEC, 0}}},
    {"madvise", BOTH, {IS(3, MADV_REMOVE)}}, /* of shared memory: the heap */
    {"madvise", RUNNING | FEIGNED, {IS(3, MADV_DONTNEED)}},
    {"madvise", RUNNING | FEIGNED, {IS(3, MADV_FREE)}},
    ANY("munmap", RUNNING | FEIGNED), ANY("brk", RUNNING | FEIGNED),
    ANY("mremap", RUNNING | FAILING),
    ANY("getrlimit", BOTH), ANY("ugetrlimit", BOTH),
    {"prlimit64", BOTH, {IS(1, 0), {3, UINT64_MAX, 0}}},

    ANY("mmap", LOADING), ANY("mmap2", LOADING), ANY("mprotect", LOADING),
    ANY("munmap", LOADING), ANY("brk", LOADING), ANY("mremap", LOADING),
    {"madvise", LOADING, {IS(3, MADV_DONTNEED)}},
    {"madvise", LOADING, {IS(3, MADV_FREE)}},
    {"open", LOADING, {READS_ONLY(2)}}, {"openat", LOADING, {READS_ONLY(3)}},
    ANY("read", LOADING), ANY("pread64", LOADING), ANY("close", LOADING),
    ANY("lseek", LOADING), ANY("_llseek", LOADING), ANY("access", LOADING),
    ANY("faccessat", LOADING), ANY("stat64", LOADING),
    ANY("readlink", LOADING), ANY("readlinkat", LOADING),
    ANY("getcwd", LOADING),
    {"prctl", LOADING, {IS(1, PR_SET_NO_NEW_PRIVS)}},
    {"prctl", LOADING, {IS(1, PR_SET_SECCOMP)}},
    /* clang-format on */
};

/* ---- Filters. ---- */

static uint32_t worker_architecture(void)
{
    return build_worker_bits == 32 ? SCMP_ARCH_X86 : seccomp_arch_native();
}

static void check_filter(int result)
{
    if (result < 0)
        fatal_usage("cannot make a filter of system calls: %s",
                    strerror(-result));
}

static uint32_t action_of(const struct rule *r)
{
    if (r->stages & FEIGNED)
        return SCMP_ACT_ERRNO(0);
    return r->stages & FAILING ? SCMP_ACT_ERRNO(ENOMEM) : SCMP_ACT_ALLOW;
}

static void add_rule(scmp_filter_ctx context, const struct rule *r, pid_t pid)
{
    struct scmp_arg_cmp when[3];
    unsigned count = 0;
    int number = seccomp_syscall_resolve_name(r->name);

    for (; count < 3 && r->when[count].argument; count++) {
        const struct condition *c = &r->when[count];
        uint64_t value = c->value == SELF ? (uint64_t)pid : (uint64_t)c->value;

        when[count] = SCMP_CMP64((unsigned)c->argument - 1, SCMP_CMP_MASKED_EQ,
                                 c->mask, value);
    }
    if (number != __NR_SCMP_ERROR) /* the library knows no such call */
        check_filter(
            seccomp_rule_add_array(context, action_of(r), number, count, when));
}

static scmp_filter_ctx new_context(uint32_t otherwise)
{
    scmp_filter_ctx context = check_alloc(seccomp_init(otherwise));
    uint32_t architecture = worker_architecture();

    if (architecture != seccomp_arch_native()) {
        check_filter(seccomp_arch_add(context, architecture));
        check_filter(seccomp_arch_remove(context, seccomp_arch_native()));
    }
    check_filter(
        seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP));
    return context;
}

/* The library writes the program into a file; read it from there. */
static void export_filter(scmp_filter_ctx context, struct filter *filter)
{
    int fd = memfd_create("filter", MFD_CLOEXEC);

    check_filter(fd < 0 ? -errno : seccomp_export_bpf(context, fd));
    ssize_t size = pread(fd, filter->program, sizeof filter->program, 0);
    check_filter(size < 0 ? -errno : 0);
    filter->length = (uint32_t)((size_t)size / sizeof *filter->program);
    close(fd);
}

void jail_make_filter(struct filter *filter, enum filter_stage stage, pid_t pid)
{
    scmp_filter_ctx context = new_context(SCMP_ACT_TRAP);

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].stages & 1u << stage)
            add_rule(context, &rules[i], pid);
    export_filter(context, filter);
    seccomp_release(context);
}

/*
 * ---- Under valgrind, whose own calls are unknown: what is refused. The signal
 * would meet valgrind, not the worker's handler, so it ends the process. ----
 */

/* Refused if argument, from 0, compares so; ANYWAY: always. */
static const struct refusal {
    const char *name;
    unsigned argument;
    enum scmp_compare how;
    uint64_t a, b;
} refusals[] = {
/* clang-format off */
#define ANYWAY(name) {name, 0, _SCMP_CMP_MIN, 0, 0}
#define OTHERS(name) {name, 0, SCMP_CMP_NE, (uint64_t)SELF, 0}
#define HAS(name, argument, flag) {name, argument, SCMP_CMP_MASKED_EQ, flag, flag}
#define WRITES(name, argument) HAS(name, argument, O_CREAT), \
    HAS(name, argument, O_TRUNC), \
    {name, argument, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR}, \
    {name, argument, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY}
    /* Other processes and threads, and moments that the judge does not
     * count. */
    ANYWAY("fork"), ANYWAY("vfork"), ANYWAY("clone"), ANYWAY("clone3"),
    ANYWAY("execve"), ANYWAY("execveat"),
    ANYWAY("alarm"), ANYWAY("setitimer"), ANYWAY("timer_create"),
    ANYWAY("timerfd_create"), ANYWAY("mq_notify"),
    ANYWAY("setrlimit"), {"prlimit64", 2, SCMP_CMP_NE, 0, 0},
    {"fcntl", 1, SCMP_CMP_EQ, F_SETOWN, 0}, {"fcntl64", 1, SCMP_CMP_EQ, F_SETOWN, 0},
    {"fcntl", 1, SCMP_CMP_EQ, F_SETOWN_EX, 0}, {"fcntl64", 1, SCMP_CMP_EQ, F_SETOWN_EX, 0},
    ANYWAY("ptrace"), ANYWAY("process_vm_readv"), ANYWAY("process_vm_writev"),
    ANYWAY("perf_event_open"), ANYWAY("io_uring_setup"),
    ANYWAY("pidfd_open"), ANYWAY("pidfd_send_signal"),
    OTHERS("kill"), OTHERS("tkill"), OTHERS("tgkill"),
    ANYWAY("rt_sigqueueinfo"), ANYWAY("rt_tgsigqueueinfo"),
    /* The network, and files. */
    ANYWAY("socket"), ANYWAY("socketpair"),
    ANYWAY("rename"), ANYWAY("renameat"), ANYWAY("renameat2"),
    ANYWAY("unlink"), ANYWAY("unlinkat"), ANYWAY("rmdir"), ANYWAY("mkdir"),
    ANYWAY("mkdirat"), ANYWAY("mknod"), ANYWAY("mknodat"),
    ANYWAY("chmod"), ANYWAY("fchmod"), ANYWAY("fchmodat"), ANYWAY("chown"),
    ANYWAY("fchown"), ANYWAY("lchown"), ANYWAY("fchownat"),
    ANYWAY("utime"), ANYWAY("utimes"), ANYWAY("utimensat"), ANYWAY("futimesat"),
    ANYWAY("truncate"), ANYWAY("truncate64"), ANYWAY("symlink"),
    ANYWAY("symlinkat"), ANYWAY("link"), ANYWAY("linkat"),
    ANYWAY("creat"), ANYWAY("openat2"), WRITES("open", 1), WRITES("openat", 2),
    /* clang-format on */
};

/* From loading on, no file is read either: traces are files. */
static const struct refusal reads[] = {
    {"open", 1, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDONLY},
    {"openat", 2, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDONLY}};

static void add_refusal(scmp_filter_ctx context, const struct refusal *r,
                        pid_t pid)
{
    int number = seccomp_syscall_resolve_name(r->name);
    unsigned count = r->how != _SCMP_CMP_MIN;
    uint64_t a = r->a == (uint64_t)SELF ? (uint64_t)pid : r->a;
    struct scmp_arg_cmp when = {r->argument, r->how, a, r->b};

    if (number != __NR_SCMP_ERROR)
        check_filter(seccomp_rule_add_array(context, SCMP_ACT_KILL_PROCESS,
                                            number, count, &when));
}

static void make_list(struct filter *filter, const struct refusal *list,
                      size_t count, pid_t pid)
{
    scmp_filter_ctx context = new_context(SCMP_ACT_ALLOW);

    for (size_t i = 0; i < count; i++)
        add_refusal(context, &list[i], pid);
    export_filter(context, filter);
    seccomp_release(context);
}

void jail_make_refusals(struct filter filters[FILTERS], pid_t pid)
{
    const size_t count = sizeof refusals / sizeof *refusals;

    make_list(&filters[FILTER_LOADING], refusals, count, pid);
    make_list(&filters[FILTER_RUNNING], reads, sizeof reads / sizeof *reads,
              pid);
}

void jail_describe_call(uint64_t call, char *text, size_t size)
{
    char *name = seccomp_syscall_resolve_num_arch((uint32_t)(call >> 32),
                                                  (int)(uint32_t)call);

    if (name)
        snprintf(text, size, "called %s", name);
    else
        snprintf(text, size, "made system call %d of architecture 0x%x",
                 (int)(uint32_t)call, (unsigned)(call >> 32));
    free(name);
}

/* ---- Limits. ---- */

static void limit(int resource, rlim_t value)
{
    struct rlimit both = {value, value};

    setrlimit(resource, &both);
}

/* No huge pages, of which a single byte would count as two megabytes. */
void jail_limit(uint64_t span, uint64_t seconds)
{
    limit(RLIMIT_AS, (rlim_t)(span + OWN_MEMORY));
    limit(RLIMIT_FSIZE, OUTPUT_SIZE + 1); /* it is sealed before that */
    limit(RLIMIT_NOFILE, OPEN_FILES);
    limit(RLIMIT_CPU, (rlim_t)seconds);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/* ---- What there is. ---- */

const char *jail_lacks(void)
{
    if (strcmp(build_mode, "san") == 0)
        return "the sanitizers of MODE=san need calls that it forbids";
    if (build_worker_is_foreign && build_worker_bits == 64)
        return "an emulated worker cannot have it";
    if (prctl(PR_GET_SECCOMP) < 0)
        return "this kernel has no filters of system calls";
    if (access("/proc/self/smaps", R_OK) != 0)
        return "/proc is not mounted";
    return NULL;
}
