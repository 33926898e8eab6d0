/*
 * waste.c - each part is a difference of footprints.
 */
#include "waste.h"

#include "score.h"

static const char *const titles[WASTE_PARTS] = {
    [WASTE_ALIGNMENT] = "alignment",     [WASTE_METADATA] = "metadata",
    [WASTE_PLACEMENT] = "placement",     [WASTE_ONLINE_GAP] = "on-line gap",
    [WASTE_PACKING_GAP] = "packing gap",
};

const char *waste_title(enum waste_part part)
{
    return titles[part];
}

struct waste waste_of(const struct benchmark *c, size_t allocator, size_t trace)
{
    const struct result *r = benchmark_result(c, allocator, trace);
    const struct outcome *o = &r->outcome;
    const struct trace *t = c->traces[trace];
    const struct bounds *b = &c->bounds[trace];
    uint64_t load = trace_aligned_peak(t, c->setup.align);
    struct waste w = {.known = false};

    if (o->verdict != VERDICT_OK || !b->packed)
        return w;
    w.known = true;
    w.metadata_known = r->metadata_known;
    w.bytes[WASTE_ALIGNMENT] = (int64_t)(load - t->peak_payload);
    w.bytes[WASTE_METADATA] = w.metadata_known ? (int64_t)r->metadata : 0;
    w.bytes[WASTE_ONLINE_GAP] = (int64_t)(b->best_fit_bytes - b->packing_bytes);
    w.bytes[WASTE_PACKING_GAP] = (int64_t)(b->packing_bytes - load);
    w.bytes[WASTE_PLACEMENT] =
        (int64_t)(o->footprint - b->best_fit_bytes) - w.bytes[WASTE_METADATA];
    return w;
}

static void add_shares(struct waste_shares *s, const struct waste *w,
                       const struct result *r)
{
    double footprint = (double)r->outcome.footprint;

    if (footprint == 0)
        return;
    s->traces++;
    s->utilization += r->utilization;
    for (enum waste_part i = 0; i < WASTE_PARTS; i++)
        s->of[i] += (double)w->bytes[i] / footprint;
}

struct waste_shares waste_means(const struct benchmark *c, size_t allocator)
{
    struct waste_shares s = {0};

    for (size_t i = 0; i < c->trace_count; i++) {
        struct waste w = waste_of(c, allocator, i);

        if (w.known && trace_is_shared(c, i) &&
            trace_counts_for_memory(c->traces[i]))
            add_shares(&s, &w, benchmark_result(c, allocator, i));
    }
    for (enum waste_part i = 0; i < WASTE_PARTS && s.traces > 0; i++)
        s.of[i] /= (double)s.traces;
    if (s.traces > 0)
        s.utilization /= (double)s.traces;
    return s;
}
