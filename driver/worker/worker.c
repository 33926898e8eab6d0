/*
 * worker.c - one function for each command of the channel.
 */
#define _GNU_SOURCE
#include "worker.h"

#include "worker_parts.h"

#include <string.h>

enum { STACK_CLEARED = 65536 };

struct worker worker;

__attribute__((noinline)) void worker_clear_stack(void)
{
    char below[STACK_CLEARED];

    explicit_bzero(below, sizeof below);
}

static void init(void)
{
    mem_poison(true);
    bool done = calls_init(&worker.calls);
    mem_poison(false);
    worker_end(done ? VERDICT_OK : VERDICT_INIT_FAILED);
}

static void reset(void)
{
    if (worker.channel->kind == WORKER_LAB) {
        mem_guard(false);
        mem_reset_brk();
    }
    worker_end(VERDICT_OK);
}

static void hand_over_events(void)
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
    worker.blocks = (struct worker_block *)(base + channel_slots_offset());
    mem_attach(as_pointer(channel->heap_base), &channel->account,
               hand_over_events);
}

void worker_execute(void)
{
    struct channel *c = worker.channel;

    switch ((enum command)c->command) {
    case COMMAND_LOAD:
        worker_load();
        return;
    case COMMAND_RESET:
        reset();
        return;
    case COMMAND_INIT:
        init();
        return;
    case COMMAND_CHECKED:
        worker_check_batch();
        return;
    case COMMAND_TIMED:
        worker_time_batch();
    }
}
