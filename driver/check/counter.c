/*
 * counter.c - the command line of valgrind, and the pages with the counts.
 */
#define _GNU_SOURCE
#include "counter.h"

#include "memlib.h"
#include "base/build.h"
#include "base/fatal.h"
#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* "none": of tools that valgrind has itself, none brings code into a worker. */
static const char *const options[] = {
    "--command-line-only=yes", /* no ~/.valgrindrc */
    "--tool=none", "--log-file=/dev/null", "--vgdb=no",
    "--fair-sched=try", /* a lock without system calls, for its one thread */
    "--run-libc-freeres=no", "--run-cxx-freeres=no"};

/* ---- Is it there? ---- */

static void set_path(char path[COUNTER_PATH], const char *name)
{
    snprintf(path, COUNTER_PATH, "%s/%s", build_directory(), name);
}

const char *counter_missing(void)
{
    static const char *const others[] = {"san", "aarch64"};
    static char text[128];
    char path[COUNTER_PATH];

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(build_mode, others[i]) == 0) {
            snprintf(text, sizeof text,
                     "is not of MODE=%s: valgrind does not run its worker",
                     others[i]);
            return text;
        }
    set_path(path, "counter");
    if (access(path, X_OK) != 0)
        return "needs valgrind, which this was built without: apt-get install "
               "valgrind, then make";
    return NULL;
}

/* ---- The command and the page. ---- */

static void set_command(struct counter *c)
{
    int n = 0;

    c->command[n++] = c->tool;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        c->command[n++] = (char *)options[i];
    c->command[n++] = c->worker;
}

struct counter *counter_open(void)
{
    struct counter *c = check_alloc(calloc(1, sizeof *c));

    c->fd = process_shared_file("count", sizeof *c->page);
    void *page = mmap(NULL, sizeof *c->page, PROT_READ | PROT_WRITE, MAP_SHARED,
                      c->fd, 0);
    if (page == MAP_FAILED)
        fatal_usage("cannot map the count: %s", strerror(errno));
    c->page = page;
    set_path(c->tool, "counter");
    set_path(c->worker, "worker");
    set_command(c);
    return c;
}

void counter_close(struct counter *c)
{
    if (!c)
        return;
    munmap(c->page, sizeof *c->page);
    close(c->fd);
    free(c);
}

void counter_restart(struct counter *c)
{
    c->page->allocator = c->page->worker = 0;
}

uint64_t counter_read(const struct counter *c)
{
    return __atomic_load_n(&c->page->allocator, __ATOMIC_RELAXED);
}

uint64_t counter_read_own(const struct counter *c)
{
    return __atomic_load_n(&c->page->worker, __ATOMIC_RELAXED);
}

/*
 * Valgrind itself lies from 0x58000000 on, with nothing just before it
 * (counter_tool.c), and its program has the addresses up to 1 << 44 only.
 */
void *counter_heap_base(size_t limit)
{
    void *low = mem_preferred_base(0);

    if (build_worker_bits == 32 || (size_t)low + limit < 0x58000000)
        return low;
    return (void *)((size_t)1 << 42);
}
