/*
 * replay_open.c - open and close a replay.
 */
#include "base/fatal.h"
#include "base/plain_text.h"
#include "base/random.h"
#include "counter.h"
#include "jail.h"
#include "replay_parts.h"

#include <stdio.h>
#include <stdlib.h>

static double time_limit(const struct replay_setup *setup)
{
    return setup->counter
               ? COUNTER_SLOWDOWN * setup->time_limit + COUNTER_SECONDS
               : setup->time_limit;
}

static struct sandbox *open_sandbox(const struct replay *r)
{
    const struct replay_setup *setup = &r->setup;
    struct sandbox_setup s = {
        .allocator = setup->allocator,
        .heap_limit = setup->heap_limit,
        .align = setup->align,
        .slot_count = setup->trace->slot_count,
        .in_process = setup->in_process,
        .cpu = setup->cpu,
        .time_limit = time_limit(setup),
        .jailed = r->watched && !setup->counter,
        .guarded = r->watched && setup->counter,
        .deadline = setup->deadline,
        .counter = setup->counter,
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

/* Operations from audit to audit; 0: no audit. */
static uint32_t audit_interval(const struct replay_setup *setup)
{
    uint64_t count = setup->trace->op_count;

    if (setup->debug >= 2)
        return 1;
    if (setup->debug == 1)
        return (uint32_t)(count / 100 + 1);
    return count > UINT32_MAX ? 0 : (uint32_t)count;
}

void replay_set_audits(struct replay *r)
{
    struct channel *c = sandbox_channel(r->sandbox);

    c->audit_every = audit_interval(&r->setup);
    c->guards = is_lab(r) && !r->setup.in_process;
}

/* The worker knows nothing of the object's own but its calls from here on. */
static void note_loaded(struct replay *r)
{
    const struct channel *c = sandbox_channel(r->sandbox);

    r->has_calloc = c->has_calloc != 0;
    r->has_memalign = c->has_memalign != 0;
    r->object_base = c->object_base;
    if (is_done(&r->load))
        snprintf(r->team, sizeof r->team, "%.*s", (int)sizeof r->team - 1,
                 c->text);
    plain_text(r->team, "\n");
    if (r->watched)
        r->at_load = replay_measure_outside(r);
}

static struct ending load(struct replay *r)
{
    const char *refusal = r->setup.allocator->object.refusal;
    struct ending e = {.verdict = VERDICT_LOAD_FAILED};

    if (!r->setup.untrusted || !refusal[0])
        return sandbox_call(r->sandbox, COMMAND_LOAD, 0, 0);
    snprintf(e.text, sizeof e.text,
             "the object %s; link it with -shared -nostartfiles", refusal);
    return e;
}

/* The loader's own instructions count as well: something has to be there. */
static void check_counter(struct replay *r)
{
    if (counter_read(r->setup.counter) == 0)
        fatal_usage("valgrind has counted nothing: make clean, and make");
}

static void start_worker(struct replay *r)
{
    if (r->setup.counter)
        counter_restart(r->setup.counter);
    r->sandbox = open_sandbox(r);
    r->used = false;
    r->counted.known = (struct outside_use){0};
    struct channel *c = sandbox_channel(r->sandbox);
    c->secret = r->secret;
    replay_set_audits(r);
    c->stop_at = r->setup.stop_at;
    c->counted = r->setup.counter != NULL;
    r->load = load(r);
    if (r->setup.counter)
        check_counter(r);
    note_loaded(r);
    c->account.fail_at = r->setup.fail_at;
}

/* What the first worker printed is shown, and what one with a fault did. */
static void end_worker(struct replay *r)
{
    bool relay = !r->relayed || !r->good;

    r->relayed = true;
    sandbox_close(r->sandbox, relay);
}

static void open_canary(struct replay *r)
{
    r->canary = canary_new(r->timed_oracle, sandbox_heap(r->sandbox),
                           random_next(&r->random));
}

void replay_renew(struct replay *r)
{
    r->outside = 0;
    r->outside_used = (struct outside_use){0};
    if (r->used && r->setup.untrusted) {
        end_worker(r);
        start_worker(r);
        canary_delete(r->canary);
        open_canary(r);
    }
    r->used = true;
}

struct replay *replay_open(const struct replay_setup *setup)
{
    struct replay *r = check_alloc(calloc(1, sizeof *r));

    r->setup = *setup;
    r->watched = is_untrusted(r) && !jail_lacks();
    r->random = setup->seed;
    r->secret = random_next(&r->random);
    start_worker(r);
    r->oracle = open_oracle(r, false);
    r->timed_oracle = open_oracle(r, true);
    open_canary(r);
    return r;
}

void replay_close(struct replay *r)
{
    if (!r)
        return;
    end_worker(r);
    canary_delete(r->canary);
    free(r->leftover);
    oracle_delete(r->oracle);
    oracle_delete(r->timed_oracle);
    free(r);
}
