/*
 * replay.c - feed a trace to a worker batch by batch, and digest what comes
 * back.
 *
 *     feed      copy operations into the channel, skipping refused blocks
 *     call      the worker carries them out
 *     digest    apply the heap's events and the log of addresses, in order, to
 *               the oracle: the first operation that is wrong ends the pass
 *     visit     at the batch's end look into the shared heap itself
 *
 * The worker stops early where it sees something. That is its claim: what the
 * oracle finds at an earlier operation comes first.
 */
#define _GNU_SOURCE
#include "replay.h"

#include "complain.h"
#include "describe.h"
#include "painter.h"
#include "pattern.h"
#include "random.h"
#include "sandbox.h"
#include "spread.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,
    MOVED = 64,           /* reallocs that moved: as many are remembered */
    PAINTED_BATCHES = 24, /* of a painted pass, at least; twice that on average */
    OVERHEAD_CALLS = 15,  /* empty turns to take the cost of one from */
    VISIT_BYTES = 1 << 18 /* contents looked at after a batch, and ... */
};

struct replay {
    struct replay_setup setup;
    struct sandbox *sandbox;
    struct ending load;
    bool has_memalign;
    struct oracle *oracle; /* of the checked pass, exact */
    struct oracle *later;  /* of timed passes, lenient */
    struct painter *painter;
    uint64_t random, secret;
    uint64_t anonymous; /* bytes of the worker before the first operation */
    uint64_t moved[MOVED], moved_count;
    double overhead; /* ns of CPU that an empty turn costs */
};

static const struct finding nothing = {.op = NO_OP, .birth = NO_OP,
                                       .other_op = NO_OP, .culprit = NO_OP,
                                       .pass = ""};

static bool is_lab(const struct replay *r)
{
    return r->setup.allocator->kind == WORKER_LAB;
}

/* ---- Opening and closing. ---- */

static struct sandbox *open_sandbox(const struct replay_setup *setup)
{
    struct sandbox_setup s = {
        .allocator = setup->allocator,
        .heap_limit = setup->heap_limit,
        .align = setup->align,
        .slot_count = setup->trace->slot_count,
        .in_process = setup->in_process,
        .cpu = setup->cpu,
        .time_limit = setup->time_limit,
        .label = setup->allocator->name,
    };

    return sandbox_open(&s);
}

static struct oracle *open_oracle(struct replay *r, bool lenient)
{
    struct oracle_setup s = {
        .align = r->setup.align,
        .bounded = is_lab(r),
        .lenient = lenient,
        .base = sandbox_channel(r->sandbox)->heap_base,
        .limit = r->setup.heap_limit,
        .slot_count = r->setup.trace->slot_count,
    };

    return oracle_new(&s);
}

static double turn_overhead(struct sandbox *s)
{
    double ns[OVERHEAD_CALLS];

    for (int i = 0; i < OVERHEAD_CALLS; i++) {
        if (sandbox_call(s, COMMAND_EMPTY, 0, 0).kind != ENDED_DONE)
            return 0;
        ns[i] = (double)sandbox_cpu_ns(s);
    }
    return spread_of(ns, OVERHEAD_CALLS).median;
}

/* How often the worker audits, in operations: level 0 only after the last. */
static uint32_t audit_interval(const struct replay_setup *setup)
{
    uint64_t count = setup->trace->op_count;

    if (setup->debug >= 2)
        return 1;
    if (setup->debug == 1)
        return (uint32_t)(count / 100 + 1);
    return count > UINT32_MAX ? 0 : (uint32_t)count;
}

struct replay *replay_open(const struct replay_setup *setup)
{
    struct replay *r = need(calloc(1, sizeof *r));

    r->setup = *setup;
    r->random = setup->seed;
    r->secret = random_next(&r->random);
    r->sandbox = open_sandbox(setup);
    struct channel *c = sandbox_channel(r->sandbox);
    c->secret = r->secret;
    c->audit_every = audit_interval(setup);
    c->stop_at = setup->stop_at;
    r->oracle = open_oracle(r, false);
    r->later = open_oracle(r, true);
    r->painter = painter_new(r->later, sandbox_heap(r->sandbox),
                             random_next(&r->random));
    r->load = sandbox_call(r->sandbox, COMMAND_LOAD, 0, 0);
    r->has_memalign = c->has_memalign != 0;
    c->account.fail_at = setup->fail_at;
    return r;
}

