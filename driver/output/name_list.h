/*
 * name_list.h - print a title and names, on as many lines as they need.
 *
 *     mm_calloc emulated by mm_malloc + memset: buddy, bump, explicit,
 *         implicit
 */
#ifndef NAME_LIST_H
#define NAME_LIST_H

#include <stdio.h>

struct name_list {
    FILE *out;
    const char *title; /* printed before the first name */
    int column;        /* columns printed on this line; 0: no name yet */
};

void name_list_add(struct name_list *name_list, const char *name);

/* End the last line, if a name was printed. */
void name_list_end(struct name_list *name_list);

#endif
