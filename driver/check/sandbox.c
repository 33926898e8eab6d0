/*
 * sandbox.c - take turns with a worker, and find out how a call ended.
 *
 * After every call, the judge compares its part of the channel with a copy: an
 * allocator that overwrites that part gets the verdict tampered.
 */
#define _GNU_SOURCE
#include "sandbox.h"
#include "jail.h"

#include "counter.h"

#include "base/clock.h"
#include "base/fatal.h"
#include "base/plain_text.h"
#include "worker/worker.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SLICE_MS = 50,       /* time between looks whether a worker has died */
    GRACE_MS = 300,      /* a worker is too slow, not hung, if an operation */
    GRACE_SLICES = 200,  /* returns in so much CPU time, or so many slices */
    WALL_FACTOR = 10,    /* limit of wall-clock time: so many time limits */
    WALL_SECONDS = 60,   /* and so many seconds */
    MAX_EVENTS = 1 << 21 /* more in one call are an endless loop */
};

/* Bytes that a worker fills, checks or clears per second, at least. In a
 * virtual machine the first touch of a page may take ten microseconds. */
static const double FILL_RATE = 128.0 * 1024 * 1024;

/* Times of a pass, in seconds. */
struct meter {
    double wall, cpu; /* the two clocks when the pass began */
    double slept;     /* by the worker, during calls */
    double filling;   /* allowance for bytes of the calls before this */
};

struct sandbox {
    struct sandbox_setup setup;
    struct channel *channel;
    size_t channel_size;
    struct channel *copy; /* of the judge's part of the channel */
    unsigned char *heap;
    size_t heap_span;
    int channel_fd, heap_fd;
    struct op *steps;       /* copied into the channel for each batch */
    struct process process; /* none with --in-process */
    struct place place;     /* where the worker waits; 0: unknown */
    uint64_t own_ns;        /* CPU time of calls --in-process */
    struct meter meter;
    struct mem_event *events;
    size_t event_count, event_capacity;
};

/* The part of the channel that only the judge writes. */
enum {
    JUDGE_PART = offsetof(struct channel, command),
    JUDGE_PART_END = offsetof(struct channel, reply)
};

/* ---- Starting. ---- */

static void *map_file(int fd, size_t size, void *at)
{
    void *base = mmap(at, size, PROT_READ | PROT_WRITE,
                      MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0), fd, 0);

    if (base == MAP_FAILED)
        fatal_usage("cannot map %zu bytes: %s", size, strerror(errno));
    return base;
}

static void make_memory(struct sandbox *s)
{
    struct channel *c;
    void *base = s->setup.counter ? counter_heap_base(s->setup.heap_limit)
                                  : mem_preferred_base(s->setup.heap_limit);

    s->heap_span = s->setup.heap_limit;
    s->channel_size = channel_size(s->setup.slot_count);
    s->channel_fd = process_shared_file("channel", s->channel_size);
    s->heap_fd = process_shared_file("heap", s->heap_span);
    s->channel = map_file(s->channel_fd, s->channel_size, NULL);
    s->heap =
        map_file(s->heap_fd, s->heap_span, s->setup.in_process ? base : NULL);
    s->copy = check_alloc(calloc(1, sizeof *s->copy));
    s->steps = check_alloc(calloc(CHANNEL_BATCH, sizeof *s->steps));
    c = s->channel;
    c->heap_base = (uint64_t)(uintptr_t)base;
    c->heap_span = s->heap_span;
    c->account.limit = s->heap_span;
    c->slot_count = s->setup.slot_count;
    c->align = s->setup.align;
    c->stop_at = UINT64_MAX;
    c->kind = s->setup.allocator->kind;
    strncpy(c->path, s->setup.allocator->path, sizeof c->path - 1);
}

/* ---- Events. ---- */

