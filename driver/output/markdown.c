/*
 * markdown.c - tables as Markdown: a title, then rows of cells.
 *
 *     ### Results for mm
 *
 *     | trace | valid | util |
 *     |---|---:|---:|
 *     | comb.rep | yes | 93.1% |
 */
#include "markdown.h"

#include "columns.h"
#include "measure/waste.h"

#include <stdarg.h>
#include <string.h>

void markdown_cell(FILE *out, const char *text)
{
    fputs("| ", out);
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc(' ', out);
}

__attribute__((format(printf, 2, 3))) static void cellf(FILE *out,
                                                        const char *format, ...)
{
    char text[128];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    markdown_cell(out, text);
}

/* A cell of a figure that may be unknown. */
static void figure(FILE *out, bool known, const char *format, double x)
{
    char text[64];

    snprintf(text, sizeof text, format, x);
    markdown_cell(out, known ? text : "-");
}

void markdown_end_row(FILE *out)
{
    fputs("|\n", out);
}

void markdown_rule(FILE *out, size_t texts, size_t numbers)
{
    while (texts-- > 0)
        fputs("|---", out);
    while (numbers-- > 0)
        fputs("|---:", out);
    markdown_end_row(out);
}

/* ---- Results: the columns of columns.def. ---- */

static void title_cell(FILE *out, const char *title)
{
    size_t before = strspn(title, " "), length = strlen(title);

    while (length > before && title[length - 1] == ' ')
        length--;
    cellf(out, "%.*s", (int)(length - before), title + before);
}

static void result_row(FILE *out, const struct row *row)
{
    char text[64];

    for (enum column_id id = 0; id < COLUMNS; id++)
        if (column_in_table(id, row->benchmark))
            markdown_cell(out,
                 column_text(id, column_value(id, row), text, sizeof text));
    markdown_end_row(out);
}

static void results(FILE *out, const struct benchmark *b, size_t allocator,
                    const struct profile *profile, unsigned align)
{
    fprintf(out, "### Results for %s\n\n", b->allocators[allocator]->name);
    for (enum column_id id = 0; id < COLUMNS; id++)
        if (column_in_table(id, b))
            title_cell(out, columns[id].title);
    markdown_end_row(out);
    for (enum column_id id = 0; id < COLUMNS; id++)
        if (column_in_table(id, b))
            fputs(columns[id].left ? "|---" : "|---:", out);
    markdown_end_row(out);
    for (size_t i = 0; i < b->trace_count; i++) {
        struct row row = row_of(b, allocator, i, align);

        result_row(out, &row);
    }
    if (b->trace_count > 1) {
        struct row row =
            row_of_totals(b, allocator, score_of(b, allocator, profile));

        result_row(out, &row);
    }
    fputc('\n', out);
}

/* ---- What footprints are made of. ---- */

static void waste(FILE *out, const struct benchmark *b)
{
    fputs("### Footprint\n\n", out);
    markdown_cell(out, "allocator");
    markdown_cell(out, "util");
    for (enum waste_part i = 0; i < WASTE_PARTS; i++)
        markdown_cell(out, waste_title(i));
    markdown_end_row(out);
    markdown_rule(out, 1, 1 + WASTE_PARTS);
    for (size_t a = 0; a < b->allocator_count; a++) {
        struct waste_shares s = waste_means(b, a);

        markdown_cell(out, b->allocators[a]->name);
        figure(out, s.traces > 0, "%.1f%%", 100 * s.utilization);
        for (enum waste_part i = 0; i < WASTE_PARTS; i++)
            figure(out, s.traces > 0, "%.1f%%", 100 * s.of[i]);
        markdown_end_row(out);
    }
    fputc('\n', out);
}

/* ---- The comparison. ---- */

static void comparison_row(FILE *out, const struct benchmark *b,
                           size_t allocator)
{
    const struct allocator *a = b->allocators[allocator];
    struct means m = means_of(b, allocator);

    markdown_cell(out, a->name);
    markdown_cell(out, allocator_idea(a));
    cellf(out, "%zu of %zu", benchmark_count(b, allocator, VERDICT_OK),
          b->trace_count);
    figure(out, m.utilization > 0, "%.1f%%", 100 * m.utilization);
    if (b->timing)
        figure(out, m.ns_per_op > 0, "%.1f", m.ns_per_op);
    if (b->counting)
        figure(out, m.instructions_per_op > 0, "%.1f", m.instructions_per_op);
    if (benchmark_has_speed(b))
        figure(out, m.ratio > 0, "%.2f", m.ratio);
    markdown_end_row(out);
}

static void comparison(FILE *out, const struct benchmark *b)
{
    size_t speeds = (size_t)b->timing + (size_t)b->counting;

    fputs("### Comparison\n\n| allocator | idea | valid | util ", out);
    if (b->timing)
        markdown_cell(out, "ns/op");
    if (b->counting)
        markdown_cell(out, "instr/op");
    if (benchmark_has_speed(b))
        markdown_cell(out, "x libc");
    markdown_end_row(out);
    markdown_rule(out, 3, 1 + speeds + benchmark_has_speed(b));
    for (size_t a = 0; a < b->allocator_count; a++)
        comparison_row(out, b, a);
    fputc('\n', out);
}

void markdown_results(FILE *out, const struct benchmark *b,
                      const struct profile *profile, unsigned align)
{
    for (size_t a = 0; a < b->allocator_count; a++)
        results(out, b, a, profile, align);
    if (b->with_bounds)
        waste(out, b);
    if (b->allocator_count > 1)
        comparison(out, b);
}

/* ---- What went wrong. ---- */

void markdown_faults(FILE *out, const struct benchmark *b)
{
    for (size_t a = 0; a < b->allocator_count; a++)
        for (size_t t = 0; t < b->trace_count; t++) {
            const struct outcome *o = &benchmark_result(b, a, t)->outcome;

            if (o->verdict != VERDICT_OK)
                fprintf(out, "- %s: %s: %s\n", b->allocators[a]->name,
                        verdict_name(o->verdict), o->message);
        }
}

/* ---- An adversary. ---- */

void markdown_adversary(FILE *out, const struct adversary_benchmark *t)
{
    const struct adversary_setup *s = &t->adversary_setup;

    fprintf(out, "### Adversary %s: footprint / M\n\n| allocator ",
            s->adversary->name);
    for (size_t n = 0; n < s->n_count; n++)
        cellf(out, "n = %llu", (unsigned long long)s->n[n]);
    markdown_end_row(out);
    markdown_rule(out, 1, s->n_count);
    for (size_t a = 0; a < t->allocator_count; a++) {
        markdown_cell(out, t->allocators[a]->name);
        for (size_t n = 0; n < s->n_count; n++) {
            const struct adversary_result *r =
                adversary_benchmark_result(t, a, n);

            if (r->outcome.verdict == VERDICT_OK)
                cellf(out, "%.3f", r->ratio);
            else
                markdown_cell(out, verdict_name(r->outcome.verdict));
        }
        markdown_end_row(out);
    }
    markdown_cell(out, "any allocator");
    for (size_t n = 0; n < s->n_count; n++)
        cellf(out, "%.3f", robson_bound(s->n[n], s->budget));
    markdown_end_row(out);
}
