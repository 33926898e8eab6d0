/*
 * report.c - print tables, messages and legends.
 *
 * Columns are separated by at least one blank: a value that is too long for its
 * column shifts the rest of the line.
 */
#include "report.h"

#include "text_width.h"
#include "columns.h"
#include "comparison.h"
#include "csv.h"
#include "explain.h"
#include "progress.h"
#include "name_list.h"
#include "adversary_table.h"
#include "waste_table.h"
#include "set_scores.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 26, FAULTS_SHOWN = 5 };

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- The table of one allocator, one line per trace. ---- */

static void print_header(const struct benchmark *b)
{
    for (enum column_id id = 0; id < COLUMNS; id++)
        if (column_in_table(id, b))
            fputs(columns[id].title, stdout);
    putchar('\n');
}

/* Print text in a column that is as wide as its title. */
static int print_cell(char *line, size_t size, const struct column *c,
                      const char *text)
{
    int width = (int)strlen(c->title), before = (int)strspn(c->title, " ");

    if (c->left)
        return snprintf(line, size, "%*s%-*s", before, "",
                        padded_to(width - before, text), text);
    return snprintf(line, size, " %*s", padded_to(width - 1, text), text);
}

static void print_row(const struct row *row)
{
    char line[1024] = "", text[64];
    size_t used = 0;

    for (enum column_id id = 0; id < COLUMNS; id++) {
        if (!column_in_table(id, row->benchmark) || used >= sizeof line)
            continue;
        struct value v = column_value(id, row);
        used +=
            (size_t)print_cell(line + used, sizeof line - used, &columns[id],
                               column_text(id, v, text, sizeof text));
    }
    used = strlen(line);
    while (used > 0 && line[used - 1] == ' ')
        line[--used] = '\0';
    puts(line);
}

static void print_table(const struct benchmark *c, size_t allocator,
                        const struct profile *p, unsigned align)
{
    printf("Results for %s malloc:\n", c->allocators[allocator]->name);
    print_header(c);
    for (size_t i = 0; i < c->trace_count; i++) {
        struct row row = row_of(c, allocator, i, align);

        print_row(&row);
    }
    if (c->trace_count > 1) {
        struct row totals =
            row_of_totals(c, allocator, score_of(c, allocator, p));

        print_row(&totals);
    }
    putchar('\n');
    if (c->with_bounds)
        waste_table_print(stdout, c, allocator);
}

/* ---- The team, as the classic driver prints it. ---- */

static void print_team(const struct benchmark *c)
{
    static const char *const labels[] = {"Team Name", "Member 1", "    id 1",
                                         "Member 2", "    id 2"};
    char team[sizeof benchmark_result(c, 0, 0)->outcome.team];
    int field = 0;

    memcpy(team, benchmark_result(c, 0, 0)->outcome.team, sizeof team);
    for (char *at = team, *end; *at && field < 5; at = end + 1, field++) {
        end = strchr(at, '\n');
        if (!end)
            return;
        *end = '\0';
        if (*at)
            printf("%s: %s\n", labels[field], at);
        else if (field < 2)
            printf("%s: (missing: fill in the team structure, or use -a)\n",
                   labels[field]);
    }
    if (field > 0)
        putchar('\n');
}

/* ---- Faults. ---- */

static bool is_fault(const struct result *r)
{
    return r->outcome.verdict != VERDICT_OK &&
           r->outcome.verdict != VERDICT_NOT_RUN;
}

static void print_fault(const struct allocator *a, const struct outcome *o)
{
    printf("%s: %s: %s\n", a->name, verdict_name(o->verdict), o->message);
    if (o->reproduce[0])
        printf("    %s\n", o->reproduce);
    if (o->shrink[0])
        printf("    %s\n", o->shrink);
    if (o->explain[0])
        printf("    %s\n", o->explain);
}

