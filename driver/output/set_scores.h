/*
 * set_scores.h - public and secret traces apart, where both were run.
 */
#ifndef SET_SCORES_H
#define SET_SCORES_H

#include "measure/score.h"

#include <json-c/json.h>
#include <stdio.h>

/*
 * A line per allocator with the utilization and the points of each set, and
 * which counts; and a note where it does much better on public traces.
 */
void set_scores_print(FILE *out, const struct benchmark *c,
                      const struct profile *p);

/* The same as an object, which the caller owns; NULL where one set was run. */
struct json_object *set_scores_json(const struct benchmark *c,
                                    const struct profile *p);

#endif