void replay_close(struct replay *r)
{
    if (!r)
        return;
    painter_delete(r->painter);
    oracle_delete(r->oracle);
    oracle_delete(r->later);
    sandbox_close(r->sandbox);
    free(r);
}

/* ---- What an ending means. ---- */

static bool found(struct finding *f, enum verdict verdict, uint64_t op)
{
    f->verdict = verdict;
    f->op = op;
    return false;
}

static bool found_words(struct finding *f, enum verdict verdict, uint64_t op,
                        const char *words)
{
    snprintf(f->detail, sizeof f->detail, "%s", words);
    return found(f, verdict, op);
}

/* The worker is gone, or about to be: op is where it was. */
static bool found_ending(const struct replay *r, const struct ending *e,
                         const struct oracle *o, uint64_t op,
                         struct finding *f)
{
    switch (e->kind) {
    case ENDED_LOAD_FAILED:
        snprintf(f->detail, sizeof f->detail, "cannot be loaded: %s", e->text);
        return found(f, VERDICT_LOAD_FAILED, NO_OP);
    case ENDED_INIT_FAILED:
        return found_words(f, VERDICT_INIT_FAILED, NO_OP, "reported failure");
    case ENDED_CRASHED:
        describe_crash(f, e, r->setup.trace, o);
        return found(f, VERDICT_CRASHED, op);
    case ENDED_EXITED:
        snprintf(f->detail, sizeof f->detail,
                 "ended the process, with exit status %d", e->status);
        return found(f, VERDICT_EXITED, op);
    case ENDED_HUNG:
        snprintf(f->detail, sizeof f->detail,
                 "has not returned; the time limit is %g seconds",
                 r->setup.time_limit);
        return found(f, VERDICT_HUNG, op);
    case ENDED_SLOW:
        snprintf(f->detail, sizeof f->detail,
                 "was as far as it got in the time limit of %g seconds: "
                 "operation %llu of %llu",
                 r->setup.time_limit, (unsigned long long)op + 1,
                 (unsigned long long)r->setup.trace->op_count);
        return found(f, VERDICT_TOO_SLOW, op);
    default:
        return found_words(f, VERDICT_TAMPERED, op, e->text);
    }
}

/* The log is not to be believed any more, but for how far it goes. */
static bool found_tampering(const struct replay *r, const struct ending *e,
                            uint64_t first, uint32_t count, struct finding *f)
{
    uint32_t done = sandbox_steps_done(r->sandbox, count);

    return found_words(f, VERDICT_TAMPERED,
                       first + (done < count ? done : count - 1), e->text);
}

static bool worker_lives(const struct ending *e)
{
    return e->kind == ENDED_DONE || e->kind == ENDED_STOPPED;
}

/* ---- A batch: feed, call, digest. ---- */

/* The operation as this allocator, in this state, is to see it. */
static struct op adapt(const struct replay *r, const struct oracle *o,
                       struct op op)
{
    if (o->live[op_slot(op)].refused && op_kind(op) != OP_FREE_NULL)
        return op_make(OP_SKIP, op_slot(op), 0, 0);
    if (op_kind(op) == OP_ALIGNED && !r->has_memalign)
        return op_make(OP_ALLOC, op_slot(op), op_size(op), 0);
    op.bytes = op_size(op); /* which thread it was is no matter here */
    return op;
}

static void feed(struct replay *r, const struct oracle *o, uint64_t first,
                 uint32_t count)
{
    const struct op *ops = r->setup.trace->ops + first;
    struct op *steps = sandbox_steps(r->sandbox);

    for (uint32_t i = 0; i < count; i++)
        steps[i] = adapt(r, o, ops[i]);
}

static void remember_move(struct replay *r, struct op op, uint64_t index,
                          uint64_t before, uint64_t after)
{
    if (op_kind(op) != OP_REALLOC || before == after)
        return;
    if (r->moved_count < MOVED)
        r->moved[r->moved_count] = index;
    else if (random_below(&r->random, r->moved_count + 1) < MOVED)
        r->moved[random_below(&r->random, MOVED)] = index;
    r->moved_count++;
}

/* A skipped block comes back to life where its slot begins anew. */
static void skip(struct oracle *o, struct op original)
{
    if (op_ends(original))
        o->live[op_slot(original)].refused = false;
}