/* Print the first FAULTS_SHOWN messages; --json has all. */
static void print_faults(const struct benchmark *c, size_t allocator)
{
    const struct allocator *a = c->allocators[allocator];
    size_t count = 0;

    for (size_t i = 0; i < c->trace_count; i++) {
        const struct result *r = benchmark_result(c, allocator, i);

        if (is_fault(r) && count++ < FAULTS_SHOWN)
            print_fault(a, &r->outcome);
        if (r->perturbed && r->perturbed_verdict != VERDICT_OK &&
            count++ < FAULTS_SHOWN)
            printf("%s, with other sizes: %s: %s\n", a->name,
                   verdict_name(r->perturbed_verdict), r->perturbed_message);
    }
    if (count > FAULTS_SHOWN)
        printf("%s: and %zu more traces are not ok; --json FILE has all the "
               "messages\n",
               a->name, count - FAULTS_SHOWN);
}

static void print_refusals(const struct allocator *a, const struct trace *t,
                           const struct result *r)
{
    if (r->outcome.requests_refused > 0 && r->outcome.verdict == VERDICT_OK)
        printf("%s: %s: %llu requests for memory were refused, %llu "
               "operations returned NULL\n",
               a->name, t->name,
               (unsigned long long)r->outcome.requests_refused,
               (unsigned long long)r->outcome.ops_refused);
}

/* The first note of an allocator, and how many more there are. */
static void print_first_note(const struct benchmark *c, size_t allocator)
{
    const char *name = c->allocators[allocator]->name, *first = NULL;
    size_t more = 0;

    for (size_t i = 0; i < c->trace_count; i++) {
        const char *note = benchmark_result(c, allocator, i)->outcome.note;

        if (note[0] && first)
            more++;
        else if (note[0])
            first = note;
    }
    if (first)
        printf("%s: note: %s\n", name, first);
    if (more > 0)
        printf("%s: note: the same on %zu more traces\n", name, more);
}

static bool has_call(const struct trace *t, enum op_call call)
{
    for (uint64_t i = 0; i < t->op_count; i++) {
        if (op_call(t->ops[i]) == call)
            return true;
        trace_release_before(t, i);
    }
    return false;
}

/* Has a trace made that call of an allocator that lacks it? */
static bool emulates(const struct benchmark *c, size_t allocator,
                     enum op_call call)
{
    for (size_t i = 0; i < c->trace_count; i++) {
        const struct outcome *o = &benchmark_result(c, allocator, i)->outcome;
        bool lacks =
            call == CALL_CALLOC ? o->calloc_emulated : o->memalign_emulated;

        if (lacks && o->verdict != VERDICT_NOT_RUN &&
            o->verdict != VERDICT_LOAD_FAILED && has_call(c->traces[i], call))
            return true;
    }
    return false;
}

/* Print the allocators that lack a call in one list, for it may be long. */
static void print_emulated(const struct benchmark *c, enum op_call call,
                           const char *what)
{
    struct name_list name_list = {.out = stdout, .title = what};

    for (size_t a = 0; a < c->allocator_count; a++)
        if (emulates(c, a, call))
            name_list_add(&name_list, c->allocators[a]->name);
    name_list_end(&name_list);
}

static void print_notes(const struct benchmark *c)
{
    print_emulated(c, CALL_CALLOC, "mm_calloc emulated by mm_malloc + memset");
    print_emulated(c, CALL_MEMALIGN,
                   "mm_memalign emulated by mm_malloc, alignment not checked");
    for (size_t a = 0; a < c->allocator_count; a++) {
        for (size_t i = 0; i < c->trace_count; i++) {
            const struct result *r = benchmark_result(c, a, i);

            print_refusals(c->allocators[a], c->traces[i], r);
        }
        print_first_note(c, a);
        print_faults(c, a);
    }
}

/* ---- The legend of the columns. ---- */