static void keep_events(struct sandbox *s)
{
    struct mem_account *a = &s->channel->account;
    size_t count = a->event_count < MEM_EVENTS ? a->event_count : MEM_EVENTS;

    if (count == 0)
        return;
    if (s->event_count + count > s->event_capacity) {
        s->event_capacity = (s->event_count + count) * 2;
        s->events = check_alloc(
            realloc(s->events, s->event_capacity * sizeof *s->events));
    }
    memcpy(s->events + s->event_count, a->events, count * sizeof *s->events);
    s->event_count += count;
    a->event_count = 0;
}

static struct sandbox *in_process;

static void drain_in_process(void)
{
    keep_events(in_process);
}

/* For a worker that the judge does not stop; more than any pass may take. */
static uint64_t cpu_limit(const struct sandbox_setup *setup)
{
    return (uint64_t)(WALL_FACTOR * setup->time_limit) + WALL_SECONDS;
}

/* The channel's own steps. */
static struct op *channel_steps(const struct sandbox *s)
{
    return (struct op *)((char *)s->channel + channel_steps_offset());
}

static void make_filters(struct sandbox *s)
{
    struct filter *filters = (struct filter *)channel_steps(s);
    pid_t pid = s->process.pid;

    s->channel->jailed = s->setup.jailed || s->setup.guarded;
    if (s->setup.jailed)
        for (enum filter_stage stage = 0; stage < FILTERS; stage++)
            jail_make_filter(&filters[stage], stage, pid);
    else if (s->setup.guarded) {
        jail_make_refusals(filters, pid);
        jail_make_filter(&s->setup.counter->page->allowed, FILTER_RUNNING, pid);
    }
}

struct sandbox *sandbox_open(const struct sandbox_setup *setup)
{
    struct sandbox *s = check_alloc(calloc(1, sizeof *s));

    s->setup = *setup;
    make_memory(s);
    struct process_setup process = {.allocator = setup->allocator,
                                    .channel_fd = s->channel_fd,
                                    .heap_fd = s->heap_fd,
                                    .jailed = setup->jailed,
                                    .span = s->heap_span + s->channel_size,
                                    .seconds = cpu_limit(setup),
                                    .cpu = setup->cpu,
                                    .counter = setup->counter};
    s->process = process_start(setup->in_process ? NULL : &process);
    make_filters(s);
    if (setup->in_process) {
        in_process = s;
        worker_attach(s->channel, drain_in_process);
    }
    sandbox_begin_pass(s);
    return s;
}

/* ---- Taking turns. ---- */

