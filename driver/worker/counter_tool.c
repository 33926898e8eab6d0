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
 *   - Valgrind, its translations and the counts lie in the same process:
 *
 *         0x58000000     its program, and the counts in it     own[0]
 *         ...
 *         LATER          what it has mapped                    own[1]
 *
 *     Before each store its address is compared with both ranges, in the
 *     worker's code as well, to which an allocator could jump; a store to one of
 *     them is SIGSEGV. Calls of the kernel with an address there, which could
 *     write, and mappings there end the worker.
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
    MOST_AREAS = 256 /* of one kind, when the worker begins */
};

/* Valgrind maps memory for itself from one address upwards; never so much. */
static const Addr MOST_MAPPED = (Addr)1 << (sizeof(Addr) == 8 ? 35 : 28);

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

extern HChar __executable_start[], _end[]; /* of valgrind's program */

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

/* ---- Valgrind's own memory. ---- */

static void find_own_memory(void)
{
    Addr starts[MOST_AREAS], lowest = ~(Addr)0;
    Int count = VG_(am_get_segment_starts)(SkAnonV, starts, MOST_AREAS);

    for (Int i = 0; i < count; i++)
        if (starts[i] > (Addr)_end && starts[i] < lowest)
            lowest = starts[i];
    shared.own[0] = (struct counter_range){(Addr)__executable_start,
                                           VG_PGROUNDUP((Addr)_end)};
    shared.own[1] = (struct counter_range){lowest, lowest + MOST_MAPPED};
}

/* With a page before it: nothing that begins outside may reach into it. */
static Bool is_near_own(Addr at, SizeT size)
{
    for (Int i = 0; i < COUNTER_RANGES; i++)
        if (at < shared.own[i].end &&
            at + size > shared.own[i].start - VKI_PAGE_SIZE)
            return True;
    return False;
}

static void check_change(Addr at, SizeT size)
{
    if ((at < own_end && at + size > own_start) || is_near_own(at, size))
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

/* As wide as an address. */
static IRConst *constant(Addr value)
{
    return sizeof value == 8 ? IRConst_U64(value) : IRConst_U32((UInt)value);
}

static IRExpr *evaluate(IRSB *code, IRType type, IRExpr *expression)
{
    IRTemp t = newIRTemp(code->tyenv, type);

    addStmtToIRSB(code, IRStmt_WrTmp(t, expression));
    return IRExpr_RdTmp(t);
}

static void add_to(IRSB *code, uint64_t *sum_at, UInt count)
{
    IRExpr *at = IRExpr_Const(constant((Addr)sum_at)), *sum;

    if (count == 0)
        return;
    sum = evaluate(code, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, at));
    sum = evaluate(code, Ity_I64,
                   IRExpr_Binop(Iop_Add64, sum,
                                IRExpr_Const(IRConst_U64(count))));
    addStmtToIRSB(code, IRStmt_Store(Iend_LE, at, sum));
}

/* Instructions since the last place where they were added. */
struct counts {
    UInt allocator, worker;
};

/* One that stores or loads a processor's state is one for each word of it. */
static UInt worth_of(const IRStmt *s)
{
    if (s->tag == Ist_Dirty && s->Ist.Dirty.details->mFx != Ifx_None)
        return (UInt)s->Ist.Dirty.details->mSize / sizeof(uint64_t);
    return s->tag == Ist_IMark;
}

static void count_statement(struct counts *n, const IRStmt *s, Addr instruction)
{
    if (instruction < own_start || instruction >= own_end)
        n->allocator += worth_of(s);
    else
        n->worker += worth_of(s);
}

static void add_counts(IRSB *code, struct counts *n)
{
    add_to(code, &shared.allocator, n->allocator);
    add_to(code, &shared.worker, n->worker);
    *n = (struct counts){0, 0};
}

/* ---- Stores. ---- */