/* Apply to the oracle the events of one step; returns how many they were. */
static size_t apply_events(struct oracle *o, const struct mem_event *events,
                           size_t count, uint32_t step, uint64_t op)
{
    size_t n = 0;

    while (n < count && events[n].step <= step)
        oracle_event(o, &events[n++], op);
    return n;
}

static bool digest_step(struct replay *r, struct oracle *o, uint32_t step,
                        uint64_t index, struct finding *f)
{
    struct op op = sandbox_steps(r->sandbox)[step];
    uint64_t address = sandbox_log(r->sandbox)[step];
    uint64_t before = o->live[op_slot(op)].address;

    if (op_kind(op) == OP_SKIP) {
        skip(o, r->setup.trace->ops[index]);
        return true;
    }
    bool good = oracle_apply(o, op, index, address, f);
    if (good && o == r->oracle) {
        remember_move(r, op, index, before, address);
        if (r->setup.tape)
            tape_write(r->setup.tape, o, op, index,
                       op_ends(op) ? before : address);
    }
    return good;
}

/*
 * The steps of a batch that have returned. Where the events' times are unknown
 * they are all applied first. *done is the number of steps digested.
 */
static bool digest(struct replay *r, struct oracle *o, uint64_t first,
                   uint32_t count, uint32_t *done, struct finding *f)
{
    uint32_t returned = sandbox_steps_done(r->sandbox, count);
    size_t event_count;
    const struct mem_event *e = sandbox_events(r->sandbox, &event_count);
    size_t applied = 0;

    if (o->lenient)
        applied = apply_events(o, e, event_count, UINT32_MAX, first);
    for (*done = 0; *done < returned; ++*done) {
        applied += apply_events(o, e + applied, event_count - applied, *done,
                                first + *done);
        if (!digest_step(r, o, *done, first + *done, f))
            return false;
    }
    apply_events(o, e + applied, event_count - applied, UINT32_MAX,
                 first + *done);
    return true;
}

/* ---- Where the worker stopped by itself. ---- */

static bool found_in_block(struct finding *f, enum verdict verdict,
                           uint64_t op, const struct live *l, uint64_t offset,
                           uint64_t value)
{
    f->address = l->address;
    f->size = l->size;
    f->birth = l->placed;
    f->offset = offset;
    f->value = value;
    return found(f, verdict, op);
}

static bool in_payload(uint32_t reason)
{
    return reason == STOP_DAMAGED || reason == STOP_NOT_KEPT ||
           reason == STOP_NOT_ZERO;
}

/* done: the batch's steps that have returned; the stop is at the last or next. */
static bool found_stop(const struct replay *r, uint64_t first, uint32_t done,
                       struct finding *f)
{
    static const char meddled[] = "overwrote the driver's own memory";
    struct stop stop = sandbox_channel(r->sandbox)->stop;
    uint64_t index = first + stop.step;

    if (stop.step >= CHANNEL_BATCH || index >= r->setup.trace->op_count)
        return found_words(f, VERDICT_TAMPERED, first + done, meddled);
    const struct live *l =
        &r->oracle->live[op_slot(r->setup.trace->ops[index])];
    if (stop.step > done || (in_payload(stop.reason) && stop.offset >= l->size))
        return found_words(f, VERDICT_TAMPERED, first + done, meddled);
    uint64_t seed = pattern_seed(r->secret, l->birth);
    switch (stop.reason) {
    case STOP_DAMAGED:
    case STOP_NOT_KEPT:
        f->expected = pattern_byte(seed, stop.offset);
        if (stop.reason == STOP_NOT_KEPT)
            f->culprit = index;
        return found_in_block(f, VERDICT_DATA_LOST, index, l, stop.offset,
                              stop.value);
    case STOP_NOT_ZERO:
        return found_in_block(f, VERDICT_NOT_ZEROED, index, l, stop.offset,
                              stop.value);
    case STOP_PAST_HEAP:
        f->address = r->oracle->base + stop.offset;
        f->value = stop.value;
        return found(f, VERDICT_WROTE_PAST_HEAP, index);
    case STOP_AUDIT:
        f->value = stop.value;
        return found(f, VERDICT_BAD_HEAP, index);
    case STOP_CONTROL_LOST:
        return found_words(f, VERDICT_TAMPERED, index,
                           "did not return once, as a call does: longjmp?");
    default:
        return found_words(f, VERDICT_TAMPERED, index, meddled);
    }
}

/* ---- Visits to the heap at moments of the judge's choice. ---- */

