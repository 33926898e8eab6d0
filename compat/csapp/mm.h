/*
 * compat/csapp/mm.h - for hand-ins of the classic lab that bring no mm.h.
 */
#ifndef COMPAT_CSAPP_MM_H
#define COMPAT_CSAPP_MM_H

#include <stddef.h>
#include <stdio.h>

int mm_init(void);
void *mm_malloc(size_t size);
void mm_free(void *ptr);
void *mm_realloc(void *ptr, size_t size);

typedef struct {
    char *teamname;
    char *name1, *id1;
    char *name2, *id2; /* "" where a team has one member */
} team_t;

extern team_t team;

#endif
