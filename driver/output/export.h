/*
 * export.h - results for programs: JSON and CSV.
 *
 * The names of fields are a contract: plots, graders and users' scripts read
 * them. A field that was not measured is null in JSON, empty in CSV.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "measure/benchmark.h"
#include "measure/score.h"
#include "adversary/adversary_benchmark.h"

struct export_setup {
    const struct benchmark *benchmark;
    const struct profile *profile;
    unsigned align;
    const struct adversary_benchmark
        *adversary_benchmark; /* in place of traces, or NULL */
};

/* Write to path, "-" for standard output; complains where it cannot. */
void export_json(const struct export_setup *setup, const char *path);
void export_csv(const struct export_setup *setup, const char *path);

#endif