static bool block_intact(const struct replay *r, const struct live *l,
                         uint64_t op, struct finding *f)
{
    uint64_t seed = pattern_seed(r->secret, l->birth);
    const unsigned char *p =
        sandbox_heap(r->sandbox) + (l->address - r->oracle->base);
    size_t same = pattern_check(p, l->size, seed);

    if (same == l->size)
        return true;
    f->expected = pattern_byte(seed, same);
    return found_in_block(f, VERDICT_DATA_LOST, op, l, same, p[same]);
}

/* Look at live blocks from a random one on, within a budget of bytes. */
static bool contents_kept(struct replay *r, uint64_t op, uint64_t budget,
                          struct finding *f)
{
    const struct oracle *o = r->oracle;
    uint32_t slot = o->slot_count
                        ? (uint32_t)random_below(&r->random, o->slot_count)
                        : 0;

    for (uint32_t n = 0; n < o->slot_count && budget > 0; n++, slot++) {
        const struct live *l = &o->live[slot % o->slot_count];
        uint64_t cost = l->size + 64;

        if (l->in_use && l->size && !block_intact(r, l, op, f))
            return false;
        budget -= cost < budget ? cost : budget;
    }
    return true;
}

static bool page_is_given(const struct oracle *o, uint64_t at)
{
    return oracle_in_heap(o, o->base + at, PAGE);
}

/* No byte but those of heap and mappings may be other than zero. */
static bool nothing_stray(struct replay *r, const struct oracle *o,
                          struct finding *f)
{
    const unsigned char *heap = sandbox_heap(r->sandbox);
    uint64_t at = o->brk, span = r->setup.heap_limit;

    while ((at = sandbox_next_page(r->sandbox, at)) < span) {
        uint64_t end = (at / PAGE + 1) * PAGE;
        uint64_t size = page_is_given(o, at / PAGE * PAGE) ? 0 : end - at;
        size_t zeros = first_nonzero(heap + at, size);

        if (zeros < size) {
            f->address = o->base + at + zeros;
            f->value = heap[at + zeros];
            return found(f, VERDICT_WROTE_PAST_HEAP,
                         r->setup.trace->op_count - 1);
        }
        at = end;
    }
    return true;
}

static bool nothing_closed(const struct replay *r, struct finding *f)
{
    return sandbox_files_open(r->sandbox) ||
           found_words(f, VERDICT_TAMPERED, NO_OP,
                       ": the allocator closed files of the driver's");
}

/* ---- Who did it? ---- */

static const struct op *find_block_op(const struct replay *r, uint64_t op)
{
    return op < r->setup.trace->op_count ? &r->setup.trace->ops[op] : NULL;
}

/* Replay up to the finding with an eye on the damaged byte; NO_OP if missed. */
static uint64_t watch_replay(struct replay *r, uint64_t last)
{
    uint64_t count;

    if (sandbox_call(r->sandbox, COMMAND_RESET, 0, 0).kind != ENDED_DONE)
        return NO_OP;
    for (uint64_t first = 0; first <= last; first += count) {
        count = last + 1 - first < CHANNEL_BATCH ? last + 1 - first
                                                 : CHANNEL_BATCH;
        feed(r, r->oracle, first, (uint32_t)count);
        struct ending e = sandbox_call(r->sandbox, COMMAND_CHECKED,
                                       (uint32_t)count, first);
        struct stop stop = sandbox_channel(r->sandbox)->stop;
        if (e.kind == ENDED_STOPPED && stop.reason == STOP_WATCH)
            return first + stop.step;
        if (e.kind != ENDED_DONE)
            return NO_OP;
    }
    return NO_OP;
}

/*
 * Damage shows when the block is looked at, which may be long after. A second
 * worker does the same again, as far as there, watching the byte: the same
 * trace gives the same addresses.
 */
static void find_culprit(const struct replay *r, struct finding *f)
{
    struct replay_setup setup = r->setup;
    const struct op *placing = find_block_op(r, f->birth);

    if (f->verdict != VERDICT_DATA_LOST || !placing || setup.in_process ||
        setup.fail_at || f->culprit != NO_OP)
        return;
    uint32_t slot = op_slot(*placing);
    uint64_t birth = r->oracle->live[slot].birth;
    setup.tape = NULL;
    struct replay *second = replay_open(&setup);
    sandbox_channel(second->sandbox)->watch =
        (struct watch){.from = birth, .offset = f->offset, .slot = slot,
                       .active = 1, .expected = (uint8_t)f->expected};
    if (second->load.kind == ENDED_DONE)
        f->culprit = watch_replay(second, f->op);
    replay_close(second);
}