static void print_index(const struct benchmark *c, const struct profile *p,
                        size_t allocator)
{
    struct score s = score_of(c, allocator, p);

    if (!benchmark_has_speed(c))
        return;
    if (s.known)
        printf("Perf index (%s) = %.0f (util) + %.0f (thru) = %.0f/100\n",
               p->name, s.memory_points, s.speed_points, s.total);
    else
        printf("Perf index (%s) = %.0f (util) + %s (thru)\n", p->name,
               s.memory_points, s.stable ? "-" : "unstable");
    if (p->widest > 0 && s.throughput_high > 0)
        printf("x libc is from %.3f to %.3f; points need an interval of at "
               "most %g%%.\n",
               s.throughput_low, s.throughput_high, 100 * p->widest);
}

static double mean_loop(const struct benchmark *c)
{
    double sum = 0, ops = 0;

    for (size_t i = 0; i < c->trace_count; i++) {
        if (c->loop_ns[i] == 0) /* not timed, after SIGINT */
            continue;
        sum += c->loop_ns[i] * (double)c->traces[i]->op_count;
        ops += (double)c->traces[i]->op_count;
    }
    return ops > 0 ? sum / ops : 0;
}

static void print_times_legend(const struct benchmark *c)
{
    printf("ns/op: median of interleaved rounds, CPU time%s; the loop itself "
           "takes %.1f ns/op.\n",
           c->subtract_loop ? ", the loop's own subtracted" : "", mean_loop(c));
    printf("x libc: libc's time over the allocator's, in the same round. Means "
           "are geometric for ns/op, x libc.\n");
}

static void print_bounds_legend(const struct report_style *style)
{
    printf("best fit: util of best fit without headers, sizes rounded up to %u;"
           " no bound: a util may be higher.\n",
           style->align);
    printf("packing: best off-line placement found; = proven optimal.\n");
    waste_table_legend(stdout);
}

static void print_legend(const struct benchmark *c,
                         const struct report_style *style)
{
    if (style->quiet && c->allocator_count == 1)
        return;
    printf("util: peak payload / peak footprint");
    if (!style->quiet)
        printf("; bound: the highest util if sizes are rounded up to %u",
               style->align);
    printf(".\n");
    if (c->with_bounds)
        print_bounds_legend(style);
    if (c->timing)
        print_times_legend(c);
    if (c->counting)
        printf("instr/op: instructions of an operation, counted by valgrind, "
               "without the loop; means are geometric.\n");
}

/* ---- For graders. ---- */

static void print_autograder(const struct benchmark *c, const struct profile *p)
{
    struct score s = score_of(c, 0, p);

    printf("correct:%zu\n", s.ok);
    if (s.known)
        printf("perfidx:%.0f\n", s.total);
    else
        printf("perfidx:%s\n", s.stable ? "unknown" : "unstable");
}

static void print_autolab(const struct benchmark *c, const struct profile *p)
{
    struct score s = score_of(c, 0, p);
    struct json_object *root = json_object_new_object();
    struct json_object *scores = json_object_new_object();
    struct json_object *board = json_object_new_array();

    json_object_object_add(scores, "Autograded Score",
                           s.known ? json_object_new_double(s.total) : NULL);
    json_object_array_add(board,
                          s.known ? json_object_new_double(s.total) : NULL);
    json_object_array_add(board, json_object_new_double(100 * s.utilization));
    json_object_array_add(
        board, json_object_new_double(benchmark_by_instructions(c)
                                          ? s.ops_per_1000
                                          : s.ops_per_second / 1000));
    json_object_object_add(root, "scores", scores);
    json_object_object_add(root, "scoreboard", board);
    printf("%s\n",
           json_object_to_json_string_ext(root, JSON_C_TO_STRING_SPACED));
    json_object_put(root);
}

static void print_full(const struct benchmark *c, const struct profile *p,
                       const struct report_style *style)
{
    if (style->check_team)
        print_team(c);
    for (size_t a = 0; a < c->allocator_count && !style->quiet; a++)
        print_table(c, a, p, style->align);
    if (c->allocator_count > 1)
        comparison_print(stdout, c, style->quiet ? NULL : p);
    if (c->allocator_count > 1 && c->with_bounds)
        waste_table_compare(stdout, c);
    print_legend(c, style);
    print_notes(c);
    set_scores_print(stdout, c, p);
    if (c->allocator_count == 1)
        print_index(c, p, 0);
}

