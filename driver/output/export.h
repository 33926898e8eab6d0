/*
 * export.h - results for programs, as JSON and CSV.
 *
 * Plots, graders and users' scripts read the fields, so their names must not
 * change. A field that was not measured is null in JSON, empty in CSV.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include "measure/benchmark.h"
#include "measure/score.h"
#include "adversary/adversary_benchmark.h"
#include "difference_table.h"

struct export_setup {
    const struct benchmark *benchmark;
    const struct profile *profile;
    unsigned align;
    const struct adversary_benchmark
        *adversary_benchmark; /* if not NULL, export it instead of traces */
    const struct difference_report *differences; /* or NULL */
};

/* Write to path, or to standard output if it is "-". On failure exit with a
 * message. */
void export_json(const struct export_setup *setup, const char *path);
void export_csv(const struct export_setup *setup, const char *path);

/* Write those whose path is not NULL. */
void export_files(const struct export_setup *setup, const char *json,
                  const char *csv);

#endif
