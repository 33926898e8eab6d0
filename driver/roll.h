/*
 * roll.h - names behind a title, on as many lines as they need.
 *
 *     without mm_calloc, mm_malloc and memset stood in: buddy, bump, explicit,
 *         implicit
 */
#ifndef ROLL_H
#define ROLL_H

#include <stdio.h>

struct roll {
    FILE *out;
    const char *title; /* the first name prints it: none, nothing printed */
    int column;        /* 0 at first */
};

void roll_add(struct roll *roll, const char *name);

/* End its last line, where there is one. */
void roll_end(struct roll *roll);

#endif
