/*
 * worker_main.c - the worker process: descriptor 3 is the channel, 4 the heap.
 *
 * The process maps both files and closes them; later it needs only the futex in
 * the channel. What the allocator prints goes to a file that the judge has
 * opened. The handler of fatal signals describes the signal in the channel, and
 * the judge kills the process.
 */
#define _GNU_SOURCE
#include "worker.h"
#include "worker_parts.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

enum { CHANNEL_FD = 3, HEAP_FD = 4, EXIT_SETUP = 127 };

/* The kernel's SYS_SECCOMP, si_code of a SIGSYS; the C library lacks it. */
enum { BY_FILTER = 1 };

static struct channel *channel;
static uintptr_t stack_top;

/*
 * A call of the kernel without the C library, whose instructions would count
 * (counter_tool.c), and depend on who was faster.
 */
static void call_futex(int operation, uint32_t value)
{
    uint32_t *turn = &channel->turn;
    long result;

#if defined __x86_64__
    register long timeout __asm__("r10") = 0;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_futex), "D"(turn), "S"(operation), "d"(value),
                       "r"(timeout)
                     : "rcx", "r11", "memory");
#elif defined __i386__
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(SYS_futex), "b"(turn), "c"(operation), "d"(value),
                       "S"(0)
                     : "memory");
#else
    result = syscall(SYS_futex, turn, operation, value, NULL, NULL, 0);
#endif
    (void)result; /* whoever wakes up looks whose turn it is */
}

static void give_turn(void)
{
    __atomic_store_n(&channel->turn, TURN_JUDGE, __ATOMIC_RELEASE);
    call_futex(FUTEX_WAKE, 1);
}

static void await_turn(void)
{
    while (__atomic_load_n(&channel->turn, __ATOMIC_ACQUIRE) != TURN_WORKER)
        call_futex(FUTEX_WAIT, TURN_JUDGE);
}

static void hand_over(void)
{
    give_turn();
    await_turn();
}

/* ---- Fatal signals. ---- */

#if defined __x86_64__ || defined __i386__

#ifdef __x86_64__
enum { PC = REG_RIP, SP = REG_RSP };
#else
enum { PC = REG_EIP, SP = REG_ESP };
#endif

static uintptr_t program_counter(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[PC];
}

static uintptr_t stack_pointer(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[SP];
}

#else /* aarch64 */

static uintptr_t program_counter(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.pc;
}

static uintptr_t stack_pointer(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.sp;
}

#endif

/* Is the stack nearly full, and the access near the stack pointer? */
static bool is_stack_overflow(uintptr_t address, uintptr_t sp)
{
    struct rlimit limit;
    uintptr_t near = 65536;

    if (getrlimit(RLIMIT_STACK, &limit) != 0 || sp > stack_top)
        return false;
    return stack_top - sp > limit.rlim_cur / 8 * 7 && address + near > sp &&
           address < sp + near;
}

static enum crash_nature nature_of(const siginfo_t *info, uintptr_t sp)
{
    if (is_stack_overflow((uintptr_t)info->si_addr, sp))
        return CRASH_STACK_OVERFLOW;
    return info->si_code == SI_KERNEL ? CRASH_NO_ADDRESS : CRASH_PLAIN;
}

static void describe_code(struct code *code, uintptr_t address)
{
    Dl_info info;

    if (!dladdr((void *)address, &info) || !info.dli_fname)
        return;
    strncpy(code->object, info.dli_fname, sizeof code->object - 1);
    code->offset = address - (uintptr_t)info.dli_fbase;
}

/* Does the address lie in the allocator's shared object? */
static bool is_allocators(uintptr_t address)
{
    Dl_info its, own;

    return dladdr((void *)(uintptr_t)worker.calls.malloc, &own) &&
           dladdr((void *)address, &its) && its.dli_fbase == own.dli_fbase;
}

/* Where to go on if the stack cannot be walked, for it is overwritten. */
static sigjmp_buf after_walk;
static volatile sig_atomic_t walking;

