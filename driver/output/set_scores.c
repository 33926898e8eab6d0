/*
 * set_scores.c - how an allocator does on traces that it can know, and on their
 * twins, which it cannot.
 */
#include "set_scores.h"

#include <string.h>

static const double NOTED = 5; /* points, or per cent of utilization */

static const char *const names[] = {
    [SET_BOTH] = "both", [SET_PUBLIC] = "public", [SET_SECRET] = "secret"};

/* ---- Lines. ---- */

static void print_score(FILE *out, const struct benchmark *c,
                        enum trace_set set, const struct score *s)
{
    fprintf(out, " %s util %.1f%%", names[set], 100 * s->utilization);
    if (c->timing)
        fprintf(out, ", %.1f points", s->total);
    fputc(';', out);
}

static void print_note(FILE *out, const char *name, double more,
                       const char *unit)
{
    if (more > NOTED)
        fprintf(out,
                "%s: note: it does better on the traces that it can know, by "
                "%.1f %s\n",
                name, more, unit);
}

static void print_line(FILE *out, const struct benchmark *c, size_t allocator,
                       const struct profile *p)
{
    const char *name = c->allocators[allocator]->name;
    struct score public = score_of_set(c, allocator, p, SET_PUBLIC);
    struct score secret = score_of_set(c, allocator, p, SET_SECRET);

    fprintf(out, "%s:", name);
    print_score(out, c, SET_PUBLIC, &public);
    print_score(out, c, SET_SECRET, &secret);
    fprintf(out, " %s count%s\n", names[c->counted],
            c->counted == SET_BOTH ? "" : "s");
    if (c->timing)
        print_note(out, name, public.total - secret.total, "points");
    else
        print_note(out, name, 100 * (public.utilization - secret.utilization),
                   "per cent of utilization");
}

void set_scores_print(FILE *out, const struct benchmark *c,
                      const struct profile *p)
{
    for (size_t a = 0; a < c->allocator_count && c->two_sets; a++)
        print_line(out, c, a, p);
}

/* ---- JSON. ---- */

static struct json_object *number(double x)
{
    return json_object_new_double(x);
}

static struct json_object *score_json(const struct benchmark *c,
                                      const struct score *s)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "traces", json_object_new_uint64(s->traces));
    json_object_object_add(o, "ok", json_object_new_uint64(s->ok));
    json_object_object_add(o, "mean_utilization", number(s->utilization));
    json_object_object_add(o, "utilization",
                           c->timing ? number(s->memory_points) : NULL);
    json_object_object_add(o, "throughput",
                           c->timing ? number(s->speed_points) : NULL);
    json_object_object_add(o, "total", c->timing ? number(s->total) : NULL);
    return o;
}

static struct json_object *allocator_json(const struct benchmark *c,
                                          size_t allocator,
                                          const struct profile *p)
{
    struct json_object *o = json_object_new_object();

    for (enum trace_set set = SET_PUBLIC; set <= SET_SECRET; set++) {
        struct score s = score_of_set(c, allocator, p, set);

        json_object_object_add(o, names[set], score_json(c, &s));
    }
    return o;
}

struct json_object *set_scores_json(const struct benchmark *c,
                                    const struct profile *p)
{
    if (!c->two_sets)
        return NULL;
    struct json_object *o = json_object_new_object();
    struct json_object *allocators = json_object_new_object();

    for (size_t a = 0; a < c->allocator_count; a++)
        json_object_object_add(allocators, c->allocators[a]->name,
                               allocator_json(c, a, p));
    json_object_object_add(o, "counts",
                           json_object_new_string(names[c->counted]));
    json_object_object_add(o, "allocators", allocators);
    return o;
}
