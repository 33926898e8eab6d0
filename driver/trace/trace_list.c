/*
 * trace_list.c - find trace files.
 */
#define _GNU_SOURCE
#include "trace_list.h"
#include "trace_forms.h"

#include "base/build.h"
#include "base/fatal.h"
#include "base/suffix.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const endings[] = {"", ".rep", ".rep.gz", ".rep.zst",
                                      ".repb"};

enum { ENDINGS = sizeof endings / sizeof *endings };

static int is_trace(const struct dirent *entry)
{
    for (int i = 1; i < ENDINGS; i++)
        if (has_suffix(entry->d_name, endings[i]))
            return 1;
    return 0;
}

size_t trace_stem_length(const char *name)
{
    for (int i = 1; i < ENDINGS; i++)
        if (has_suffix(name, endings[i]))
            return strlen(name) - strlen(endings[i]);
    return strlen(name);
}

const char *trace_directory(void)
{
    static char path[PATH_MAX], plain[PATH_MAX];

    if (access("traces", R_OK) == 0)
        return "traces";
    snprintf(path, sizeof path, "%s/../../traces", build_directory());
    return realpath(path, plain) ? plain : path;
}

static struct trace *load_named(const char *file, const char *directory)
{
    char path[PATH_MAX];

    if (!file[0])
        fatal("-f", 0, "the name of a trace is empty");
    if (access(file, F_OK) == 0)
        return trace_load(file);
    for (int i = 0; i < ENDINGS && file[0] != '/'; i++) {
        snprintf(path, sizeof path, "%s/%s%s", directory, file, endings[i]);
        if (access(path, F_OK) == 0)
            return trace_load(path);
    }
    fatal(file, 0, "there is no such trace, here or in %s", directory);
}

/* The twin of the trace that is named before TWIN_ENDING. */
static struct trace *load_twin(const char *file, const char *directory,
                               const char *seed)
{
    char *name = check_alloc(strdup(file));

    if (!seed)
        fatal(file, 0, "a twin needs --secret SEED");
    name[strlen(name) - strlen(TWIN_ENDING)] = '\0';
    struct trace *public = load_named(name, directory);
    struct trace *twin = trace_twin(public, seed);
    trace_delete(public);
    free(name);
    return twin;
}

static struct trace_list load_directory(const char *directory)
{
    struct dirent **entries;
    struct trace_list list = {NULL, 0};
    char path[PATH_MAX];
    int n = scandir(directory, &entries, is_trace, alphasort);

    if (n < 0)
        fatal(directory, 0, "cannot read the trace directory: %s",
              strerror(errno));
    if (n == 0)
        fatal(directory, 0,
              "there is no trace in it (*.rep, *.rep.gz, "
              "*.rep.zst, *.repb)");
    list.traces = check_alloc(calloc((size_t)n, sizeof(struct trace *)));
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        list.traces[list.count++] = trace_load(path);
        free(entries[i]);
    }
    free(entries);
    return list;
}

struct trace_list trace_list_load(char *const *files, size_t count,
                                  const char *directory, const char *seed)
{
    struct trace_list list;

    if (!directory)
        directory = trace_directory();
    if (count == 0)
        return load_directory(directory);
    list.traces = check_alloc(calloc(count, sizeof(struct trace *)));
    for (list.count = 0; list.count < count; list.count++)
        list.traces[list.count] =
            has_suffix(files[list.count], TWIN_ENDING)
                ? load_twin(files[list.count], directory, seed)
                : load_named(files[list.count], directory);
    return list;
}

void trace_list_add_twins(struct trace_list *list, const char *seed)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->traces[i]->set == SET_SECRET)
            return;
    list->traces = check_alloc(
        realloc(list->traces, 2 * list->count * sizeof *list->traces));
    for (size_t i = list->count; i-- > 0;) {
        struct trace *public = list->traces[i];

        list->traces[2 * i] = public;
        list->traces[2 * i + 1] = trace_twin(public, seed);
    }
    list->count *= 2;
}

void trace_list_delete(struct trace_list list)
{
    for (size_t i = 0; i < list.count; i++)
        trace_delete(list.traces[i]);
    free(list.traces);
}
