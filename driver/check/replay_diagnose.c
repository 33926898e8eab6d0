/*
 * replay_diagnose.c - what went wrong, who did it, and how to see it happen.
 */
#define _GNU_SOURCE
#include "describe.h"
#include "worker/pattern.h"
#include "replay_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool diagnose_ending(const struct replay *r, const struct ending *e,
                     const struct oracle *o, uint64_t op, struct finding *f)
{
    switch (e->kind) {
    case ENDED_LOAD_FAILED:
        snprintf(f->detail, sizeof f->detail, "failed: %s", e->text);
        return finding_set(f, VERDICT_LOAD_FAILED, op);
    case ENDED_INIT_FAILED:
        return finding_text(f, VERDICT_INIT_FAILED, op, "reported failure");
    case ENDED_CRASHED:
        describe_crash(f, e, r->setup.trace, o);
        return finding_set(f, VERDICT_CRASHED, op);
    case ENDED_EXITED:
        snprintf(f->detail, sizeof f->detail,
                 "ended the process, with exit status %d", e->status);
        return finding_set(f, VERDICT_EXITED, op);
    case ENDED_HUNG:
        snprintf(f->detail, sizeof f->detail,
                 "has not returned; the time limit is %g seconds",
                 r->setup.time_limit);
        if (e->text[0])
            snprintf(f->detail, sizeof f->detail, "%s", e->text);
        return finding_set(f, VERDICT_HUNG, op);
    case ENDED_SLOW:
        snprintf(f->detail, sizeof f->detail,
                 "was as far as it got in the time limit of %g seconds: "
                 "operation %llu of %llu",
                 r->setup.time_limit, (unsigned long long)op + 1,
                 (unsigned long long)r->setup.trace->op_count);
        return finding_set(f, VERDICT_TOO_SLOW, op);
    default:
        return finding_text(f, VERDICT_TAMPERED, op, e->text);
    }
}

bool diagnose_start(const struct replay *r, const struct ending *e,
                    const struct oracle *o, enum moment moment,
                    struct finding *f)
{
    f->moment = moment;
    return diagnose_ending(r, e, o, NO_OP, f);
}

bool diagnose_tampering(const struct replay *r, const struct ending *e,
                        uint64_t first, uint32_t count, struct finding *f)
{
    uint32_t done = sandbox_steps_done(r->sandbox, count);

    return finding_text(f, VERDICT_TAMPERED,
                        first + (done < count ? done : count - 1), e->text);
}

/* ---- Where the worker stopped by itself. ---- */

static bool in_payload(uint32_t reason)
{
    return reason == STOP_DAMAGED || reason == STOP_NOT_KEPT ||
           reason == STOP_NOT_ZERO;
}

/* The stop is at the last step that has returned, or at the next. */
bool diagnose_stop(const struct replay *r, uint64_t first, uint32_t done,
                   struct finding *f)
{
    static const char meddled[] = "overwrote the driver's own memory";
    struct stop stop = sandbox_channel(r->sandbox)->stop;
    uint64_t index = first + stop.step;

    if (stop.step >= CHANNEL_BATCH || index >= r->setup.trace->op_count)
        return finding_text(f, VERDICT_TAMPERED, first + done, meddled);
    const struct live *l =
        &r->oracle->live[op_slot(r->setup.trace->ops[index])];
    if (stop.step > done || (in_payload(stop.reason) && stop.offset >= l->size))
        return finding_text(f, VERDICT_TAMPERED, first + done, meddled);
    uint64_t seed = pattern_seed(r->secret, l->birth);
    switch (stop.reason) {
    case STOP_DAMAGED:
    case STOP_NOT_KEPT:
        f->expected = pattern_byte(seed, stop.offset);
        if (stop.reason == STOP_NOT_KEPT)
            f->culprit = index;
        return finding_in_block(f, VERDICT_DATA_LOST, index, l, stop.offset,
                                stop.value);
    case STOP_NOT_ZERO:
        return finding_in_block(f, VERDICT_NOT_ZEROED, index, l, stop.offset,
                                stop.value);
    case STOP_PAST_HEAP:
        f->address = r->oracle->base + stop.offset;
        f->value = stop.value;
        return finding_set(f, VERDICT_WROTE_PAST_HEAP, index);
    case STOP_AUDIT:
        f->value = stop.value;
        return finding_set(f, VERDICT_BAD_HEAP, index);
    case STOP_CONTROL_LOST:
        return finding_text(f, VERDICT_TAMPERED, index,
                            "did not return once, as a call does: longjmp?");
    default:
        return finding_text(f, VERDICT_TAMPERED, index, meddled);
    }
}

/* ---- Who did it? ---- */

/* Replay up to the finding with an eye on the damaged byte; NO_OP if missed. */
static uint64_t watch_replay(struct replay *r, uint64_t last)
{
    uint64_t count;

    if (sandbox_call(r->sandbox, COMMAND_RESET, 0, 0).kind != ENDED_DONE)
        return NO_OP;
    for (uint64_t first = 0; first <= last; first += count) {
        count =
            last + 1 - first < CHANNEL_BATCH ? last + 1 - first : CHANNEL_BATCH;
        replay_feed(r, r->oracle, first, (uint32_t)count);
        struct ending e =
            sandbox_call(r->sandbox, COMMAND_CHECKED, (uint32_t)count, first);
        struct stop stop = sandbox_channel(r->sandbox)->stop;
        if (e.kind == ENDED_STOPPED && stop.reason == STOP_WATCH)
            return first + stop.step;
        if (e.kind != ENDED_DONE)
            return NO_OP;
    }
    return NO_OP;
}

