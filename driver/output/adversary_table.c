/*
 * adversary_table.c - footprint / M, a row per allocator, a column per n.
 */
#include "adversary_table.h"

#include "text_width.h"

#include <inttypes.h>

enum { COLUMN = 12 };

static const char any_name[] = "any allocator";

static int name_width(const struct adversary_benchmark *t)
{
    int width = columns_of(any_name);

    for (size_t a = 0; a < t->allocator_count; a++)
        if (columns_of(t->allocators[a]->name) > width)
            width = columns_of(t->allocators[a]->name);
    return width;
}

static void print_head(FILE *out, const struct adversary_benchmark *t,
                       int width)
{
    const struct adversary_setup *c = &t->adversary_setup;
    char text[32];

    fprintf(out,
            "Adversary %s: %s\n"
            "footprint / M; M: %" PRIu64 " units of %" PRIu64
            " bytes live at most, n: the largest request\n\n%-*s",
            c->adversary->name, c->adversary->idea, c->budget, c->unit, width,
            "allocator");
    for (size_t n = 0; n < c->n_count; n++) {
        snprintf(text, sizeof text, "n = %" PRIu64, c->n[n]);
        fprintf(out, "%*s", COLUMN, text);
    }
    fputc('\n', out);
}

static void print_adversary_result(FILE *out, const struct adversary_result *d)
{
    if (d->outcome.verdict == VERDICT_OK)
        fprintf(out, "%*.3f", COLUMN, d->ratio);
    else
        fprintf(out, " %*s", COLUMN - 1, verdict_name(d->outcome.verdict));
}

static void print_row(FILE *out, const struct adversary_benchmark *t,
                      size_t allocator, int width)
{
    const char *name = t->allocators[allocator]->name;

    fprintf(out, "%-*s", padded_to(width, name), name);
    for (size_t n = 0; n < t->adversary_setup.n_count; n++)
        print_adversary_result(out,
                               adversary_benchmark_result(t, allocator, n));
    fputc('\n', out);
}

static void print_theory(FILE *out, const struct adversary_benchmark *t,
                         int width)
{
    const struct adversary_setup *c = &t->adversary_setup;

    fprintf(out, "%-*s", width, any_name);
    for (size_t n = 0; n < c->n_count; n++)
        fprintf(out, "%*.3f", COLUMN, robson_bound(c->n[n], c->budget));
    fprintf(out, "\n%-*s", width, "first fit");
    for (size_t n = 0; n < c->n_count; n++)
        fprintf(out, "%*.1f", COLUMN, first_fit_worst_case(c->n[n]));
    fprintf(out, "\n%-*s", width, "best fit");
    for (size_t n = 0; n < c->n_count; n++)
        fprintf(out, "%*.0f", COLUMN, best_fit_worst_case(c->n[n]));
    fprintf(out,
            "\n\nany allocator: robson forces it to M(log2(n)/2 + 1) - n + 1, "
            "unless it gives\nback pages between blocks. first fit, best fit: "
            "worst cases,\nabout M log2(n) and M n.\n");
}

void adversary_table_print(FILE *out, const struct adversary_benchmark *t)
{
    int width = name_width(t);

    print_head(out, t, width);
    for (size_t a = 0; a < t->allocator_count; a++)
        print_row(out, t, a, width);
    print_theory(out, t, width);
}