void report_print(const struct benchmark *c, const struct profile *p,
                  const struct report_style *style)
{
    progress_clear();
    if (style->tabular)
        csv_results(stdout, CSV_TABS, c, style->align);
    else
        print_full(c, p, style);
    if (style->autograder)
        print_autograder(c, p);
    if (style->autolab)
        print_autolab(c, p);
}

void report_adversary(const struct adversary_benchmark *t)
{
    size_t n_count = t->adversary_setup.n_count;

    progress_clear();
    adversary_table_print(stdout, t);
    for (size_t i = 0; i < t->allocator_count * n_count; i++) {
        const struct outcome *o = &t->results[i].outcome;

        if (o->verdict != VERDICT_OK && o->verdict != VERDICT_NOT_RUN)
            print_fault(t->allocators[i / n_count], o);
    }
}

void report_watch(const struct replay_setup *setup, const struct outcome *o,
                  bool ended)
{
    const char *name = setup->allocator->name;
    const struct trace *t = setup->trace;

    if (ended && o->verdict != VERDICT_OK)
        print_fault(setup->allocator, o);
    else if (ended)
        printf("%s: %s: ok, utilization %.1f%%\n", name, t->name,
               percent(t->peak_payload, o->footprint));
    else
        printf("%s: %s: left after %llu of %llu operations\n", name, t->name,
               (unsigned long long)o->ops_done,
               (unsigned long long)t->op_count);
}

void report_fuzzing(const struct replay_setup *setup, uint64_t traces,
                    uint64_t operations, bool failed)
{
    printf("%s: %llu traces, %llu operations, seed %llu: %s\n",
           setup->allocator->name, (unsigned long long)traces,
           (unsigned long long)operations, (unsigned long long)setup->seed,
           failed ? "the last one failed" : "nothing was found");
}

void report_outcome(const struct replay_setup *setup, const struct outcome *o)
{
    if (o->verdict != VERDICT_OK)
        print_fault(setup->allocator, o);
    else
        printf("%s: %s: ok\n", setup->allocator->name, setup->trace->name);
}

void report_shrunk(const struct replay_setup *setup, const struct outcome *o,
                   const struct shrinking *how)
{
    const struct trace *t = setup->trace;
    struct outcome outcome = *o;

    outcome.shrink[0] = '\0'; /* that has been done */
    printf("%s: %llu of %llu operations are left after %u replays%s\n", t->path,
           (unsigned long long)t->op_count, (unsigned long long)how->whole_ops,
           how->replays, how->complete ? "" : "; the search was not ended");
    if (t->op_count <= EXPLAIN_MOST)
        explain_calls(stdout, t, o);
    report_outcome(setup, &outcome);
}

void report_interrupt(void)
{
    fprintf(stderr, "mdriver: interrupted; what was not run is marked "
                    "not-run\n");
}

static void list_adversaries(void)
{
    printf("\nAdversaries:\n");
    for (size_t i = 0; adversaries[i]; i++)
        printf("  %-*s %s\n", NAME_WIDTH, adversaries[i]->name,
               adversaries[i]->idea);
}

void report_list(char *const *allocators, size_t allocator_count,
                 struct trace *const *traces, size_t trace_count)
{
    printf("Allocators:\n");
    for (size_t i = 0; i < allocator_count; i++)
        printf("  %s\n", allocators[i]);
    printf("  libc\n\n%-*s        ops        ids   peak payload\n", NAME_WIDTH,
           "Traces:");
    for (size_t i = 0; i < trace_count; i++)
        printf("  %-*s %8llu  %9llu  %13llu\n",
               padded_to(NAME_WIDTH, traces[i]->name), traces[i]->name,
               (unsigned long long)traces[i]->op_count,
               (unsigned long long)traces[i]->id_count,
               (unsigned long long)traces[i]->peak_payload);
    list_adversaries();
}
