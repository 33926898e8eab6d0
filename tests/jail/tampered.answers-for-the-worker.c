/*
 * A malloc that never returns, but carries out all further commands itself,
 * as the worker would. Must be found: tampered.
 */
/* trace: mixed.rep */
/* expect: answered in the worker's place */
#define OWN_MALLOC
#include "channel_finder.h"
#include "worker/pattern.c"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct worker_block blocks[65536];

static void hand_over(struct channel *c)
{
    c->verdict = VERDICT_OK;
    c->reply = REPLY_ENDED;
    __atomic_store_n(&c->turn, TURN_JUDGE, __ATOMIC_RELEASE);
    syscall(SYS_futex, &c->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
    while (__atomic_load_n(&c->turn, __ATOMIC_ACQUIRE) != TURN_WORKER)
        syscall(SYS_futex, &c->turn, FUTEX_WAIT, TURN_JUDGE, NULL, NULL, 0);
}

static void *make_call(struct op op, void *old)
{
    switch (op_call(op)) {
    case CALL_MALLOC:
        return sound_malloc(op_size(op));
    case CALL_CALLOC:
        return sound_calloc(op.arg, op_size(op));
    case CALL_MEMALIGN:
        return sound_memalign((size_t)1 << op.arg, op_size(op));
    case CALL_REALLOC:
        return sound_realloc(old, op_size(op));
    case CALL_FREE:
        sound_free(old);
        return NULL;
    default:
        return NULL;
    }
}

static uint64_t carry_out(struct channel *c, struct op op, uint32_t step)
{
    struct worker_block *b = &blocks[op_slot(op)];
    uint64_t birth = c->first + step, kept = 0;

    if (op_effect(op) == EFFECT_RESIZED)
        birth = b->birth, kept = b->size < op_size(op) ? b->size : op_size(op);
    char *p = make_call(op, op_takes_block(op) ? (void *)b->address : NULL);
    if (p && op_has_block(op) && !op_ends(op)) {
        *b = (struct worker_block){(uintptr_t)p, op_payload(op), birth};
        pattern_fill(p, kept, b->size, pattern_seed(c->secret, birth));
    }
    return (uintptr_t)p;
}

static void serve(struct channel *c, uint32_t from)
{
    char *base = (char *)c;
    const struct op *steps = (void *)(base + channel_steps_offset());
    uint64_t *log = (void *)(base + channel_log_offset());

    for (;; from = 0) {
        for (uint32_t i = from; i < c->count; i++)
            log[i] = carry_out(c, steps[i], i);
        hand_over(c);
    }
}

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();

    if (c && c->command == COMMAND_CHECKED && c->first == 0) {
        memcpy(blocks, (char *)c + channel_slots_offset(),
               c->slot_count * sizeof *blocks);
        serve(c, c->account.step);
    }
    return sound_malloc(size);
}
