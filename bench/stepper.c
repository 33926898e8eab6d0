/*
 * stepper.c - PTRACE_SINGLESTEP while an operation is under way, else run.
 *
 * The subject stops itself (SIGSTOP) before each call that is to be counted.
 * From there it is stepped; every step after which mark->counting is set counts
 * for the operation. When counting is cleared the subject runs freely, until it
 * stops itself again.
 */
#define _GNU_SOURCE
#include "stepper.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
    pid_t child;
    uint32_t limit;   /* instructions per operation */
    uint32_t *count;  /* instructions by operation, the calibration's last */
    bool has_stopped; /* at least once */
    bool stepping;    /* until mark->counting is cleared, */
    bool counting;    /* which was set since the stop */
};

static struct stepping outcome_of(int status)
{
    struct stepping s = {.op = mark->op};

    if (WIFSIGNALED(status)) {
        s.outcome = STEP_CRASHED;
        s.status = WTERMSIG(status);
        return s;
    }
    s.status = WEXITSTATUS(status);
    switch (s.status) {
    case END_REFUSED:
        s.outcome = STEP_REFUSED;
        break;
    case END_UNLOADED:
        s.outcome = STEP_UNLOADED;
        break;
    case END_UNTRACED:
        s.outcome = STEP_UNTRACED;
        break;
    default:
        s.outcome = s.status == END_DONE ? STEP_DONE : STEP_EXITED;
    }
    return s;
}

/* Count one step; after the last of the operation, stop stepping. */
static void count_step(struct run *r)
{
    if (mark->counting) {
        r->counting = true;
        r->count[mark->op]++;
    } else if (r->counting) {
        r->stepping = r->counting = false;
    }
}

/* After a stop: the signal to deliver, 0 where the stop serves stepping. */
static int signal_to_pass(struct run *r, int signal)
{
    if (signal == SIGTRAP && r->stepping) {
        count_step(r);
        return 0;
    }
    if (signal == SIGSTOP) {
        r->stepping = true;
        return 0;
    }
    r->stepping = r->counting = false;
    return signal;
}

/* End the subject with its tracer; possible from its first stop on. */
static void set_exit_kill(struct run *r)
{
    if (!r->has_stopped)
        ptrace(PTRACE_SETOPTIONS, r->child, NULL, PTRACE_O_EXITKILL);
    r->has_stopped = true;
}

static bool resume(const struct run *r, int signal)
{
    return ptrace(r->stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, r->child, NULL,
                  (void *)(intptr_t)signal) == 0;
}

static struct stepping kill_child(const struct run *r,
                                  enum step_outcome outcome)
{
    int status, error = errno;

    kill(r->child, SIGKILL);
    waitpid(r->child, &status, 0);
    if (outcome == STEP_UNTRACED)
        snprintf(mark->text, sizeof mark->text, "%s", strerror(error));
    return (struct stepping){.outcome = outcome, .op = mark->op};
}

static struct stepping follow(struct run *r)
{
    int status;

    while (waitpid(r->child, &status, 0) == r->child && WIFSTOPPED(status)) {
        set_exit_kill(r);
        if (r->stepping && r->count[mark->op] >= r->limit)
            return kill_child(r, STEP_ENDLESS);
        if (!resume(r, signal_to_pass(r, WSTOPSIG(status))) && errno != ESRCH)
            return kill_child(r, STEP_UNTRACED);
    }
    return outcome_of(status);
}

/* Run tracer and subject on one processor, where switching is cheaper. */
static void share_processor(void)
{
    int number = sched_getcpu();
    cpu_set_t set;

    if (number < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET(number, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Subtract the cost of marking: a call of `nothing` is one instruction. */
static void calibrate(const struct subject *s, uint32_t *count)
{
    for (uint64_t i = 0; i < s->ops; i++) {
        enum op_call call = op_call(s->trace->ops[i]);

        if (call != CALL_NOTHING && count[i] > 0)
            count[i] -= count[s->ops + call] - 1;
    }
}

struct stepping stepper_run(const struct subject *subject, uint32_t limit)
{
    struct run r = {.limit = limit};

    mark = mmap(NULL, sizeof *mark, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    r.count = calloc(subject->ops + CALL_NOTHING, sizeof *r.count);
    if (mark == MAP_FAILED || !r.count) {
        perror("steps");
        exit(2);
    }
    share_processor();
    r.child = fork();
    if (r.child == 0)
        subject_run(subject);
    if (r.child < 0) {
        perror("steps: fork");
        exit(2);
    }
    struct stepping s = follow(&r);
    s.instructions = r.count;
    calibrate(subject, r.count);
    return s;
}