/* ---- The outcome. ---- */

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/*
 * gdb on the driver itself, with the allocator in its process. A worker of
 * other width cannot come in: then gdb follows into the worker.
 */
static const char *gdb_start(void)
{
    return WORKER_BITS == 8 * sizeof(void *)
               ? "gdb"
               : "gdb -ex 'set follow-fork-mode child' "
                 "-ex 'set breakpoint pending on'";
}

static const char *gdb_host(void)
{
    return WORKER_BITS == 8 * sizeof(void *) ? "--in-process" : "-s 100000";
}

static void say_reproduce(const struct replay *r, const struct finding *f,
                          struct outcome *out)
{
    const struct replay_setup *s = &r->setup;
    uint64_t op = f->culprit != NO_OP ? f->culprit : f->op;
    char options[160] = "", stop[64] = "";

    if (s->align != 16)
        append(options, sizeof options, " --align %u", s->align);
    if (s->heap_limit != MEM_DEFAULT_LIMIT)
        append(options, sizeof options, " --heap-limit %zu", s->heap_limit);
    if (s->debug > 0)
        append(options, sizeof options, " -d %d", s->debug);
    if (op != NO_OP)
        append(stop, sizeof stop, " --stop-at %llu",
               (unsigned long long)op + 1);
    snprintf(out->reproduce, sizeof out->reproduce,
             "%s -ex 'break %s' -ex run%s --args %s %s%s --allocator %s%s -c "
             "%s",
             gdb_start(),
             op == NO_OP ? "worker_execute" : "worker_breakpoint",
             op == NO_OP ? "" : " -ex finish", program_invocation_name,
             gdb_host(), options, s->allocator->text, stop, s->trace->path);
}

static void conclude(struct replay *r, const struct oracle *o,
                     struct finding *f, struct outcome *out)
{
    out->verdict = f->verdict;
    if (f->verdict == VERDICT_OK)
        return;
    out->verdict_in_timed_pass = o->lenient;
    if (!o->lenient)
        find_culprit(r, f);
    describe_finding(f, r->setup.trace, o, out->message, sizeof out->message);
    if (f->op != NO_OP)
        out->line = trace_line(r->setup.trace, f->op);
    if (is_lab(r) && f->verdict != VERDICT_LOAD_FAILED)
        say_reproduce(r, f, out);
}

/* What counts as footprint: the larger of what was measured so far. */
static void account(struct replay *r, const struct oracle *o,
                    struct outcome *out)
{
    size_t fixed = r->setup.allocator->static_bytes;
    uint64_t counted = fixed > STATIC_ALLOWANCE ? fixed - STATIC_ALLOWANCE : 0;

    if (!is_lab(r))
        counted = 0; /* its static data is in what was measured */
    out->static_counted = counted;
    if (o->footprint + counted > out->footprint)
        out->footprint = o->footprint + counted;
}

/* ---- The checked pass. ---- */

static void apply_init_events(struct replay *r, struct oracle *o)
{
    size_t count;
    const struct mem_event *events = sandbox_events(r->sandbox, &count);

    apply_events(o, events, count, UINT32_MAX, NO_OP - 1);
}

/* mm_init; where a request was made to fail it has a second try. */
static bool begin_pass(struct replay *r, struct oracle *o, struct finding *f)
{
    sandbox_begin_pass(r->sandbox);
    if (r->load.kind != ENDED_DONE) {
        f->loading = true;
        return found_ending(r, &r->load, o, NO_OP, f);
    }
    struct ending e = sandbox_call(r->sandbox, COMMAND_RESET, 0, 0);
    apply_init_events(r, o);
    if (e.kind == ENDED_INIT_FAILED && r->setup.fail_at && o->refusals > 0) {
        e = sandbox_call(r->sandbox, COMMAND_INIT, 0, 0);
        apply_init_events(r, o);
    }
    if (e.kind != ENDED_DONE)
        return found_ending(r, &e, o, NO_OP, f);
    if (r->setup.allocator->kind == WORKER_SYSTEM)
        r->anonymous = sandbox_anonymous_bytes(r->sandbox);
    return true;
}