static void wake_worker(struct sandbox *s)
{
    __atomic_store_n(&s->channel->turn, TURN_WORKER, __ATOMIC_RELEASE);
    syscall(SYS_futex, &s->channel->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool has_turn(const struct sandbox *s)
{
    return __atomic_load_n(&s->channel->turn, __ATOMIC_ACQUIRE) == TURN_JUDGE;
}

static void sleep_on_turn(struct sandbox *s, int ms)
{
    struct timespec slice = {0, ms * 1000000L};

    syscall(SYS_futex, &s->channel->turn, FUTEX_WAIT, TURN_WORKER, &slice, NULL,
            0);
}

static double cpu_of(const struct sandbox *s)
{
    return s->process.pid ? process_cpu_seconds(&s->process) : 0;
}

/*
 * Sleep for a slice; if the worker sleeps too, count its time. Most calls take
 * less than one slice, and to ask for CPU time is a call of the kernel.
 */
static void wait_for_turn(struct sandbox *s)
{
    sleep_on_turn(s, SLICE_MS);
    if (has_turn(s))
        return;
    double wall = clock_seconds(), cpu = cpu_of(s);

    sleep_on_turn(s, SLICE_MS);
    if (has_turn(s) || !process_sleeps(&s->process))
        return;
    double slept = clock_seconds() - wall - (cpu_of(s) - cpu);
    if (slept > 0)
        s->meter.slept += slept;
}

/*
 * Seconds that filling and checking, and clearing what was given back, may have
 * taken in this call: the worker's word, but only where payloads are filled.
 */
static double filling(const struct sandbox *s)
{
    const struct channel *c = s->channel;

    return s->copy->command == COMMAND_CHECKED
               ? (double)(c->filled + c->account.cleared) / FILL_RATE
               : 0;
}

double sandbox_seconds_used(const struct sandbox *s)
{
    return cpu_of(s) - s->meter.cpu + s->meter.slept - s->meter.filling -
           filling(s);
}

static bool is_past_deadline(const struct sandbox *s)
{
    return s->setup.deadline > 0 && clock_seconds() > s->setup.deadline;
}

/* Within the limit by the wall clock nothing has taken longer. */
static bool is_late(const struct sandbox *s)
{
    double limit = s->setup.time_limit;
    double wall = clock_seconds() - s->meter.wall;

    return is_past_deadline(s) ||
           (wall > limit && (sandbox_seconds_used(s) > limit ||
                             wall > WALL_FACTOR * limit + WALL_SECONDS));
}

/* Wait for the turn; false if the worker died or used up its time. */
static bool await_turn(struct sandbox *s)
{
    while (!has_turn(s)) {
        wait_for_turn(s);
        if (has_turn(s))
            return true;
        if (process_has_died(&s->process) || is_late(s))
            return false;
    }
    return true;
}

/* ---- How a call ended. ---- */

static bool judge_part_intact(const struct sandbox *s)
{
    return memcmp((char *)s->channel + JUDGE_PART, (char *)s->copy + JUDGE_PART,
                  JUDGE_PART_END - JUDGE_PART) == 0;
}

static _Noreturn void fatal_start(const struct sandbox *s)
{
    char text[256];

    fatal_usage("cannot start the worker: %s",
                process_first_line(&s->process, text, sizeof text)
                    ? text
                    : "it ended at once");
}

static struct ending end_of_dead(const struct sandbox *s)
{
    struct ending e = {.verdict = VERDICT_EXITED};

    if (!s->channel->ready) /* it ended before it loaded the allocator */
        fatal_start(s);
    if (WIFSIGNALED(s->process.wait_status)) {
        e.verdict = VERDICT_CRASHED;
        e.status = WTERMSIG(s->process.wait_status);
        if (s->channel->jailed && e.status == SIGSYS) {
            e.verdict = VERDICT_TAMPERED;
            snprintf(e.text, sizeof e.text,
                     "made a system call that is not allowed");
        }
    } else {
        e.status = WEXITSTATUS(s->process.wait_status);
    }
    return e;
}

/* The deadline of the whole run has passed. */
static struct ending end_of_budget(struct sandbox *s)
{
    struct ending e = {.verdict = VERDICT_TOO_SLOW};

    snprintf(e.text, sizeof e.text,
             "was reached when the budget of all replays was used up");
    process_kill(&s->process);
    return e;
}

/* The time limit has passed. Do operations still return? */
static struct ending end_of_late(struct sandbox *s, uint32_t count)
{
    uint32_t before = sandbox_steps_done(s, count);
    double limit = sandbox_seconds_used(s) + GRACE_MS * 1e-3;
    bool moves = s->channel->filling;

    if (is_past_deadline(s))
        return end_of_budget(s);
    for (int i = 0;
         !moves && sandbox_seconds_used(s) < limit && i < GRACE_SLICES; i++) {
        wait_for_turn(s);
        moves = sandbox_steps_done(s, count) > before || has_turn(s);
    }
    process_kill(&s->process);
    return (struct ending){.verdict = moves ? VERDICT_TOO_SLOW : VERDICT_HUNG};
}

static struct ending end_of_crash(struct sandbox *s)
{
    struct ending e = {.verdict = VERDICT_CRASHED, .described = true};

    e.crash = s->channel->crash;
    e.status = (int)e.crash.signal;
    process_kill(&s->process);
    if (!s->channel->jailed || e.status != SIGSYS)
        return e;
    e.verdict = VERDICT_TAMPERED;
    jail_describe_call(e.crash.address, e.text, sizeof e.text);
    return e;
}

static struct ending end_of_tampering(struct sandbox *s, const char *what)
{
    struct ending e = {.verdict = VERDICT_TAMPERED};

    snprintf(e.text, sizeof e.text, "%s", what);
    process_kill(&s->process);
    return e;
}

static struct ending end_of_failed_load(struct sandbox *s)
{
    struct ending e = {.verdict = VERDICT_LOAD_FAILED};

    memcpy(e.text, s->channel->text, sizeof e.text);
    e.text[sizeof e.text - 1] = '\0';
    plain_text(e.text, "");
    process_kill(&s->process);
    return e;
}

static struct ending end_of_reply(struct sandbox *s)
{
    const struct channel *c = s->channel;

    if (c->reply != REPLY_ENDED)
        return end_of_tampering(s, "overwrote the answer to the judge");
    switch (c->verdict) {
    case VERDICT_OK:
        return (struct ending){.verdict = VERDICT_OK, .stopped = c->stopped};
    case VERDICT_INIT_FAILED:
        return (struct ending){.verdict = VERDICT_INIT_FAILED};
    case VERDICT_LOAD_FAILED:
        return end_of_failed_load(s);
    case VERDICT_CRASHED:
        return end_of_crash(s);
    default:
        return end_of_tampering(s, "overwrote the answer to the judge");
    }
}

/* Events are copied last, for a slow worker adds to them until it is killed. */
static struct ending end_without_turn(struct sandbox *s, uint32_t count)
{
    struct ending e = s->process.died ? end_of_dead(s) : end_of_late(s, count);

    keep_events(s);
    if (!judge_part_intact(s))
        return end_of_tampering(s, "overwrote what the judge had set");
    return e;
}

static struct ending end_of_many_events(struct sandbox *s)
{
    struct ending e = {.verdict = VERDICT_HUNG};

    snprintf(e.text, sizeof e.text,
             "has called memlib %zu times and not returned", s->event_count);
    process_kill(&s->process);
    return e;
}

/* ---- Calls. ---- */

static void prepare_call(struct sandbox *s, enum command command,
                         uint32_t count, uint64_t first)
{
    struct channel *c = s->channel;
    uint64_t *log = (uint64_t *)sandbox_log(s);

    s->event_count = 0;
    s->meter.filling += filling(s);
    c->filled = 0;
    c->filling = 0;
    c->command = command;
    c->count = count;
    c->first = first;
    c->reply = REPLY_NONE;
    c->stopped = 0;
    c->account.event_count = 0;
    c->account.cleared = 0;
    for (uint32_t i = 0; i < count; i++)
        log[i] = LOG_PENDING;
    memcpy(channel_steps(s), s->steps, count * sizeof *s->steps);
    memcpy((char *)s->copy + JUDGE_PART, (char *)c + JUDGE_PART,
           JUDGE_PART_END - JUDGE_PART);
}

static uint64_t thread_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct ending call_in_process(struct sandbox *s)
{
    uint64_t start = thread_ns();

    worker_execute();
    s->own_ns += thread_ns() - start;
    keep_events(s);
    return end_of_reply(s);
}

struct ending sandbox_call(struct sandbox *s, enum command command,
                           uint32_t count, uint64_t first)
{
    prepare_call(s, command, count, first);
    if (s->setup.in_process)
        return call_in_process(s);
    do {
        wake_worker(s);
        if (!await_turn(s))
            return end_without_turn(s, count);
        keep_events(s);
        if (s->event_count > MAX_EVENTS)
            return end_of_many_events(s);
        if (is_late(s))
            return end_of_late(s, count);
    } while (s->channel->reply == REPLY_EVENTS);
    if (!judge_part_intact(s))
        return end_of_tampering(s, "overwrote what the judge had set");
    if (command == COMMAND_LOAD && s->setup.jailed)
        process_place(&s->process, &s->place);
    return end_of_reply(s);
}

void sandbox_begin_pass(struct sandbox *s)
{
    s->meter = (struct meter){.wall = clock_seconds(), .cpu = cpu_of(s)};
}

struct channel *sandbox_channel(struct sandbox *s)
{
    return s->channel;
}

struct op *sandbox_steps(struct sandbox *s)
{
    return s->steps;
}

const uint64_t *sandbox_log(const struct sandbox *s)
{
    return (uint64_t *)((char *)s->channel + channel_log_offset());
}

uint32_t sandbox_steps_done(const struct sandbox *s, uint32_t count)
{
    const volatile uint64_t *log = sandbox_log(s);
    uint32_t done = 0;

    while (done < count && log[done] != LOG_PENDING)
        done++;
    return done;
}

const struct mem_event *sandbox_events(const struct sandbox *s, size_t *count)
{
    *count = s->event_count;
    return s->events;
}

uint64_t sandbox_cpu_ns(const struct sandbox *s)
{
    return s->process.pid ? process_cpu_ns(&s->process) : s->own_ns;
}

bool sandbox_waits_in_place(const struct sandbox *s)
{
    struct place now;

    return s->place.pc == 0 || (process_place(&s->process, &now) &&
                                memcmp(&now, &s->place, sizeof now) == 0);
}

/* ---- Scrubbing. ---- */

static void clear_pointers(uint64_t *pointers, uint64_t count,
                           const struct live *live)
{
    for (uint64_t slot = 0; slot < count; slot++)
        if (!live[slot].in_use)
            pointers[slot] = 0;
}

static void clear_blocks(struct worker_block *blocks, uint64_t count,
                         const struct live *live)
{
    for (uint64_t slot = 0; slot < count; slot++)
        if (!live[slot].in_use)
            blocks[slot] = (struct worker_block){0};
}

/* Bytes of the channel. A page that nobody has touched is a hole in its
 * file. */
static void clear_bytes(struct sandbox *s, size_t from, size_t end)
{
    off_t data, hole;

    while (from < end &&
           (data = lseek(s->channel_fd, (off_t)from, SEEK_DATA)) >= 0 &&
           (size_t)data < end) {
        hole = lseek(s->channel_fd, data, SEEK_HOLE);
        from = (size_t)hole < end ? (size_t)hole : end;
        memset((char *)s->channel + data, 0, from - (size_t)data);
    }
}

void sandbox_scrub(struct sandbox *s, bool timed, const struct live *live)
{
    size_t slots = channel_slots_offset();
    void *table = (char *)s->channel + slots;
    uint64_t count = s->setup.slot_count;
    size_t used =
        count * (timed ? sizeof(uint64_t) : sizeof(struct worker_block));

    clear_bytes(s, channel_steps_offset(), slots);
    memset(s->channel->account.events, 0, sizeof s->channel->account.events);
    memset(s->channel->text, 0, sizeof s->channel->text);
    if (timed)
        clear_pointers(table, count, live);
    else
        clear_blocks(table, count, live);
    clear_bytes(s, slots + used, s->channel_size);
}

const struct process *sandbox_process(const struct sandbox *s)
{
    return &s->process;
}

unsigned char *sandbox_heap(const struct sandbox *s)
{
    return s->heap;
}

/* lseek by SEEK_DATA or SEEK_HOLE; the region's size where there is none. */
static uint64_t seek_heap(const struct sandbox *s, uint64_t from, int whence)
{
    off_t at = lseek(s->heap_fd, (off_t)from, whence);

    return at < 0 || (uint64_t)at > s->heap_span ? s->heap_span : (uint64_t)at;
}

bool sandbox_next_pages(const struct sandbox *s, uint64_t from, uint64_t *first,
                        uint64_t *end)
{
    *first = seek_heap(s, from, SEEK_DATA);
    *end = seek_heap(s, *first, SEEK_HOLE);
    return *first < s->heap_span;
}

/* ---- Closing. ---- */

void sandbox_close(struct sandbox *s, bool relay)
{
    if (!s)
        return;
    process_kill(&s->process);
    if (relay)
        process_relay_output(&s->process, s->setup.label);
    munmap(s->channel, s->channel_size);
    munmap(s->heap, s->heap_span);
    close(s->channel_fd);
    close(s->heap_fd);
    process_close(&s->process);
    free(s->copy);
    free(s->steps);
    free(s->events);
    free(s);
}
