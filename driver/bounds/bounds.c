/*
 * bounds.c - compute best fit, then a packing that is no worse.
 */
#include "bounds.h"

#include "best_fit.h"
#include "bounds_cache.h"
#include "base/fatal.h"

#include <stdlib.h>

static double utilization_in(const struct trace *t, uint64_t bytes)
{
    return bytes > 0 ? (double)t->peak_payload / (double)bytes : 0;
}

/* Addresses by operation to addresses by rectangle; the second reverses it. */
static uint64_t *by_rectangle(const struct rectangles *r, const uint64_t *at)
{
    uint64_t *at_rectangle =
        check_alloc(malloc(((size_t)r->count + 1) * sizeof *at_rectangle));

    for (uint32_t i = 0; i < r->count; i++)
        at_rectangle[i] = at[r->item[i].op];
    return at_rectangle;
}

static uint64_t *by_operation(const struct rectangles *r, const uint64_t *at,
                              uint64_t op_count)
{
    uint64_t *at_op = check_alloc(calloc(op_count + 1, sizeof *at_op));

    for (uint32_t i = 0; i < r->count; i++)
        at_op[r->item[i].op] = at[i];
    return at_op;
}

struct computation {
    const struct trace *trace;
    unsigned align;
    const struct packing_progress *progress;
    struct bounds_figures *figures;
    struct placements *where; /* packing is set only with_placements */
    bool with_placements;
};

static bool pack(struct computation *w, const struct rectangles *r)
{
    uint64_t *known = by_rectangle(r, w->where->best_fit);
    struct packing p;
    bool found = packing_find(r, known, w->progress, &p);

    free(known);
    if (!found)
        return false;
    w->figures->packed = true;
    w->figures->packing = p.height;
    if (w->with_placements)
        w->where->packing = by_operation(r, p.at, w->trace->op_count);
    free(p.at);
    return true;
}

static bool compute(struct computation *w)
{
    const struct trace *t = w->trace;
    struct rectangles *r = rectangles_from(t, w->align);

    if (w->with_placements || !r->too_large)
        w->where->best_fit =
            check_alloc(malloc((t->op_count + 1) * sizeof *w->where->best_fit));
    w->figures->best_fit = best_fit_place(t, w->align, w->where->best_fit);
    bool done = r->too_large || pack(w, r);
    rectangles_delete(r);
    return done;
}

static struct bounds bounds_from(const struct trace *t,
                                 const struct bounds_figures *f)
{
    struct bounds b = {.known = true,
                       .best_fit = utilization_in(t, f->best_fit),
                       .best_fit_bytes = f->best_fit};

    if (f->packed) {
        b.packed = true;
        b.packing = utilization_in(t, f->packing);
        b.packing_bytes = f->packing;
    }
    return b;
}

bool bounds_find(const struct trace *trace, unsigned align,
                 const struct packing_progress *progress, struct bounds *bounds,
                 struct placements *where)
{
    struct bounds_figures figures = {0};
    struct placements found = {0};
    struct computation w = {trace,    align,  progress,
                            &figures, &found, where != NULL};

    if (where || !bounds_cache_read(trace, align, &figures)) {
        if (!compute(&w)) {
            placements_free(&found);
            return false;
        }
        bounds_cache_write(trace, align, &figures);
    }
    *bounds = bounds_from(trace, &figures);
    if (where)
        *where = found;
    else
        placements_free(&found);
    return true;
}

void placements_free(struct placements *p)
{
    free(p->best_fit);
    free(p->packing);
    *p = (struct placements){0};
}
