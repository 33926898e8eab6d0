/*
 * channel.h - the memory that judge and worker share, and how they take turns.
 *
 *     judge                                   worker
 *       writes command, batch, steps
 *       turn = TURN_WORKER  ------------------>  executes it, fills the log
 *       reads reply, log, account  <-----------  turn = TURN_JUDGE
 *
 * Each side sleeps on the futex `turn` while the other one has the turn. So the
 * kernel's count of the worker's CPU time is exact then.
 *
 * A batch is at most CHANNEL_BATCH operations of the trace, and the worker sees
 * no others. A step is an operation of the batch; it is numbered from the
 * batch's first. The log has an entry for each step: the address that the
 * allocator returned, 0 for a free, LOG_PENDING until the allocator has
 * returned. If the worker dies or hangs, the first pending entry is the
 * operation at fault.
 *
 * The judge does not trust the worker: it keeps the state it needs in its own
 * memory and checks what it reads here. Fields have fixed widths, and 8-byte
 * fields are aligned, because a 64-bit judge may have a 32-bit worker.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "memlib.h"
#include "base/verdict.h"
#include "trace/op.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHANNEL_BATCH = 16384, CHANNEL_PATH = 4096 };

/* A multiple of every page size, the judge's and the worker's. */
enum { CHANNEL_PAGE = 65536 };

#define LOG_PENDING (~(uint64_t)0)

enum turn { TURN_JUDGE, TURN_WORKER };

enum command {
    COMMAND_LOAD,    /* load the allocator at path */
    COMMAND_RESET,   /* empty the heap */
    COMMAND_INIT,    /* call mm_init, on the heap as it is */
    COMMAND_CHECKED, /* carry out the batch by the checked loop */
    COMMAND_TIMED    /* carry out the batch by the timed loop */
};

enum reply {
    REPLY_NONE,
    REPLY_ENDED, /* see verdict and, if a checked batch stopped early, stop */
    REPLY_EVENTS /* the event buffer is full: empty it, then go on */
};

enum worker_kind { WORKER_LAB, WORKER_SYSTEM, WORKER_NULL };

/* A live block as the worker keeps it in the checked pass, indexed by slot. */
struct worker_block {
    uint64_t address;
    uint64_t size;  /* bytes of payload */
    uint64_t birth; /* number of the operation that allocated it */
};

/*
 * Where a checked batch stopped, and what the worker claims to have found: an
 * enum verdict. VERDICT_OUT_OF_HEAP: an address that it must not write to.
 */
struct stop {
    uint64_t offset; /* into the payload, or from the heap's start */
    uint64_t value;  /* the byte found; what mm_audit returned */
    uint32_t verdict;
    uint32_t step;
    uint32_t moved;   /* the payload had changed after realloc moved it */
    uint32_t watched; /* the byte of the watchpoint has changed */
};

enum crash_nature {
    CRASH_PLAIN,
    CRASH_STACK_OVERFLOW,
    CRASH_NO_ADDRESS /* not canonical, so the processor gives no address */
};

/* A place in a shared object, as addr2line takes it. */
struct code {
    uint64_t offset;
    char object[256]; /* its path, "" if unknown */
};

/* A fatal signal in the worker. */
struct crash {
    uint64_t address; /* the one that was accessed: si_addr. SIGSYS by a filter:
                         the system call, and its architecture from bit 32 on */
    uint64_t pc, sp;
    uint32_t signal;
    uint32_t nature;    /* enum crash_nature */
    struct code code;   /* of pc */
    struct code caller; /* the allocator's innermost call, if pc is not its */
};

/* The first access to a page past the end of the heap, in a checked batch. */
struct overreach {
    /* As if it had been a crash; signal 0: there is none. */
    struct crash access;
    uint64_t brk;        /* of the heap then, bytes */
    uint64_t op;         /* number of the operation in the trace */
};

#define WATCHPOINT_OUTSIDE UINT32_MAX

/*
 * A byte that the worker compares after every step, to find the operation that
 * changes it. It lies in the payload of a slot's block. With WATCHPOINT_OUTSIDE
 * it lies in the heap's region, and is compared while it belongs to neither the
 * heap nor a mapping.
 */
struct watchpoint {
    uint64_t from;   /* compare after this operation and later ones */
    uint64_t offset; /* into the payload, or from the region's start */
    uint32_t slot;
    uint8_t active, expected, pad[2];
};

struct channel {
    /* Set by the judge. */
    uint32_t turn;
    uint32_t command;
    uint32_t count;  /* steps in the batch */
    uint32_t kind;   /* enum worker_kind */
    uint64_t first;  /* number of the batch's first operation in the trace */
    uint64_t secret; /* from which the patterns' seeds are made (pattern.h) */
    uint64_t heap_base;
    uint64_t heap_span; /* bytes of address space for the heap */
    uint64_t slot_count;
    uint64_t stop_at; /* worker_breakpoint is called before this operation */
    uint32_t align;
    uint32_t audit_every; /* operations between audits; 0: none */
    uint32_t jailed;      /* the steps of COMMAND_LOAD are filters (filter.h) */
    uint32_t guards;      /* see accesses past the end of the heap */
    uint32_t counted;     /* the worker's own calls must count nothing */
    uint32_t unused;
    struct watchpoint watchpoint;
    char path[CHANNEL_PATH];

    /* Set by the worker. */
    uint32_t reply;
    uint32_t verdict;  /* enum verdict: how the command ended */
    uint32_t stopped;  /* a checked batch stopped early */
    uint32_t progress; /* steps begun in a checked batch */
    uint32_t ready; /* the worker is set up: later faults are the allocator's */
    uint32_t filling; /* the worker is filling or comparing a payload */
    uint64_t filled;  /* bytes filled or compared in this batch */
    uint64_t object_base; /* address that the allocator's object is loaded at */
    uint32_t has_audit, has_calloc, has_memalign, pad;
    struct stop stop;
    struct crash crash;
    struct overreach overreach;
    char text[512];

    struct mem_account account;
};

/*
 * The layout of the shared file, by offsets in bytes: struct channel; the
 * steps, whole pages that the worker cannot write to; the log; and a table of
 * slots, which has pointers in the timed pass and worker_blocks in the checked
 * one.
 */
static inline size_t channel_steps_offset(void)
{
    return (sizeof(struct channel) + CHANNEL_PAGE - 1) &
           ~(size_t)(CHANNEL_PAGE - 1);
}

static inline size_t channel_log_offset(void)
{
    return channel_steps_offset() + CHANNEL_BATCH * sizeof(struct op);
}

static inline size_t channel_slots_offset(void)
{
    return channel_log_offset() + CHANNEL_BATCH * sizeof(uint64_t);
}

static inline size_t channel_size(uint64_t slot_count)
{
    return channel_slots_offset() +
           (size_t)(slot_count + 1) * sizeof(struct worker_block);
}

_Static_assert(offsetof(struct channel, account) % 8 == 0, "same layout");
_Static_assert(CHANNEL_BATCH * sizeof(struct op) % CHANNEL_PAGE == 0,
               "the steps are whole pages");
_Static_assert(sizeof(struct stop) == 32, "same layout");
_Static_assert(sizeof(struct watchpoint) == 24, "same layout");
_Static_assert(sizeof(struct crash) == 560, "same layout");
_Static_assert(sizeof(struct overreach) == 576, "same layout");

#endif
