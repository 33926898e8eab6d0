/*
 * worker_load.c - the allocator that the worker calls: a shared object with
 * mm.h's functions, the process's own malloc, or the null allocator.
 */
#define _GNU_SOURCE
#include "mm.h"
#include "filter.h"
#include "worker_parts.h"

#include <dlfcn.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* For an allocator without mm_calloc or mm_memalign. */
static void *calloc_by_malloc(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *p = worker.calls.malloc(count * size);
    if (p)
        memset(p, 0, count * size);
    return p;
}

static void *memalign_by_malloc(size_t align, size_t size)
{
    (void)align;
    return worker.calls.malloc(size);
}

/* The null allocator does nothing: its passes measure the loop alone. */
static void *null_malloc(size_t size)
{
    (void)size;
    return &worker;
}

static void null_free(void *ptr)
{
    (void)ptr;
}

static void *null_resize(void *ptr, size_t size)
{
    (void)size;
    return ptr;
}

static void *null_pair(size_t first, size_t size)
{
    (void)first;
    (void)size;
    return &worker;
}

static const struct calls null_calls = {null_malloc, null_free, null_resize,
                                        null_pair,   null_pair, NULL,
                                        NULL,        false};

static const struct calls system_calls = {malloc,   free, realloc, calloc,
                                          memalign, NULL, NULL,    false};

static bool load_failed(const char *text)
{
    strncpy(worker.channel->text, text, sizeof worker.channel->text - 1);
    worker_end(VERDICT_LOAD_FAILED);
    return false;
}

/* Is the symbol at address as large as our struct? Courses have other teams. */
static bool is_a_team(const void *address)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;

    return dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) &&
           symbol && symbol->st_size == sizeof(team_t);
}

/* Append the first line of field, cut, and a newline. */
static void add_line(char *text, size_t size, const char *field)
{
    enum { LONGEST = 80 };
    size_t used = strlen(text), length = strcspn(field, "\n");

    snprintf(text + used, size - used, "%.*s\n",
             (int)(length < LONGEST ? length : LONGEST), field);
}

/* Put the allocator's authors into channel->text, one line for each field. */
static void note_team(void *library)
{
    const team_t *t = dlsym(library, "team");

    if (!t || !is_a_team(t))
        return;
    const char *fields[] = {t->teamname, t->name1, t->id1, t->name2, t->id2};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        add_line(worker.channel->text, sizeof worker.channel->text,
                 fields[i] ? fields[i] : "");
}

static void note_place(void *library)
{
    struct link_map *map;

    if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0)
        worker.channel->object_base = map->l_addr;
}

/* In a jail: from here on, only what the stage allows. */
static bool restrict_to(enum filter_stage stage)
{
    const struct filter *filters = (const struct filter *)worker.steps;

    return !worker.channel->jailed ||
           filter_install(&filters[stage]) ||
           load_failed("the kernel takes no filter of system calls");
}

/*
 * Touch what honest code touches, the stack and the C library's heap, for the
 * judge counts only pages that are touched later.
 */
static void touch_memory(void)
{
    enum { TOUCHED = 4096 };
    char *volatile p = malloc(TOUCHED);

    if (p)
        memset(p, 0, TOUCHED);
    free(p);
    worker_clear_stack();
}

static bool load_lab(struct calls *calls, const char *path)
{
    unsigned char byte;
    void *library;

    /* The first one maps memory for the next, in a way that no filter
     * allows. */
    if (getrandom(&byte, sizeof byte, 0) < 0 || !restrict_to(FILTER_LOADING))
        return false;
    const char *failure = calls_load(calls, path, &library);
    if (failure)
        return load_failed(failure);
    note_team(library);
    note_place(library);
    touch_memory();
    return restrict_to(FILTER_RUNNING);
}

static void note_exports(const struct calls *calls)
{
    worker.channel->has_audit = calls->audit != NULL;
    worker.channel->has_calloc = calls->calloc != NULL;
    worker.channel->has_memalign = calls->memalign != NULL;
}

void worker_load(void)
{
    struct calls calls = {0};

    if (worker.channel->kind == WORKER_NULL)
        calls = null_calls;
    else if (worker.channel->kind == WORKER_SYSTEM)
        calls = system_calls;
    else if (!load_lab(&calls, worker.channel->path))
        return;
    note_exports(&calls);
    if (!calls.calloc)
        calls.calloc = calloc_by_malloc;
    if (!calls.memalign)
        calls.memalign = memalign_by_malloc;
    worker.calls = calls;
    worker_end(VERDICT_OK);
}
