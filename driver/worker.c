/*
 * worker.c - carry out batches of a trace on an allocator.
 *
 * Two loops. The timed one makes the calls and keeps the addresses, nothing
 * else. The checked one fills every payload and looks whether it is still
 * there before it is freed or moved, so that damage is seen by whom it hits.
 * It trusts an address only as far as it must to write to it; whether the
 * address is right is for the judge to say, who reads the log.
 */
#define _GNU_SOURCE
#include "worker.h"

#include "../mm.h"
#include "pattern.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How an allocator is called, whatever it is. */
struct calls {
    void *(*malloc)(size_t size);
    void (*free)(void *ptr);
    void *(*realloc)(void *ptr, size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*memalign)(size_t align, size_t size);
    int (*init)(void);
    int (*audit)(void);
    bool init_is_bool; /* true means success */
};

static struct worker {
    struct channel *channel;
    const struct op *steps;
    uint64_t *log;
    uint64_t *pointers; /* by slot, timed pass */
    struct held *held;  /* by slot, checked pass */
    void (*hand_over)(void);
    struct calls calls;
} worker;

static size_t as_size(uint64_t size)
{
    return size > SIZE_MAX ? SIZE_MAX : (size_t)size;
}

static uint64_t as_address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static void *as_pointer(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* ---- Loading. ---- */

/* For allocators without mm_calloc and mm_memalign. */
static void *calloc_by_malloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *p = worker.calls.malloc(count * size);
    if (p)
        memset(p, 0, count * size);
    return p;
}

static void *memalign_by_malloc(size_t align, size_t size)
{
    (void)align;
    return worker.calls.malloc(size);
}

/* The null allocator: what is left is the loop's own cost. */
static void *null_malloc(size_t size)
{
    (void)size;
    return &worker;
}

static void null_free(void *ptr)
{
    (void)ptr;
}

static void *null_resize(void *ptr, size_t size)
{
    (void)size;
    return ptr;
}

static void *null_pair(size_t first, size_t size)
{
    (void)first;
    (void)size;
    return &worker;
}

static const struct calls null_calls = {null_malloc, null_free, null_resize,
                                        null_pair,   null_pair, NULL,
                                        NULL,        false};

static const struct calls system_calls = {malloc,   free, realloc, calloc,
                                          memalign, NULL, NULL,    false};