/* What to watch: a byte of a block, by its slot, or one outside the heap. */
static bool choose_watch(const struct replay *r, const struct finding *f,
                         struct watchpoint *w)
{
    const struct trace *t = r->setup.trace;

    if (f->verdict == VERDICT_WROTE_PAST_HEAP && f->moment == AT_END) {
        *w = (struct watchpoint){.offset = f->address - r->oracle->base,
                                 .slot = WATCHPOINT_OUTSIDE,
                                 .active = 1};
        return true;
    }
    if (f->verdict != VERDICT_DATA_LOST || f->placed >= t->op_count)
        return false;
    uint32_t slot = op_slot(t->ops[f->placed]);
    *w = (struct watchpoint){.from = r->oracle->live[slot].birth,
                             .offset = f->offset,
                             .slot = slot,
                             .active = 1,
                             .expected = (uint8_t)f->expected};
    return true;
}

void diagnose_culprit(const struct replay *r, struct finding *f)
{
    struct replay_setup setup = r->setup;
    uint64_t last = f->op != NO_OP ? f->op : setup.trace->op_count - 1;
    struct watchpoint watch;

    if (setup.in_process || setup.fail_at || f->culprit != NO_OP ||
        !choose_watch(r, f, &watch))
        return;
    memset(setup.observers, 0, sizeof setup.observers);
    struct replay *second = replay_open(&setup);
    sandbox_channel(second->sandbox)->watchpoint = watch;
    if (second->load.kind == ENDED_DONE)
        f->culprit = watch_replay(second, last);
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

/* A word for the shell, in quotes where it needs them. */
static void append_word(char *text, size_t size, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=:,+@%";

    if (word[0] && word[strspn(word, plain)] == '\0') {
        append(text, size, " %s", word);
        return;
    }
    append(text, size, " '");
    for (; *word; word++)
        append(text, size, *word == '\'' ? "'\\''" : "%c", *word);
    append(text, size, "'");
}

/*
 * A fault of the checked pass: the allocator inside the driver's process, where
 * gdb has it at once. One of a timed pass, or with a worker for another
 * machine, is to be had in the worker only.
 */
static bool in_driver(const struct oracle *o)
{
    return !WORKER_FOREIGN && !o->lenient;
}

static void append_gdb(char *text, size_t size, bool driver,
                       const struct oracle *o, uint64_t op)
{
    append(text, size, "gdb");
    if (!driver)
        append(text, size,
               " -ex 'set follow-fork-mode child'"
               " -ex 'set breakpoint pending on'");
    if (o->lenient)
        append(text, size, " -ex 'break mm_init'");
    else if (op == NO_OP)
        append(text, size, " -ex 'break worker_execute'");
    else
        append(text, size, " -ex 'break worker_breakpoint'");
    append(text, size, " -ex run%s --args",
           op == NO_OP || o->lenient ? "" : " -ex finish");
}

static void write_reproduce(const struct replay *r, const struct oracle *o,
                            const struct finding *f, struct outcome *out)
{
    const struct replay_setup *s = &r->setup;
    uint64_t op = f->culprit != NO_OP ? f->culprit : f->op;
    bool driver = in_driver(o);
    char *text = out->reproduce;
    size_t size = sizeof out->reproduce;

    text[0] = '\0';
    append_gdb(text, size, driver, o, op);
    append_word(text, size, program_invocation_name);
    append(text, size, driver ? " --in-process" : " -s 100000");
    if (s->align != 16)
        append(text, size, " --align %u", s->align);
    if (s->heap_limit != MEM_DEFAULT_LIMIT)
        append(text, size, " --heap-limit %zu", s->heap_limit);
    if (s->debug > 0)
        append(text, size, " -d %d", s->debug);
    append(text, size, " --seed %llu --allocator", (unsigned long long)s->seed);
    append_word(text, size, s->allocator->text);
    if (op != NO_OP && !o->lenient)
        append(text, size, " --stop-at %llu", (unsigned long long)op + 1);
    append(text, size, s->origin ? " --adversary" : o->lenient ? " -f" : " -c");
    append_word(text, size, s->origin ? s->origin : s->trace->path);
}

void diagnose_conclude(const struct replay *r, const struct oracle *o,
                       struct finding *f, struct outcome *out)
{
    out->verdict = f->verdict;
    if (f->verdict == VERDICT_OK)
        return;
    out->verdict_in_timed_pass = o->lenient;
    if (!o->lenient)
        diagnose_culprit(r, f);
    describe_finding(f, r->setup.trace, o, out->message, sizeof out->message);
    if (f->op != NO_OP)
        out->line = trace_line(r->setup.trace, f->op);
    if (is_lab(r) && f->verdict != VERDICT_LOAD_FAILED)
        write_reproduce(r, o, f, out);
}
