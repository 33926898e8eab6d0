/*
 * waste_table.c - utilization and parts; a line adds up to 100 %.
 */
#include "waste_table.h"

#include "text_width.h"
#include "measure/waste.h"

#include <string.h>

enum { NAME_WIDTH = 26 };

static void print_header(FILE *out, const char *title, int width)
{
    fprintf(out, "%-*s   util", width, title);
    for (enum waste_part i = 0; i < WASTE_PARTS; i++)
        fprintf(out, "  %s", waste_title(i));
    fputc('\n', out);
}

static void print_percent(FILE *out, int width, bool known, double share)
{
    char text[32] = "-";

    if (known) /* adding 0 makes -0 a 0 */
        snprintf(text, sizeof text, "%.1f%%",
                 (double)(long)(1000 * share + (share < 0 ? -0.5 : 0.5)) / 10 +
                     0.0);
    fprintf(out, "  %*s", width, text);
}

static void print_shares(FILE *out, const struct waste_shares *s,
                         bool metadata_known)
{
    print_percent(out, 5, s->traces > 0, s->utilization);
    for (enum waste_part i = 0; i < WASTE_PARTS; i++)
        print_percent(out, (int)strlen(waste_title(i)),
                      s->traces > 0 && (i != WASTE_METADATA || metadata_known),
                      s->of[i]);
    fputc('\n', out);
}

static struct waste_shares shares_of(const struct waste *w,
                                     const struct result *r)
{
    struct waste_shares s = {.traces = w->known && r->outcome.footprint > 0,
                             .utilization = r->utilization};

    for (enum waste_part i = 0; i < WASTE_PARTS && s.traces; i++)
        s.of[i] = (double)w->bytes[i] / (double)r->outcome.footprint;
    return s;
}

static void print_trace(FILE *out, const struct benchmark *c, size_t allocator,
                        size_t trace)
{
    struct waste w = waste_of(c, allocator, trace);
    struct waste_shares s =
        shares_of(&w, benchmark_result(c, allocator, trace));
    const char *name = c->traces[trace]->name;

    fprintf(out, "%-*s", padded_to(NAME_WIDTH, name), name);
    print_shares(out, &s, w.metadata_known);
}

static void print_means(FILE *out, const struct benchmark *c, size_t allocator,
                        const char *name, int width)
{
    struct waste_shares s = waste_means(c, allocator);

    fprintf(out, "%-*s", padded_to(width, name), name);
    print_shares(out, &s, true);
}

void waste_table_print(FILE *out, const struct benchmark *c, size_t allocator)
{
    fprintf(out, "Footprint of %s malloc:\n", c->allocators[allocator]->name);
    print_header(out, "trace", NAME_WIDTH);
    for (size_t i = 0; i < c->trace_count; i++)
        print_trace(out, c, allocator, i);
    if (c->trace_count > 1)
        print_means(out, c, allocator, "Mean", NAME_WIDTH);
    fputc('\n', out);
}

void waste_table_compare(FILE *out, const struct benchmark *c)
{
    int width = (int)strlen("Footprint");

    for (size_t a = 0; a < c->allocator_count; a++)
        if (columns_of(c->allocators[a]->name) > width)
            width = columns_of(c->allocators[a]->name);
    print_header(out, "Footprint", width);
    for (size_t a = 0; a < c->allocator_count; a++)
        print_means(out, c, a, c->allocators[a]->name, width);
    fputc('\n', out);
}

void waste_table_legend(FILE *out)
{
    fprintf(out,
            "alignment: sizes rounded up; metadata: bytes of blocks beyond "
            "that; placement: the rest above\nbest fit; on-line gap: best fit "
            "less packing; packing gap: packing less bound. docs/bounds.md\n");
}