static bool load_failed(const char *text)
{
    strncpy(worker.channel->text, text, sizeof worker.channel->text - 1);
    worker.channel->reply = REPLY_LOAD_FAILED;
    return false;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* The authors, for the report: a line a field. */
static void note_team(void *library)
{
    const team_t *t = dlsym(library, "team");

    if (t)
        snprintf(worker.channel->text, sizeof worker.channel->text,
                 "%.80s\n%.80s\n%.80s\n%.80s\n%.80s\n", or_empty(t->teamname),
                 or_empty(t->name1), or_empty(t->id1), or_empty(t->name2),
                 or_empty(t->id2));
}

/* A function of the allocator, as dlsym gives it: an object pointer. */
#define FUNCTION(type, library, name) ((type)(uintptr_t)dlsym(library, name))

static bool load_lab(struct calls *calls, const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return load_failed(dlerror());
    calls->malloc = FUNCTION(void *(*)(size_t), library, "mm_malloc");
    calls->free = FUNCTION(void (*)(void *), library, "mm_free");
    calls->realloc = FUNCTION(void *(*)(void *, size_t), library, "mm_realloc");
    calls->init = FUNCTION(int (*)(void), library, "mm_init");
    if (!calls->malloc || !calls->free || !calls->realloc || !calls->init)
        return load_failed("it lacks one of mm_init, mm_malloc, mm_free and "
                           "mm_realloc");
    calls->init_is_bool = dlsym(library, "mm_init_returns_bool") != NULL;
    calls->audit = FUNCTION(int (*)(void), library, "mm_audit");
    calls->calloc = FUNCTION(void *(*)(size_t, size_t), library, "mm_calloc");
    calls->memalign =
        FUNCTION(void *(*)(size_t, size_t), library, "mm_memalign");
    note_team(library);
    return true;
}

static void note_abilities(const struct calls *calls)
{
    worker.channel->has_audit = calls->audit != NULL;
    worker.channel->has_calloc = calls->calloc != NULL;
    worker.channel->has_memalign = calls->memalign != NULL;
}

static void load(void)
{
    struct calls calls = {0};

    if (worker.channel->kind == WORKER_NULL)
        calls = null_calls;
    else if (worker.channel->kind == WORKER_SYSTEM)
        calls = system_calls;
    else if (!load_lab(&calls, worker.channel->path))
        return;
    note_abilities(&calls);
    if (!calls.calloc)
        calls.calloc = calloc_by_malloc;
    if (!calls.memalign)
        calls.memalign = memalign_by_malloc;
    worker.calls = calls;
    worker.channel->reply = REPLY_DONE;
}

static void init(void)
{
    int result = worker.calls.init ? worker.calls.init() : 0;

    if (worker.calls.init && worker.calls.init_is_bool)
        result = (result & 0xff) ? 0 : -1;
    worker.channel->reply = result == 0 ? REPLY_DONE : REPLY_INIT_FAILED;
}

static void reset(void)
{
    if (worker.channel->kind == WORKER_LAB)
        mem_reset_brk();
    init();
}

/* ---- The timed loop. ---- */

/* The rarer kinds: returns what goes into the log. */
static uint64_t call_rare(struct op op, uint64_t *place)
{
    size_t size = as_size(op.bytes);

    switch (op_kind(op)) {
    case OP_REALLOC_NULL:
        return *place = as_address(worker.calls.realloc(NULL, size));
    case OP_REALLOC_FREE:
        return as_address(worker.calls.realloc(as_pointer(*place), 0));
    case OP_CALLOC:
        return *place = as_address(worker.calls.calloc(op.arg, size));
    case OP_ALIGNED:
        return *place =
                   as_address(worker.calls.memalign((size_t)1 << op.arg, size));
    case OP_FREE_NULL:
        worker.calls.free(NULL);
        return 0;
    default:
        return 0;
    }
}

/*
 * Nothing but the calls and their results. The kinds are told apart by plain
 * branches, the commonest first; the place of a block some steps ahead is
 * fetched early, so that its cache miss is not taken for the allocator's.
 */
static void run_timed(const struct op *step, uint32_t count)
{
    enum { AHEAD = 12 };
    void *(*const call_malloc)(size_t) = worker.calls.malloc;
    void (*const call_free)(void *) = worker.calls.free;
    uint64_t *log = worker.log, *slot = worker.pointers;

    for (const struct op *end = step + count; step < end; step++, log++) {
        uint64_t *place = &slot[op_slot(*step)];
        enum op_kind kind = op_kind(*step);

        __builtin_prefetch(&slot[op_slot(step[AHEAD])]);
        if (kind == OP_ALLOC) {
            *log = *place = as_address(call_malloc(as_size(step->bytes)));
        } else if (kind == OP_FREE) {
            call_free(as_pointer(*place));
            *log = 0;
        } else if (kind == OP_REALLOC) {
            *log = *place = as_address(
                worker.calls.realloc(as_pointer(*place), as_size(step->bytes)));
        } else {
            *log = call_rare(*step, place);
        }
    }
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void time_batch(void)
{
    struct channel *c = worker.channel;
    uint64_t start = thread_cpu_ns();
    run_timed(worker.steps, c->count);
    c->cpu_ns = thread_cpu_ns() - start;
    c->reply = REPLY_DONE;
}

/* ---- The checked loop. ---- */

/* May size bytes at address be written to without harm to the worker? */
static bool plausible(uint64_t address, uint64_t size)
{
    const struct channel *c = worker.channel;
    uint64_t at = address - c->heap_base;

    if (address % 8 != 0)
        return false;
    if (c->kind != WORKER_LAB)
        return true;
    return address >= c->heap_base && at <= c->heap_span &&
           size <= c->heap_span - at;
}

static bool stop(uint32_t step, enum stop_reason reason, uint64_t offset,
                 uint64_t value)
{
    worker.channel->stop = (struct stop){offset, value, reason, step};
    return false;
}

static uint64_t seed_of(const struct held *h)
{
    return pattern_seed(worker.channel->secret, h->birth);
}

static bool stop_at_byte(uint32_t step, enum stop_reason reason,
                         const void *payload, uint64_t offset)
{
    return stop(step, reason, offset, ((const uint8_t *)payload)[offset]);
}

/* Is the block's payload what it was filled with, in its first size bytes? */
static bool payload_kept(uint32_t step, const struct held *h, uint64_t size,
                         enum stop_reason reason)
{
    const void *payload = as_pointer(h->address);
    size_t same = pattern_check(payload, (size_t)size, seed_of(h));

    return same == size || stop_at_byte(step, reason, payload, same);
}

/* A block was handed out: remember it and fill it. */
static bool hold(uint32_t step, struct op op, uint64_t address)
{
    struct held *h = &worker.held[op_slot(op)];
    uint64_t size = op_payload(op);

    *h = (struct held){address, size, worker.channel->first + step};
    if (size == 0)
        return true;
    if (address == 0)
        return stop(step, STOP_NULL, 0, 0);
    if (!plausible(address, size))
        return stop(step, STOP_IMPLAUSIBLE, 0, 0);
    void *payload = as_pointer(address);
    if (op_kind(op) == OP_CALLOC) {
        size_t zeros = first_nonzero(payload, (size_t)size);

        if (zeros < size)
            return stop_at_byte(step, STOP_NOT_ZERO, payload, zeros);
    }
    pattern_fill(payload, 0, (size_t)size, seed_of(h));
    return true;
}

static uint64_t allocate(struct op op)
{
    size_t size = as_size(op_size(op));

    switch (op_kind(op)) {
    case OP_CALLOC:
        return as_address(worker.calls.calloc(op.arg, size));
    case OP_ALIGNED:
        return as_address(worker.calls.memalign((size_t)1 << op.arg, size));
    case OP_REALLOC_NULL:
        return as_address(worker.calls.realloc(NULL, size));
    default:
        return as_address(worker.calls.malloc(size));
    }
}

static bool check_begin(uint32_t step, struct op op)
{
    uint64_t address = allocate(op);

    worker.log[step] = address;
    return hold(step, op, address);
}

static bool check_end(uint32_t step, struct op op)
{
    struct held *h = &worker.held[op_slot(op)];
    void *result = NULL;

    if (h->address && !payload_kept(step, h, h->size, STOP_DAMAGED))
        return false;
    if (op_kind(op) == OP_FREE)
        worker.calls.free(as_pointer(h->address));
    else
        result = worker.calls.realloc(as_pointer(h->address), 0);
    worker.log[step] = as_address(result);
    return true;
}

/*
 * Where realloc leaves the block in place nothing was copied, and its bytes
 * are looked at when it moves or is freed: so a vector that grows in place
 * does not cost its whole size at every step.
 */
static bool check_realloc(uint32_t step, struct op op)
{
    struct held *h = &worker.held[op_slot(op)];
    uint64_t old = h->size, size = op_size(op), before = h->address;
    uint64_t kept = size < old ? size : old;
    uint64_t address =
        as_address(worker.calls.realloc(as_pointer(before), as_size(size)));

    worker.log[step] = address;
    if (address == 0)
        return stop(step, STOP_NULL, 0, 0);
    if (!plausible(address, size))
        return stop(step, STOP_IMPLAUSIBLE, 0, 0);
    h->address = address;
    h->size = size;
    if (address != before && !payload_kept(step, h, kept, STOP_NOT_KEPT))
        return false;
    pattern_fill(as_pointer(address), (size_t)kept, (size_t)size, seed_of(h));
    return true;
}

static bool check_free_null(uint32_t step, struct op op)
{
    (void)op;
    worker.calls.free(NULL);
    worker.log[step] = 0;
    return true;
}

static bool check_skip(uint32_t step, struct op op)
{
    (void)op;
    worker.log[step] = 0;
    return true;
}

static bool (*const check_kind[OP_KINDS])(uint32_t step, struct op op) = {
    [OP_ALLOC] = check_begin,      [OP_FREE] = check_end,
    [OP_REALLOC] = check_realloc,  [OP_REALLOC_NULL] = check_begin,
    [OP_REALLOC_FREE] = check_end, [OP_CALLOC] = check_begin,
    [OP_ALIGNED] = check_begin,    [OP_FREE_NULL] = check_free_null,
    [OP_SKIP] = check_skip,
};

/* The bytes just behind the break belong to nobody, and are zero. */
static bool break_respected(uint32_t step)
{
    const struct mem_account *a = &worker.channel->account;
    enum { LOOK = 64 };

    if (worker.channel->kind != WORKER_LAB || a->brk + LOOK > a->map_floor)
        return true;
    const unsigned char *end = (unsigned char *)mem_heap_hi() + 1;
    size_t zeros = first_nonzero(end, LOOK);
    return zeros == LOOK ||
           stop(step, STOP_PAST_HEAP, a->brk + zeros, end[zeros]);
}

static bool audit_passed(uint32_t step)
{
    const struct channel *c = worker.channel;

    if (!worker.calls.audit || c->audit_every == 0 ||
        (c->first + step + 1) % c->audit_every != 0)
        return true;
    int broken = worker.calls.audit();
    return broken == 0 || stop(step, STOP_AUDIT, 0, (uint64_t)broken);
}

/* The byte that is watched, NULL where there is nothing to see of it now. */
static const uint8_t *watched_byte(const struct watch *w)
{
    const struct channel *c = worker.channel;
    const struct held *h;

    if (w->slot == WATCH_OUTSIDE)
        return w->offset < c->account.brk || w->offset >= c->account.map_floor
                   ? NULL
                   : as_pointer(c->heap_base + w->offset);
    h = &worker.held[w->slot];
    return h->size <= w->offset ? NULL /* not filled that far yet */
                                : as_pointer(h->address + w->offset);
}

static bool watch_silent(uint32_t step)
{
    const struct watch *w = &worker.channel->watch;

    if (!w->active || worker.channel->first + step < w->from)
        return true;
    const uint8_t *byte = watched_byte(w);
    return !byte || *byte == w->expected ||
           stop(step, STOP_WATCH, w->offset, *byte);
}

static bool check_step(uint32_t step)
{
    struct op op = worker.steps[step];

    if (worker.channel->first + step == worker.channel->stop_at)
        worker_breakpoint();
    worker.channel->progress = step + 1;
    worker.channel->account.step = step;
    if (!check_kind[op_kind(op)](step, op))
        return false;
    if (worker.channel->progress != step + 1)
        return stop(step, STOP_CONTROL_LOST, 0, 0);
    return break_respected(step) && watch_silent(step) && audit_passed(step);
}

static void run_checked(void)
{
    struct channel *c = worker.channel;
    uint32_t count = c->count;

    c->progress = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (c->progress != i) {
            stop(i, STOP_CONTROL_LOST, 0, 0);
            c->reply = REPLY_STOPPED;
            return;
        }
        if (!check_step(i)) {
            c->reply = REPLY_STOPPED;
            return;
        }
    }
    c->reply = REPLY_DONE;
}

__attribute__((noinline)) void worker_breakpoint(void)
{
    __asm__ volatile("");
}

/* ---- Commands. ---- */

/*
 * The C library returns memory to the kernel, and faults it in again, until it
 * has seen a large block freed; a long-running program has. One such block
 * puts it there.
 */
static void warm(void)
{
    void *volatile large = worker.calls.malloc(((size_t)32 << 20) - 65536);

    worker.calls.free(large);
    worker.channel->reply = REPLY_DONE;
}

static void drain_events(void)
{
    worker.channel->reply = REPLY_EVENTS;
    worker.hand_over();
}

void worker_attach(struct channel *channel, void (*hand_over)(void))
{
    char *base = (char *)channel;

    worker = (struct worker){.channel = channel, .hand_over = hand_over};
    worker.steps = (const struct op *)(base + channel_steps_offset());
    worker.log = (uint64_t *)(base + channel_log_offset());
    worker.pointers = (uint64_t *)(base + channel_slots_offset());
    worker.held = (struct held *)(base + channel_slots_offset());
    mem_attach(as_pointer(channel->heap_base), &channel->account, drain_events);
}

void worker_execute(void)
{
    struct channel *c = worker.channel;

    switch ((enum command)c->command) {
    case COMMAND_LOAD:
        load();
        return;
    case COMMAND_RESET:
        reset();
        return;
    case COMMAND_INIT:
        init();
        return;
    case COMMAND_CHECKED:
        run_checked();
        return;
    case COMMAND_TIMED:
        time_batch();
        return;
    case COMMAND_WARM:
        warm();
    }
}
