/*
 * assignment.h - what an instructor asks for: traces, alignment, limits,
 * points. docs/judge.md has the keys.
 */
#ifndef ASSIGNMENT_H
#define ASSIGNMENT_H

#include "measure/score.h"
#include "trace/trace_list.h"

#include <stdbool.h>
#include <stddef.h>

struct assigned_trace {
    char *name; /* of a file in the trace directory */
    enum trace_weight weight;
    unsigned long line; /* where the file has it */
};

enum { LONGEST_SEED = 64 }; /* printable ASCII characters */

struct assignment {
    char *path; /* the file itself */
    char name[61];
    unsigned align;
    struct assigned_trace *traces;
    size_t trace_count;
    bool own_points;       /* points is whole, not a name alone */
    struct profile points; /* of the file itself, or the name of a profile */
    unsigned long points_line;
    size_t heap_limit;     /* bytes */
    double time_limit;     /* seconds */
    double budget;         /* likewise; 0: no limit */
    char seed[LONGEST_SEED + 1]; /* of twins; "": none */
    enum trace_set counted;
};

/*
 * Read the file, or, where it is NULL, assignment.json beside this executable;
 * NULL where there is none. Complains and exits where the file is wrong.
 */
const struct assignment *assignment_find(const char *file);

/*
 * Complain and exit where its weights leave a part of the profile's points
 * without a trace.
 */
void assignment_check_weights(const struct assignment *a,
                              const struct profile *profile);

void assignment_delete(const struct assignment *a);

/* Load its traces from the directory (NULL: the usual one), with its
 * weights. */
struct trace_list assignment_traces(const struct assignment *a,
                                    const char *directory);

/* Give its weights to those of the traces that are its own. */
void assignment_weigh(const struct assignment *a, struct trace_list traces);

#endif
