/*
 * difference_table.h - differences from a baseline, as text, Markdown and JSON.
 */
#ifndef DIFFERENCE_TABLE_H
#define DIFFERENCE_TABLE_H

#include "measure/difference.h"

#include <stdio.h>

struct json_object;

struct difference_report {
    const char *baseline; /* as the user named it */
    const struct differences *differences;
    const struct limits *limits;
};

/* A table for each allocator, and below it its regressions. */
void difference_print(FILE *out, const struct difference_report *r,
                      bool markdown);

/* {"baseline", "differences": [...], "regressions": [...]} */
struct json_object *difference_json(const struct difference_report *r);

/*
 * Is any limit exceeded? Complains and exits where one cannot be decided, for
 * lack of figures.
 */
bool has_regression(const struct difference_report *r);

#endif
