/*
 * trace_list.h - which traces a run is about.
 */
#ifndef TRACE_LIST_H
#define TRACE_LIST_H

#include "trace.h"

struct trace_list {
    struct trace **traces;
    size_t count;
};

/* traces/ here, or else in the source tree that the build lies in. */
const char *trace_directory(void);

/*
 * Load the files named (paths, or names in the directory), or all traces of
 * the directory where none is named, by name. directory NULL:
 * trace_directory(). Complains and exits where one is missing or malformed, or
 * there is none.
 */
struct trace_list trace_list_load(char *const *files, size_t count,
                                  const char *directory);

void trace_list_delete(struct trace_list list);

#endif
