/*
 * replay_open.c - open and close a replay.
 */
#include "base/fatal.h"
#include "base/random.h"
#include "replay_parts.h"

#include <stdlib.h>

static double time_limit(const struct replay_setup *setup)
{
    return setup->counter
               ? COUNTER_SLOWDOWN * setup->time_limit + COUNTER_SECONDS
               : setup->time_limit;
}

static struct sandbox *open_sandbox(const struct replay_setup *setup)
{
    struct sandbox_setup s = {
        .allocator = setup->allocator,
        .heap_limit = setup->heap_limit,
        .align = setup->align,
        .slot_count = setup->trace->slot_count,
        .in_process = setup->in_process,
        .cpu = setup->cpu,
        .may_spin = setup->may_spin,
        .time_limit = time_limit(setup),
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

/* Before the allocator is loaded, only the build can be the reason. */
static void check_counter(struct replay *r)
{
    uint64_t count;

    sandbox_call(r->sandbox, COMMAND_DUMP, 0, 0);
    if (!counter_read(r->setup.counter, &count))
        fatal_usage("valgrind has counted nothing: the worker was built "
                    "without valgrind/callgrind.h, so make clean, and make");
}

struct replay *replay_open(const struct replay_setup *setup)
{
    struct replay *r = check_alloc(calloc(1, sizeof *r));

    r->setup = *setup;
    r->random = setup->seed;
    r->secret = random_next(&r->random);
    r->sandbox = open_sandbox(setup);
    struct channel *c = sandbox_channel(r->sandbox);
    c->secret = r->secret;
    replay_set_audits(r);
    c->stop_at = setup->stop_at;
    r->oracle = open_oracle(r, false);
    r->timed_oracle = open_oracle(r, true);
    r->canary = canary_new(r->timed_oracle, sandbox_heap(r->sandbox),
                           random_next(&r->random));
    if (setup->counter)
        check_counter(r);
    r->load = sandbox_call(r->sandbox, COMMAND_LOAD, 0, 0);
    r->has_memalign = c->has_memalign != 0;
    c->account.fail_at = setup->fail_at;
    return r;
}

void replay_close(struct replay *r)
{
    if (!r)
        return;
    canary_delete(r->canary);
    free(r->leftover);
    oracle_delete(r->oracle);
    oracle_delete(r->timed_oracle);
    sandbox_close(r->sandbox);
    free(r);
}