/* Under --fail-sbrk a refused operation is no fault: note it and go on. */
static bool forgive(struct replay *r, struct finding *f, struct outcome *out)
{
    if (!r->setup.fail_at || f->verdict != VERDICT_NO_MEMORY)
        return false;
    *f = nothing;
    out->ops_refused++;
    return true;
}

/* A malloc of the system: what it has made resident is its footprint. */
static void measure_resident(struct replay *r)
{
    uint64_t bytes = sandbox_anonymous_bytes(r->sandbox);

    r->oracle->mapped = bytes > r->anonymous ? bytes - r->anonymous : 0;
    if (r->oracle->mapped > r->oracle->footprint)
        r->oracle->footprint = r->oracle->mapped;
}

/*
 * Carry out the batch [first, first + *count); *count becomes the number of
 * operations that are done with.
 */
static bool check_batch(struct replay *r, uint64_t first, uint32_t *count,
                        struct finding *f, struct outcome *out)
{
    uint32_t done, asked = *count;

    feed(r, r->oracle, first, asked);
    struct ending e = sandbox_call(r->sandbox, COMMAND_CHECKED, asked, first);
    if (e.kind == ENDED_TAMPERED)
        return found_tampering(r, &e, first, asked, f);
    bool good = digest(r, r->oracle, first, asked, &done, f);
    if (!good && forgive(r, f, out)) {
        *count = done + 1;
        return true;
    }
    *count = done;
    if (!good)
        return false;
    if (e.kind == ENDED_STOPPED)
        return found_stop(r, first, done, f);
    if (!worker_lives(&e))
        return found_ending(r, &e, r->oracle, first + done, f);
    if (done < asked)
        return found_words(f, VERDICT_TAMPERED, first + done,
                           "was never carried out");
    return true;
}

static uint32_t up_to(uint64_t limit, uint64_t left)
{
    return (uint32_t)(left < limit ? left : limit);
}

/* A batch's length: random, and for the system's mallocs up to a crest. */
static uint32_t next_count(struct replay *r, uint64_t first, uint32_t *crest)
{
    const struct trace *t = r->setup.trace;
    uint64_t size = CHANNEL_BATCH / 2 +
                    random_below(&r->random, CHANNEL_BATCH / 2 + 1);
    uint32_t count = up_to(size, t->op_count - first);

    while (*crest < t->crest_count && t->crest[*crest] < first)
        ++*crest;
    if (is_lab(r) || *crest == t->crest_count)
        return count;
    return up_to(t->crest[*crest] + 1 - first, count);
}

static bool check_batches(struct replay *r, struct finding *f,
                          struct outcome *out)
{
    uint32_t crest = 0, count;

    for (uint64_t op = 0; op < r->setup.trace->op_count; op += count) {
        count = next_count(r, op, &crest);
        bool good = check_batch(r, op, &count, f, out);

        out->ops_done = op + count;
        if (!good)
            return false;
        if (r->setup.allocator->kind == WORKER_SYSTEM)
            measure_resident(r);
        if (is_lab(r) && !contents_kept(r, op + count - (count > 0),
                                        VISIT_BYTES, f))
            return false;
    }
    return true;
}

static bool check_end(struct replay *r, struct finding *f)
{
    uint64_t last = r->setup.trace->op_count - 1;

    return !is_lab(r) || (contents_kept(r, last, UINT64_MAX, f) &&
                          nothing_stray(r, r->oracle, f) &&
                          nothing_closed(r, f));
}

static void note_abilities(struct replay *r, struct outcome *out)
{
    const struct channel *c = sandbox_channel(r->sandbox);

    out->calloc_emulated = !c->has_calloc;
    out->memalign_emulated = !c->has_memalign;
    if (r->load.kind == ENDED_DONE)
        snprintf(out->team, sizeof out->team, "%.*s",
                 (int)sizeof out->team - 1, c->text);
}

/* Free what the trace left, where no reset does it. Not timed. */
static void release(struct replay *r, struct oracle *o, enum command command)
{
    struct op *steps = sandbox_steps(r->sandbox);
    uint32_t count = 0;

    if (r->setup.allocator->kind != WORKER_SYSTEM)
        return;
    for (uint32_t slot = 0; slot < o->slot_count; slot++) {
        if (o->live[slot].in_use)
            steps[count++] = op_make(OP_FREE, slot, 0, 0);
        if (count < CHANNEL_BATCH && slot + 1 < o->slot_count)
            continue;
        sandbox_call(r->sandbox, command, count, 0);
        count = 0;
    }
}

