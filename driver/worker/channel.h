/*
 * channel.h - the memory that judge and worker share, and the turns they take.
 *
 *     judge                                   worker
 *       writes command, batch, steps
 *       turn = TURN_WORKER  ------------------>  carries it out, filling log
 *       looks at reply, log, account  <--------  turn = TURN_JUDGE
 *
 * One side sleeps on the futex `turn` while the other has it; the worker waits
 * awake for a short while first, for a processor that goes to sleep between two
 * batches starts the next with cold caches and branch predictors. A batch is up to
 * CHANNEL_BATCH steps of the trace; the worker sees no further. The log has an
 * entry a step, LOG_PENDING until the allocator has returned: where a worker
 * dies or hangs, the first pending entry tells in which operation.
 *
 * The judge believes none of it: what it needs it keeps in its own memory,
 * what it reads here it checks. Widths are fixed and 8-byte fields aligned,
 * for the worker may be a 32-bit process under a 64-bit judge.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "memlib.h"
#include "trace/op.h"

#include <stddef.h>
#include <time.h>

enum { CHANNEL_BATCH = 16384, CHANNEL_PATH = 4096 };

/* A multiple of every page size, the judge's and the worker's. */
enum { CHANNEL_PAGE = 65536 };

#define LOG_PENDING (~(uint64_t)0)

enum turn { TURN_JUDGE, TURN_WORKER };

enum { CHANNEL_SPIN_NS = 100000 }; /* how long the worker waits awake */

enum command {
    COMMAND_LOAD,    /* load the allocator at path */
    COMMAND_RESET,   /* empty heap, mm_init */
    COMMAND_INIT,    /* mm_init once more, on the heap as it is */
    COMMAND_CHECKED, /* carry out the batch, with fills and checks */
    COMMAND_TIMED    /* carry out the batch, only the calls */
};

enum reply {
    REPLY_NONE,
    REPLY_DONE,
    REPLY_STOPPED,     /* the batch stopped early: see stop */
    REPLY_EVENTS,      /* the event buffer is full: empty it, then go on */
    REPLY_LOAD_FAILED, /* see text */
    REPLY_INIT_FAILED,
    REPLY_CRASHED /* see crash; the worker waits to be killed */
};

enum stop_reason {
    STOP_NULL,         /* NULL for a size that is not 0 */
    STOP_IMPLAUSIBLE,  /* an address that may not be written to */
    STOP_DAMAGED,      /* contents changed, seen before the operation */
    STOP_NOT_KEPT,     /* contents changed, seen after realloc moved it */
    STOP_NOT_ZERO,     /* calloc returned other bytes than zeros */
    STOP_PAST_HEAP,    /* bytes behind the break are not zero any more */
    STOP_AUDIT,        /* mm_audit returned `value` */
    STOP_CONTROL_LOST, /* the loop was made to go back: longjmp */
    STOP_WATCH         /* the watched byte has changed */
};

enum worker_kind { WORKER_LAB, WORKER_SYSTEM, WORKER_NULL };

/* A live block as the worker keeps it, by slot, in the checked pass. */
struct worker_block {
    uint64_t address, size, birth;
};

struct stop {
    uint64_t offset; /* into the payload, or from the heap's start */
    uint64_t value;  /* the byte found; what mm_audit returned */
    uint32_t reason;
    uint32_t step;
};

enum crash_nature {
    CRASH_PLAIN,
    CRASH_STACK_OVERFLOW,
    CRASH_NO_ADDRESS /* the address is none at all: not canonical */
};

struct crash {
    uint64_t address; /* that was accessed: si_addr */
    uint64_t pc, sp;
    uint64_t object_offset; /* of pc in its shared object */
    uint32_t signal;
    uint32_t nature;  /* enum crash_nature */
    char object[256]; /* the shared object's path, "" if unknown */
};

#define WATCHPOINT_OUTSIDE UINT32_MAX

/*
 * One byte to look at after every step: who changes it? Of a slot's payload,
 * or with WATCH_OUTSIDE of the region, while it is neither heap nor mapping.
 */
struct watchpoint {
    uint64_t from; /* look after this operation and later ones */
    uint64_t offset;
    uint32_t slot;
    uint8_t active, expected, pad[2];
};

struct channel {
    /* Set by the judge. */
    uint32_t turn;
    uint32_t command;
    uint32_t count;  /* steps in the batch */
    uint32_t kind;   /* enum worker_kind */
    uint64_t first;  /* number in the trace of the batch's first step */
    uint64_t secret; /* of the fill pattern */
    uint64_t heap_base;
    uint64_t heap_span; /* bytes of address space for the heap */
    uint64_t slot_count;
    uint64_t stop_at; /* operation before which to call a breakpoint */
    uint32_t align;
    uint32_t audit_every; /* operations between audits, 0 = none */
    uint32_t may_spin;    /* there is a processor for each side */
    uint32_t unused;
    struct watchpoint watchpoint;
    char path[CHANNEL_PATH];

    /* Set by the worker. */
    uint32_t reply;
    uint32_t progress; /* steps begun, in a checked batch */
    uint32_t ready;    /* the worker is set up: what comes is the allocator's */
    uint32_t filling;  /* the worker itself is busy with a payload */
    uint64_t filled;   /* bytes of payload it filled or checked in this batch */
    uint64_t cpu_ns;   /* of the timed loop, of its thread */
    uint32_t has_audit, has_calloc, has_memalign, pad;
    struct stop stop;
    struct crash crash;
    char text[512];

    struct mem_account account;
};

/* Wait awake for the turn to become `wanted`: true if it did in time. */
static inline bool channel_spin(const uint32_t *turn, uint32_t wanted)
{
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        for (int i = 0; i < 32; i++) {
            if (__atomic_load_n(turn, __ATOMIC_ACQUIRE) == wanted)
                return true;
#if defined __x86_64__ || defined __i386__
            __builtin_ia32_pause();
#endif
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec -
                 start.tv_nsec <
             CHANNEL_SPIN_NS);
    return false;
}

/*
 * The shared file: channel, steps (whole pages, read-only to the worker), log,
 * and a table of slots: pointers in the timed pass, `struct held` in the
 * checked one.
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
_Static_assert(sizeof(struct stop) == 24, "same layout");
_Static_assert(sizeof(struct watchpoint) == 24, "same layout");
_Static_assert(sizeof(struct crash) == 296, "same layout");

#endif
