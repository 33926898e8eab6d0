/*
 * name_list.h - names behind a title, on as many lines as they need.
 *
 *     mm_calloc emulated by mm_malloc + memset: buddy, bump, explicit,
 *         implicit
 */
#ifndef NAME_LIST_H
#define NAME_LIST_H

#include <stdio.h>

struct name_list {
    FILE *out;
    const char *title; /* the first name prints it: none, nothing printed */
    int column;        /* 0 at first */
};

void name_list_add(struct name_list *name_list, const char *name);

/* End its last line, where there is one. */
void name_list_end(struct name_list *name_list);

#endif