bool replay_checked(struct replay *r, struct outcome *out)
{
    struct finding f = nothing;

    *out = (struct outcome){.verdict = VERDICT_OK};
    if (r->setup.tape)
        tape_begin(r->setup.tape, r->setup.allocator->name, r->setup.trace);
    bool good = begin_pass(r, r->oracle, &f) && check_batches(r, &f, out) &&
                check_end(r, &f);
    note_abilities(r, out);
    account(r, r->oracle, out);
    out->requests_refused = r->oracle->refusals;
    conclude(r, r->oracle, &f, out);
    if (good)
        release(r, r->oracle, COMMAND_CHECKED);
    return good;
}

/* ---- The timed pass. ---- */

/*
 * A painted pass has many short batches, and a boundary before and behind a
 * realloc that is known to move its block: paint before it, look behind it.
 */
static uint64_t choose_spot(struct replay *r)
{
    uint64_t known = r->moved_count < MOVED ? r->moved_count : MOVED;

    if (known > 0)
        return r->moved[random_below(&r->random, known)];
    return random_below(&r->random, r->setup.trace->op_count);
}

static uint32_t timed_count(struct replay *r, uint64_t first)
{
    uint64_t size = CHANNEL_BATCH / 2 +
                    random_below(&r->random, CHANNEL_BATCH / 2 + 1);

    return up_to(size, r->setup.trace->op_count - first);
}

static uint32_t painted_count(struct replay *r, uint64_t first, uint64_t spot)
{
    uint64_t all = r->setup.trace->op_count, left = all - first;
    uint64_t size = 1 + random_below(&r->random, all / PAINTED_BATCHES + 1);

    if (first < spot && spot - first < left)
        left = spot - first;
    else if (first == spot)
        left = 1;
    return up_to(size < CHANNEL_BATCH ? size : CHANNEL_BATCH, left);
}

static bool time_batch(struct replay *r, uint64_t first, uint32_t count,
                       double *ns, struct finding *f)
{
    uint32_t done;

    feed(r, r->later, first, count);
    struct ending e = sandbox_call(r->sandbox, COMMAND_TIMED, count, first);
    *ns += (double)sandbox_cpu_ns(r->sandbox) - r->overhead;
    if (e.kind == ENDED_TAMPERED)
        return found_tampering(r, &e, first, count, f);
    if (r->setup.allocator->kind == WORKER_NULL)
        return true;
    if (!digest(r, r->later, first, count, &done, f))
        return false;
    if (!worker_lives(&e))
        return found_ending(r, &e, r->later, first + done, f);
    return done == count || found_words(f, VERDICT_TAMPERED, first + done,
                                        "was never carried out");
}

static bool time_batches(struct replay *r, bool paint, double *ns,
                         struct finding *f)
{
    uint64_t spot = choose_spot(r), end = r->setup.trace->op_count;
    uint32_t count;

    for (uint64_t first = 0; first < end; first += count) {
        count = paint ? painted_count(r, first, spot) : timed_count(r, first);
        if (paint)
            painter_paint(r->painter, op_slot(r->setup.trace->ops[first]));
        if (!time_batch(r, first, count, ns, f))
            return false;
        if (paint && !painter_check(r->painter, r->setup.trace->ops, first,
                                    count, f))
            return false;
    }
    return true;
}

/* The first timed pass: what does a turn cost, is the C library warm? */
static void prepare_timing(struct replay *r)
{
    if (r->overhead > 0)
        return;
    if (r->setup.allocator->kind == WORKER_SYSTEM)
        sandbox_call(r->sandbox, COMMAND_WARM, 0, 0);
    r->overhead = turn_overhead(r->sandbox);
}

bool replay_timed(struct replay *r, bool paint, double *ns,
                  struct outcome *out)
{
    struct finding f = nothing;

    *ns = 0;
    f.pass = "in a timed pass, after the checked one was passed";
    prepare_timing(r);
    oracle_reset(r->later);
    sandbox_channel(r->sandbox)->watch.active = 0;
    bool good = begin_pass(r, r->later, &f) &&
                time_batches(r, paint && is_lab(r), ns, &f) &&
                (!is_lab(r) || nothing_stray(r, r->later, &f));
    if (is_lab(r))
        account(r, r->later, out);
    conclude(r, r->later, &f, out);
    if (good)
        release(r, r->later, COMMAND_TIMED);
    return good;
}
