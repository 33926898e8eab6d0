/*
 * trace_list.h - the traces that the user names.
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
 * Load the named traces, each a path or the name of a file in directory. If
 * count is 0, load all traces of directory, sorted by name. If directory is
 * NULL, it is trace_directory(). If a trace is missing or malformed, or there
 * is none, exit with a message.
 *
 * A name with TWIN_ENDING is that of a twin. seed makes twins; where it is
 * NULL, such a name ends the program with a message.
 */
struct trace_list trace_list_load(char *const *files, size_t count,
                                  const char *directory, const char *seed);

/* Put behind each trace its twin, unless a twin is in the list already. */
void trace_list_add_twins(struct trace_list *list, const char *seed);

void trace_list_delete(struct trace_list list);

#endif
