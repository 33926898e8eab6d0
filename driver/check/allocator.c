/*
 * allocator.c - find the shared object that a name means.
 */
#define _GNU_SOURCE
#include "allocator.h"

#include "base/build.h"
#include "base/capture.h"
#include "base/fatal.h"
#include "base/suffix.h"
#include "jail.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = CHANNEL_PATH };

static struct allocator *make(const char *name, enum worker_kind kind,
                              const char *path)
{
    struct allocator *a = check_alloc(calloc(1, sizeof *a));

    a->name = check_alloc(strdup(name));
    a->kind = kind;
    a->path = check_alloc(strdup(path));
    a->text = check_alloc(strdup(name));
    return a;
}

/* The build's folders of allocators, in the order of reports. */
static const char *const folders[] = {"", "variants/", "libraries/"};

enum { FOLDERS = sizeof folders / sizeof *folders };

/* Write the path of the build's allocator `name`; false if there is none. */
static bool path_of_name(const char *name, char *path)
{
    for (int i = 0; i < FOLDERS; i++) {
        snprintf(path, PATH_SIZE, "%s/%s%s.so", build_directory(), folders[i],
                 name);
        if (access(path, F_OK) == 0 && object_inspect(path).exports_lab)
            return true;
    }
    return false;
}

static void refuse(struct object_facts *facts, const char *why)
{
    snprintf(facts->refusal, sizeof facts->refusal, "%s", why);
}

/* What makes the file no allocator of the lab goes first. */
static void refuse_others(struct object_facts *facts)
{
    if (!facts->readable)
        refuse(facts, "is not a shared object");
    else if (!facts->exports_lab && facts->exports_malloc)
        refuse(facts, "exports malloc, and lacks mm_malloc");
    else if (!facts->exports_lab)
        refuse(facts, "lacks mm_malloc");
}

static void fatal_others(const struct object_facts *facts, const char *name,
                         const char *path)
{
    if (!facts->readable)
        fatal_usage("no allocator '%s': %s is not a shared object", name, path);
    if (!facts->exports_lab && !facts->exports_malloc)
        fatal_usage("no allocator '%s': %s exports neither mm_malloc nor "
                    "malloc",
                    name, path);
}

/* The path is made absolute, so that the worker finds the same file. */
static struct allocator *from_file(const char *name, const char *path,
                                   bool untrusted)
{
    char *full = realpath(path, NULL);

    if (!full)
        fatal_usage("no allocator '%s': there is no file %s", name, path);
    struct object_facts facts = object_inspect(full);
    if (!untrusted || jail_lacks())
        refuse(&facts, "");
    if (untrusted)
        refuse_others(&facts);
    else
        fatal_others(&facts, name, path);
    bool system = !untrusted && !facts.exports_lab;
    struct allocator *a = make(name, system ? WORKER_SYSTEM : WORKER_LAB, full);
    a->object = facts;
    a->idea = check_alloc(strdup(facts.idea));
    free(full);
    return a;
}

/*
 * Write the path at which the dynamic loader finds soname; false if it does
 * not. The loader is made to list what it would load for the worker with soname
 * preloaded: the list has a line "<tab>soname => path (address)".
 */
static bool path_of_soname(const char *soname, char *path)
{
    char worker[PATH_SIZE], preload[PATH_SIZE], output[16384], start[PATH_SIZE];
    char *argv[] = {worker, NULL};
    char *extra[] = {"LD_TRACE_LOADED_OBJECTS=1", preload, NULL};

    snprintf(worker, sizeof worker, "%s/worker", build_directory());
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", soname);
    snprintf(start, sizeof start, "\t%s => ", soname);
    if (!capture_output(argv, extra, output, sizeof output))
        return false;
    const char *found = strstr(output, start);
    if (!found)
        return false;
    found += strlen(start);
    snprintf(path, PATH_SIZE, "%.*s", (int)strcspn(found, " \n"), found);
    return path[0] == '/';
}

static _Noreturn void fatal_unknown(const char *name)
{
    size_t count;
    char **names = allocator_names(&count);
    char list[2048] = "";

    for (size_t i = 0; i < count; i++) {
        strncat(list, names[i], sizeof list - strlen(list) - 3);
        strcat(list, ", ");
    }
    fatal_usage("no allocator '%s': it is none of %slibc, not a path (with "
                "a /), and no library that the loader finds",
                name, list);
}

struct allocator *allocator_find(const char *text, bool untrusted)
{
    const char *equals = strchr(text, '=');
    char path[PATH_SIZE];

    if (equals) {
        char *name = check_alloc(strndup(text, (size_t)(equals - text)));
        struct allocator *a = from_file(name, equals + 1, untrusted);
        free(name);
        free(a->text);
        a->text = check_alloc(strdup(text));
        return a;
    }
    if (strcmp(text, "libc") == 0)
        return make(text, WORKER_SYSTEM, "");
    if (strchr(text, '/'))
        return from_file(text, text, untrusted);
    if (path_of_name(text, path) || path_of_soname(text, path))
        return from_file(text, path, false); /* so it is nobody's hand-in */
    fatal_unknown(text);
}

struct allocator *allocator_null(void)
{
    return make("null", WORKER_NULL, "");
}

void allocator_delete(struct allocator *allocator)
{
    if (!allocator)
        return;
    free(allocator->name);
    free(allocator->path);
    free(allocator->text);
    free(allocator->idea);
    free(allocator);
}

static int is_shared_object(const struct dirent *entry)
{
    return has_suffix(entry->d_name, ".so");
}

/* Append the names of the allocators in folder to the *count names. */
static char **add_names(const char *folder, char **names, size_t *count)
{
    struct dirent **entries = NULL;
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s", build_directory(), folder);
    int n = scandir(path, &entries, is_shared_object, alphasort);
    size_t capacity = *count + (size_t)(n > 0 ? n : 0) + 1;
    names = check_alloc(realloc(names, capacity * sizeof *names));
    for (int i = 0; i < n; i++) {
        size_t length = strlen(entries[i]->d_name) - 3;
        char *name = check_alloc(strndup(entries[i]->d_name, length));

        if (path_of_name(name, path))
            names[(*count)++] = name;
        else
            free(name); /* not an allocator of the lab */
        free(entries[i]);
    }
    free(entries);
    return names;
}

char **allocator_names(size_t *count)
{
    char **names = NULL;

    *count = 0;
    for (int i = 0; i < FOLDERS; i++)
        names = add_names(folders[i], names, count);
    return names;
}
