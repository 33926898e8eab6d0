/*
 * subject.c - replay a trace, marking the allocator's instructions.
 *
 * Each of five kinds of calls has one function that sets mark->counting, calls
 * the allocator, and clears it. With `nothing`, one instruction that returns,
 * in the allocator's place, the same function costs the marking plus 1.
 */
#define _GNU_SOURCE
#include "subject.h"

#include "base/random.h"
#include "../memlib.h"
#include "mark.h"
#include "worker/calls.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

struct mark *mark;

/* Arguments of any of the calls. */
struct request {
    void *block;
    size_t size, extra; /* calloc's count, memalign's alignment */
    uint32_t counted;   /* the value for mark->counting during the call */
};

static struct calls calls;

/* ---- Marking. ---- */

void mark_step(void)
{
    syscall(SYS_tgkill, getpid(), (int)syscall(SYS_gettid), SIGSTOP);
}

int mark_leave(void)
{
    if (!mark || !mark->counting)
        return 0;
    mark->counting = 0;
    return 1;
}

void mark_return(void)
{
    mark_step();
    mark->counting = 1;
}

/* ---- The counted calls. ---- */

/* "ret": of x86-64, of aarch64 and of others. */
void nothing(void);
__asm__(".text\n.globl nothing\nnothing:\n    ret\n");

static __attribute__((noinline)) void *call_malloc(const struct request *r)
{
    mark->counting = r->counted;
    void *block = calls.malloc(r->size);
    mark->counting = 0;
    return block;
}

static __attribute__((noinline)) void *call_free(const struct request *r)
{
    mark->counting = r->counted;
    calls.free(r->block);
    mark->counting = 0;
    return NULL;
}

static __attribute__((noinline)) void *call_realloc(const struct request *r)
{
    mark->counting = r->counted;
    void *block = calls.realloc(r->block, r->size);
    mark->counting = 0;
    return block;
}

static __attribute__((noinline)) void *call_calloc(const struct request *r)
{
    mark->counting = r->counted;
    void *block = calls.calloc(r->extra, r->size);
    mark->counting = 0;
    return block;
}

static __attribute__((noinline)) void *call_memalign(const struct request *r)
{
    mark->counting = r->counted;
    void *block = calls.memalign(r->extra, r->size);
    mark->counting = 0;
    return block;
}

static void *(*const call_of[])(const struct request *) = {
    [CALL_MALLOC] = call_malloc,     [CALL_FREE] = call_free,
    [CALL_REALLOC] = call_realloc,   [CALL_CALLOC] = call_calloc,
    [CALL_MEMALIGN] = call_memalign,
};

static struct request request_of(struct op op, void *block)
{
    struct request r = {block, op_size(op), op.arg, 0};

    if (!op_takes_block(op))
        r.block = NULL;
    if (op_argument(op) == ARGUMENT_ALIGNMENT)
        r.extra = (size_t)1 << op.arg;
    return r;
}

/* ---- The allocator. ---- */

static _Noreturn void end_subject(enum mark_end status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(mark->text, sizeof mark->text, format, args);
    va_end(args);
    _exit(status);
}

/* For allocators without: the allocation is a malloc, and counts as one. */
static void *calloc_by_malloc(size_t count, size_t size)
{
    return calls.malloc(count * size);
}

static void *memalign_by_malloc(size_t align, size_t size)
{
    (void)align;
    return calls.malloc(size);
}

static void load(const char *path)
{
    void *library;
    const char *failure = calls_load(&calls, path, &library);

    if (failure && library)
        end_subject(END_UNLOADED, "%s: %s", path, failure);
    if (failure)
        end_subject(END_UNLOADED, "%s", failure); /* the loader names path */
    if (!calls.calloc)
        calls.calloc = calloc_by_malloc;
    if (!calls.memalign)
        calls.memalign = memalign_by_malloc;
    mem_init();
    if (!calls_init(&calls))
        end_subject(END_UNLOADED, "%s: mm_init failed", path);
}

/* ---- The loop. ---- */

/* Carry out one operation, stepped. */
static void *step(uint64_t number, int call, struct request *r)
{
    mark->op = number;
    mark->moved = 0;
    r->counted = 1;
    mark->active = 1;
    mark_step();
    void *block = call_of[call](r);
    mark->active = 0;
    if (mark->moved > mark->max_moved) {
        mark->max_moved = mark->moved;
        mark->max_moved_op = number;
    }
    return block;
}

static void calibrate(uint64_t first)
{
    calls.malloc = (void *(*)(size_t))nothing;
    calls.free = (void (*)(void *))nothing;
    calls.realloc = (void *(*)(void *, size_t))nothing;
    calls.calloc = calls.memalign = (void *(*)(size_t, size_t))nothing;
    for (int call = 0; call < CALL_NOTHING; call++)
        step(first + (uint64_t)call, call, &(struct request){0});
}

/* End the subject where the operation had to return a block and did not. */
static void check_result(const void *block, struct op op, uint64_t number)
{
    if (block || op_ends(op) || op_payload(op) == 0 || !op_has_block(op))
        return;
    mark->op = number;
    _exit(END_REFUSED);
}

static void replay(const struct subject *s, void **blocks)
{
    uint64_t random = 1;

    for (uint64_t i = 0; i < s->ops; i++) {
        struct op op = s->trace->ops[i];
        struct request r = request_of(op, blocks[op_slot(op)]);
        enum op_call call = op_call(op);

        if (call == CALL_NOTHING)
            continue;
        mark->op = i;
        void *block = random_below(&random, s->ops) < s->sample
                          ? step(i, (int)call, &r)
                          : call_of[call](&r);
        check_result(block, op, i);
        if (op_has_block(op))
            blocks[op_slot(op)] = block;
    }
}

_Noreturn void subject_run(const struct subject *s)
{
    void **blocks = calloc((size_t)s->trace->slot_count + 1, sizeof *blocks);

    if (!blocks)
        end_subject(END_UNLOADED, "out of memory");
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        end_subject(END_UNTRACED, "%s", strerror(errno));
    calibrate(s->ops);
    load(s->library);
    replay(s, blocks);
    _exit(END_DONE);
}
