/*
 * counter_tool.c - a tool of valgrind, under which a worker runs: it counts the
 * instructions that are not the worker's own.
 *
 * Before a piece of code runs, valgrind shows it to the tool, which adds to it
 * what counts. The worker's own program is left as it is: its loop, memlib, and
 * how it waits for its turn. Everything else counts, from the first instruction
 * to the last: the allocator, the C library, code that is made at run time. No
 * call can switch that off, so there is nothing for an allocator to find.
 *
 * The worker's own instructions are counted apart: its loop and memlib's calls
 * need few, and what is more than these need, the judge takes for the
 * allocator's work. The counts lie in pages that the judge shares, and reads
 * while the worker waits. Things that an allocator could do are answered here:
 *
 *   - A call of the kernel could work in place of instructions. The kernel's
 *     filter allows what valgrind needs. So the filter that holds without
 *     valgrind is interpreted here, from when the worker has installed its own;
 *     a call that it traps ends the worker.
 *   - Who maps the worker's own code anew, or protects it otherwise, ends the
 *     worker: other code could lie there.
 *   - A client request of valgrind's, which could run code that valgrind does
 *     not see, is SIGTRAP. The worker makes none.
 *
 * It can still write to valgrind's own memory: the judge compares the count with
 * the CPU time (replay_counted.c).
 */
#include "worker/counter_page.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <pub_tool_basics.h>
#include <pub_tool_aspacemgr.h>
#include <pub_tool_clientstate.h>
#include <pub_tool_libcassert.h>
#include <pub_tool_libcbase.h>
#include <pub_tool_libcfile.h>
#include <pub_tool_libcproc.h>
#include <pub_tool_tooliface.h>
#include <pub_tool_vki.h>
#include <pub_tool_vkiscnums.h>

enum {
    COUNTER_FD = 5, /* after the channel and the heap: process.c */
    MOST_AREAS = 64 /* of files that are mapped when the worker begins */
};

/* Of valgrind's core, which its tools are not told of. */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord,
                              RegWord, RegWord, RegWord, RegWord);
ULong __wrap_vgPlain_di_notify_mmap(Addr at, Bool allow, Int fd);

#ifdef VGA_x86
enum { SHARE = __NR_mmap2, ARCHITECTURE = AUDIT_ARCH_I386 };
#else
enum { SHARE = __NR_mmap, ARCHITECTURE = AUDIT_ARCH_X86_64 };
#endif

/* What the judge sees lies in place of this. */
static struct counter_page shared;

static Addr own_start, own_end; /* of the worker's code */

/* ---- What is left as it is. ---- */

/* The one program that is mapped and can be run is the worker; what else is
 * there is the loader. */
static Bool is_of_worker(const NSegment *s)
{
    const HChar *file = s->hasX ? VG_(am_get_filename)(s) : NULL;
    const HChar *name = file ? VG_(strrchr)(file, '/') : NULL;
    const HChar *own = VG_(strrchr)(VG_(args_the_exename), '/');

    return name && own && VG_(strcmp)(name, own) == 0;
}

static Bool find_own_code(void)
{
    Addr starts[MOST_AREAS];
    Int count = VG_(am_get_segment_starts)(SkFileC, starts, MOST_AREAS);

    for (Int i = 0; i < count; i++) {
        const NSegment *s = VG_(am_find_nsegment)(starts[i]);

        if (is_of_worker(s)) {
            own_start = s->start;
            own_end = s->end + 1;
        }
    }
    return own_end != 0;
}

static void check_change(Addr at, SizeT size)
{
    if (at < own_end && at + size > own_start)
        VG_(exit)(1);
}

static void on_map(Addr at, SizeT size, Bool read, Bool write, Bool run,
                   ULong handle)
{
    (void)read, (void)write, (void)run, (void)handle;
    check_change(at, size);
}

static void on_protect(Addr at, SizeT size, Bool read, Bool write, Bool run)
{
    (void)read, (void)write, (void)run;
    check_change(at, size);
}

/* ---- Counting. ---- */

static void add_to(IRSB *code, uint64_t *sum_at, UInt count)
{
    Addr place = (Addr)sum_at;
    IRExpr *at = IRExpr_Const(sizeof place == 8 ? IRConst_U64(place)
                                                : IRConst_U32((UInt)place));
    IRTemp old = newIRTemp(code->tyenv, Ity_I64);
    IRTemp sum = newIRTemp(code->tyenv, Ity_I64);

    if (count == 0)
        return;
    addStmtToIRSB(code,
                  IRStmt_WrTmp(old, IRExpr_Load(Iend_LE, Ity_I64, at)));
    addStmtToIRSB(
        code, IRStmt_WrTmp(sum, IRExpr_Binop(Iop_Add64, IRExpr_RdTmp(old),
                                             IRExpr_Const(IRConst_U64(count)))));
    addStmtToIRSB(code, IRStmt_Store(Iend_LE, at, IRExpr_RdTmp(sum)));
}

/* Instructions since the last place where they were added. */
struct counts {
    UInt allocator, worker;
};