static _Unwind_Reason_Code visit_frame(struct _Unwind_Context *frame,
                                       void *caller)
{
    uintptr_t call = (uintptr_t)_Unwind_GetIP(frame) - 1;

    if (!is_allocators(call))
        return _URC_NO_REASON;
    describe_code(caller, call);
    return _URC_END_OF_STACK;
}

static void find_caller(struct code *caller)
{
    if (sigsetjmp(after_walk, 0) == 0) {
        walking = true;
        _Unwind_Backtrace(visit_frame, caller);
    }
    walking = false;
}

static void describe_signal(struct crash *crash, int number,
                            const siginfo_t *info, const ucontext_t *context)
{
    uintptr_t pc = program_counter(context);
    uintptr_t sp = stack_pointer(context);

    *crash = (struct crash){.signal = (uint32_t)number, .pc = pc, .sp = sp};
    if (number == SIGSEGV || number == SIGBUS) {
        crash->address = (uintptr_t)info->si_addr;
        crash->nature = nature_of(info, sp);
    }
    if (number == SIGSYS && info->si_code == BY_FILTER)
        crash->address =
            (uint64_t)info->si_arch << 32 | (uint32_t)info->si_syscall;
    describe_code(&crash->code, pc);
    if (!is_allocators(pc))
        find_caller(&crash->caller);
}

/* An access past the end of the heap is noted and then let pass. */
static bool is_overreach(int number, const siginfo_t *info,
                         const ucontext_t *context)
{
    struct overreach *o = &channel->overreach;

    if (number != SIGSEGV || !mem_guard_hit(info->si_addr))
        return false;
    describe_signal(&o->access, number, info, context);
    o->brk = channel->account.brk;
    o->op = channel->first + channel->account.step;
    return true;
}

static void on_fatal_signal(int number, siginfo_t *info, void *context)
{
    if (walking)
        siglongjmp(after_walk, 1);
    if (is_overreach(number, info, context))
        return;
    describe_signal(&channel->crash, number, info, context);
    fflush(stdout);
    channel->verdict = VERDICT_CRASHED;
    channel->reply = REPLY_ENDED;
    give_turn();
    for (;;)
        pause();
}

static void install_handlers(void)
{
    static char stack[65536];
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                                  SIGABRT, SIGSYS, SIGTRAP};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fatal_signal,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

/* ---- Setup. ---- */

static _Noreturn void fail_setup(const char *text)
{
    fprintf(stderr, "%s\n", text);
    exit(EXIT_SETUP);
}

static void map_channel(void)
{
    struct stat status;

    if (fstat(CHANNEL_FD, &status) != 0)
        fail_setup("not started by mdriver; see ./mdriver --help");
    size_t size = (size_t)status.st_size;
    char *base =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, CHANNEL_FD, 0);
    if (base == MAP_FAILED)
        fail_setup("cannot map the channel");
    if (mprotect(base + channel_steps_offset(),
                 channel_log_offset() - channel_steps_offset(), PROT_READ) != 0)
        fail_setup("cannot protect the channel's steps");
    channel = (struct channel *)base;
}

static void map_heap(void)
{
    void *base = (void *)(uintptr_t)channel->heap_base;

    if (channel->heap_base > UINTPTR_MAX ||
        mmap(base, (size_t)channel->heap_span, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED_NOREPLACE, HEAP_FD, 0) != base)
        fail_setup("no address space for a heap of that limit");
}

int main(void)
{
    static char out[4096];

    stack_top = (uintptr_t)__builtin_frame_address(0);
    setvbuf(stdout, out, _IOLBF, sizeof out);
    map_channel();
    map_heap();
    close(CHANNEL_FD);
    close(HEAP_FD);
    install_handlers();
    worker_attach(channel, hand_over);
    channel->ready = 1;
    for (;;) {
        await_turn();
        worker_execute();
        if (!channel->counted)
            fflush(stdout);
        give_turn();
    }
}