/* The instruction, if it would write to an address in the range, is a fault. */
static void refuse_range(IRSB *code, IRExpr *address, Addr instruction,
                         const VexGuestLayout *layout, struct counter_range own)
{
    Bool wide = sizeof(Addr) == 8;
    IRExpr *start = IRExpr_Const(constant((Addr)own.start));
    IRExpr *size = IRExpr_Const(constant((Addr)(own.end - own.start)));
    IRExpr *offset, *inside;

    offset = evaluate(
        code, wide ? Ity_I64 : Ity_I32,
        IRExpr_Binop(wide ? Iop_Sub64 : Iop_Sub32, address, start));
    inside = evaluate(
        code, Ity_I1,
        IRExpr_Binop(wide ? Iop_CmpLT64U : Iop_CmpLT32U, offset, size));
    addStmtToIRSB(code, IRStmt_Exit(inside, Ijk_SigSEGV, constant(instruction),
                                    layout->offset_IP));
}

/* The address that a statement writes to, or NULL. */
static IRExpr *written_by(const IRStmt *s)
{
    switch (s->tag) {
    case Ist_Store:
        return s->Ist.Store.addr;
    case Ist_StoreG:
        return s->Ist.StoreG.details->addr;
    case Ist_CAS:
        return s->Ist.CAS.details->addr;
    case Ist_LLSC:
        return s->Ist.LLSC.storedata ? s->Ist.LLSC.addr : NULL;
    case Ist_Dirty: /* an instruction that stores a processor's state */
        return s->Ist.Dirty.details->mFx == Ifx_None ||
                       s->Ist.Dirty.details->mFx == Ifx_Read
                   ? NULL
                   : s->Ist.Dirty.details->mAddr;
    default:
        return NULL;
    }
}

static void check_store(IRSB *code, const IRStmt *s, Addr instruction,
                        const VexGuestLayout *layout)
{
    IRExpr *address = written_by(s);

    for (Int i = 0; address && i < COUNTER_RANGES; i++)
        refuse_range(code, address, instruction, layout, shared.own[i]);
}

/* What ran before a place where the code may be left is added there. */
static IRSB *instrument(VgCallbackClosure *closure, IRSB *in,
                        const VexGuestLayout *layout,
                        const VexGuestExtents *extents,
                        const VexArchInfo *info, IRType guest, IRType host)
{
    IRSB *out = deepCopyIRSBExceptStmts(in);
    struct counts n = {0, 0};
    Addr instruction = 0;

    (void)closure, (void)extents, (void)info;
    (void)guest, (void)host;
    for (Int i = 0; i < in->stmts_used; i++) {
        if (in->stmts[i]->tag == Ist_Exit)
            add_counts(out, &n);
        if (in->stmts[i]->tag == Ist_IMark)
            instruction = in->stmts[i]->Ist.IMark.addr;
        count_statement(&n, in->stmts[i], instruction);
        check_store(out, in->stmts[i], instruction, layout);
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

/* Of the calls that are allowed, the most frequent have so many arguments; more
 * are in registers that hold something else. */
static UInt count_arguments(UInt number, UInt count)
{
    if (number == __NR_futex)
        return 2;
    return number == __NR_write ? 3 : count;
}

/* Could the call reach valgrind's memory? An argument may be where it writes,
 * or the start of pages, of which some may be missing. */
static Bool touches_own(UInt number, const UWord *arguments, UInt count)
{
    if (number == __NR_madvise && is_near_own(arguments[0], arguments[1]))
        return True;
    for (UInt i = 0; i < count_arguments(number, count); i++)
        if (is_near_own(arguments[i], 1))
            return True;
    return False;
}

static UInt filters; /* that the worker has installed */

/* The kernel's filter kills a process that wants to trace others. */
static void before_call(ThreadId id, UInt number, UWord *arguments, UInt count)
{
    (void)id;
    if (filters >= FILTERS && (!is_allowed(number, arguments, count) ||
                               touches_own(number, arguments, count)))
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
    find_own_memory();
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