static void count_statement(struct counts *n, const IRStmt *s)
{
    if (s->tag != Ist_IMark)
        return;
    if (s->Ist.IMark.addr < own_start || s->Ist.IMark.addr >= own_end)
        n->allocator++;
    else
        n->worker++;
}

static void add_counts(IRSB *code, struct counts *n)
{
    add_to(code, &shared.allocator, n->allocator);
    add_to(code, &shared.worker, n->worker);
    *n = (struct counts){0, 0};
}

/* What ran before a place where the code may be left is added there. */
static IRSB *instrument(VgCallbackClosure *closure, IRSB *in,
                        const VexGuestLayout *layout,
                        const VexGuestExtents *extents,
                        const VexArchInfo *info, IRType guest, IRType host)
{
    IRSB *out = deepCopyIRSBExceptStmts(in);
    struct counts n = {0, 0};

    (void)closure, (void)layout, (void)extents, (void)info;
    (void)guest, (void)host;
    for (Int i = 0; i < in->stmts_used; i++) {
        if (in->stmts[i]->tag == Ist_Exit)
            add_counts(out, &n);
        count_statement(&n, in->stmts[i]);
        addStmtToIRSB(out, in->stmts[i]);
    }
    add_counts(out, &n);
    if (in->jumpkind == Ijk_ClientReq)
        out->jumpkind = Ijk_SigTRAP;
    return out;
}

/* ---- Calls of the kernel. ---- */

/* A call as filters see it. */
union call {
    struct seccomp_data data;
    UInt words[sizeof(struct seccomp_data) / sizeof(UInt)];
};

/* What a filter says of a call; of its language, what libseccomp writes. */
static UInt filter_result(const struct filter *f, const union call *call)
{
    UInt a = 0;

    for (UInt i = 0; i < f->length; i++) {
        const struct sock_filter *s = &f->program[i];

        switch (s->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            a = call->words[s->k / sizeof a];
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= s->k;
            break;
        case BPF_JMP | BPF_JA:
            i += s->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            i += a == s->k ? s->jt : s->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            i += a > s->k ? s->jt : s->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            i += a >= s->k ? s->jt : s->jf;
            break;
        case BPF_RET | BPF_K:
            return s->k;
        default:
            return SECCOMP_RET_TRAP;
        }
    }
    return SECCOMP_RET_TRAP;
}

/* Memlib empties its map of pages by a new mapping over private memory. */
static Bool maps_over_private(UInt number, const UWord *arguments)
{
    const NSegment *s = VG_(am_find_nsegment)(arguments[0]);

    return number == SHARE && s && s->kind == SkAnonC &&
           arguments[1] <= s->end + 1 - arguments[0];
}

static Bool is_allowed(UInt number, const UWord *arguments, UInt count)
{
    union call call = {{.nr = (Int)number, .arch = ARCHITECTURE}};

    for (UInt i = 0; i < count && i < 6; i++)
        call.data.args[i] = arguments[i];
    if (maps_over_private(number, arguments))
        call.data.args[3] &= ~(ULong)VKI_MAP_FIXED;
    return filter_result(&shared.allowed, &call) != SECCOMP_RET_TRAP;
}

static UInt filters; /* that the worker has installed */

/* The kernel's filter kills a process that wants to trace others. */
static void before_call(ThreadId id, UInt number, UWord *arguments, UInt count)
{
    (void)id;
    if (filters >= FILTERS && !is_allowed(number, arguments, count))
        VG_(do_syscall)(__NR_ptrace, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void after_call(ThreadId id, UInt number, UWord *arguments, UInt count,
                       SysRes result)
{
    (void)id, (void)count;
    filters += number == __NR_prctl && arguments[0] == VKI_PR_SET_SECCOMP &&
               !sr_isError(result);
}

/* ---- Beginning. ---- */

/* Nobody asks for names of functions. To read those of the C library would take
 * longer than all the rest of valgrind's start. */
ULong __wrap_vgPlain_di_notify_mmap(Addr at, Bool allow, Int fd)
{
    (void)at, (void)allow, (void)fd;
    return 0;
}

static void begin(void)
{
    SysRes r = VG_(do_syscall)(SHARE, (Addr)&shared, sizeof shared,
                               VKI_PROT_READ | VKI_PROT_WRITE,
                               VKI_MAP_SHARED | VKI_MAP_FIXED, COUNTER_FD, 0, 0,
                               0);

    if (sr_isError(r) || !find_own_code())
        VG_(exit)(1);
    VG_(close)(COUNTER_FD);
    VG_(track_new_mem_mmap)(on_map);
    VG_(track_change_mem_mprotect)(on_protect);
}

static void end(Int status)
{
    (void)status;
}

static void introduce(void)
{
    VG_(details_name)("counter");
    VG_(details_description)("a counter of instructions");
    VG_(details_copyright_author)("the malloc lab");
    VG_(details_bug_reports_to)("the malloc lab");
    VG_(basic_tool_funcs)(begin, instrument, end);
    VG_(needs_syscall_wrapper)(before_call, after_call);
}

VG_DETERMINE_INTERFACE_VERSION(introduce)
