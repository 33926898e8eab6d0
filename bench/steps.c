/*
 * steps.c - how many instructions each operation of a trace takes.
 *
 *     steps [--ops N] [--sample N] [--most N] ALLOCATOR.so TRACE
 *
 * steps counts the instructions that a processor executes from an operation's
 * call of the allocator to its return: by ptrace, one after the other, hence
 * exactly and the same in every run. Requests to the system, and copying, do
 * not count (outside.c).
 *
 * Prints one JSON object. Exit status: 0; 1 where the allocator failed; 2 where
 * the input is wrong or ptrace is not permitted, with one line on stderr.
 */
#define _GNU_SOURCE
#include "stepper.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_ALLOCATOR_FAILED = 1, EXIT_NOT_DONE = 2 };

/* Instructions per operation. Operations have their numbers in the trace. */
struct summary {
    uint64_t stepped, total;
    uint32_t median, p99, p999, max;
    uint64_t max_op;
    double mean, error; /* error: standard error of a sample's mean */
};

struct options {
    struct subject subject;
    uint32_t max;
};

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* The smallest count that at least permille / 1000 of all do not exceed. */
static uint32_t quantile(const uint32_t *sorted, uint64_t n, uint64_t permille)
{
    uint64_t rank = (n * permille + 999) / 1000;

    return sorted[rank > 0 ? rank - 1 : 0];
}

static void add_mean(struct summary *s, const uint32_t *sorted)
{
    double squares = 0, n = (double)s->stepped;

    for (uint64_t i = 0; i < s->stepped; i++)
        s->total += sorted[i];
    s->mean = (double)s->total / n;
    for (uint64_t i = 0; i < s->stepped; i++)
        squares += (sorted[i] - s->mean) * (sorted[i] - s->mean);
    s->error = n > 1 ? sqrt(squares / (n - 1) / n) : 0;
}

/* The counts that are not 0 are moved to the front, sorted and summarized. */
static struct summary summarize(uint32_t *count, uint64_t ops)
{
    struct summary s = {0};

    for (uint64_t i = 0; i < ops; i++) {
        if (count[i] == 0)
            continue;
        if (count[i] > s.max) {
            s.max = count[i];
            s.max_op = i;
        }
        count[s.stepped++] = count[i];
    }
    if (s.stepped == 0)
        return s;
    qsort(count, s.stepped, sizeof *count, compare);
    s.median = quantile(count, s.stepped, 500);
    s.p99 = quantile(count, s.stepped, 990);
    s.p999 = quantile(count, s.stepped, 999);
    add_mean(&s, count);
    return s;
}

/* The operation's text and line in its trace file, as JSON fields. */
static void print_op(const char *name, const struct trace *t, uint64_t op)
{
    char text[200];

    printf(", \"%s_line\": %lu, \"%s\": \"%s\"", name, trace_line(t, op), name,
           trace_text(t, op, text, sizeof text));
}

static void print_summary(const struct subject *subject,
                          const struct summary *s)
{
    printf("{\"operations\": %" PRIu64 ", \"stepped\": %" PRIu64
           ", \"median\": %" PRIu32 ", \"p99\": %" PRIu32 ", \"p999\": %" PRIu32
           ", \"max\": %" PRIu32 ", \"total\": %" PRIu64
           ", \"mean\": %.4f, \"error\": %.4f",
           subject->ops, s->stepped, s->median, s->p99, s->p999, s->max,
           s->total, s->mean, s->error);
    print_op("worst", subject->trace, s->max_op);
    printf(", \"moved\": %" PRIu64, mark->max_moved);
    if (mark->max_moved > 0)
        print_op("mover", subject->trace, mark->max_moved_op);
    printf("}\n");
}

/* ---- What went wrong. ---- */

/* `path:line: a 3 104: `, on stderr. */
static void print_place(const struct trace *t, uint64_t op)
{
    char text[200];

    fprintf(stderr, "%s:%lu: %s: ", t->path, trace_line(t, op),
            trace_text(t, op, text, sizeof text));
}

static int report_failure(const struct options *o, const struct stepping *s)
{
    if (s->outcome == STEP_UNTRACED) {
        fprintf(stderr, "steps: ptrace is not permitted here: %s\n",
                mark->text);
        return EXIT_NOT_DONE;
    }
    if (s->outcome == STEP_UNLOADED) {
        fprintf(stderr, "steps: %s\n", mark->text);
        return EXIT_NOT_DONE;
    }
    if (s->op < o->subject.ops)
        print_place(o->subject.trace, s->op);
    if (s->outcome == STEP_REFUSED)
        fprintf(stderr, "it returned NULL\n");
    else if (s->outcome == STEP_CRASHED)
        fprintf(stderr, "ended by SIG%s\n", sigabbrev_np(s->status));
    else if (s->outcome == STEP_ENDLESS)
        fprintf(stderr, "not over after %" PRIu32 " instructions\n", o->max);
    else
        fprintf(stderr, "it exited with status %d\n", s->status);
    return EXIT_ALLOCATOR_FAILED;
}

/* ---- Options. ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: steps [--ops N] [--sample N] [--most N] "
                    "ALLOCATOR.so TRACE\n");
    exit(EXIT_NOT_DONE);
}

static uint64_t number(const char *text)
{
    char *rest;
    unsigned long long n = strtoull(text, &rest, 10);

    if (*rest || rest == text || *text == '-' || n == 0) {
        fprintf(stderr, "steps: '%s' is not a positive integer\n", text);
        exit(EXIT_NOT_DONE);
    }
    return n;
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"ops", required_argument, NULL, 'n'},
        {"sample", required_argument, NULL, 's'},
        {"most", required_argument, NULL, 'm'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {{NULL, NULL, UINT64_MAX, UINT64_MAX}, 1u << 26};
    int which;

    while ((which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 'n')
            o.subject.ops = number(optarg);
        else if (which == 's')
            o.subject.sample = number(optarg);
        else if (which == 'm')
            o.max = (uint32_t)number(optarg);
        else
            usage();
    }
    if (argc - optind != 2)
        usage();
    o.subject.library = argv[optind];
    o.subject.trace = trace_load(argv[optind + 1]);
    if (o.subject.ops > o.subject.trace->op_count)
        o.subject.ops = o.subject.trace->op_count;
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    struct stepping s = stepper_run(&o.subject, o.max);

    if (s.outcome != STEP_DONE)
        return report_failure(&o, &s);
    struct summary summary = summarize(s.instructions, o.subject.ops);
    print_summary(&o.subject, &summary);
    return 0;
}
