/*
 * counter.c - the command line of valgrind, and what callgrind writes.
 *
 * A dump of callgrind has a header, costs by function, and a last line
 * "totals: N", N the instructions counted since the dump before.
 */
#define _GNU_SOURCE
#include "counter.h"

#include "memlib.h"
#include "base/build.h"
#include "base/fatal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const options[COUNTER_WORDS] = {
    "--command-line-only=yes", /* no ~/.valgrindrc */
    "--tool=callgrind",
    "--log-file=/dev/null",
    "--vgdb=no",
    "--run-libc-freeres=no",
    "--run-cxx-freeres=no",
    "--instr-atstart=no",
    "--collect-atstart=no",
    "--combine-dumps=yes", /* all of them into one file */
    "--dump-line=no",
};

/* ---- Is it there? ---- */

/* Write the path of the first valgrind of PATH; false if there is none. */
static bool find_tool(char path[COUNTER_PATH])
{
    const char *folders = getenv("PATH");

    for (const char *at = folders; at; at = strchr(at, ':')) {
        at += at != folders;
        int length = (int)strcspn(at, ":");
        snprintf(path, COUNTER_PATH, "%.*s/valgrind", length, at);
        if (length > 0 && access(path, X_OK) == 0)
            return true;
    }
    return false;
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
    if (!find_tool(path))
        return "needs valgrind, which is not installed: apt-get install "
               "valgrind, then make";
    return NULL;
}

/* ---- The command and the file. ---- */

static void set_command(struct counter *c)
{
    int n = 0;

    c->command[n++] = c->tool;
    for (int i = 0; i < COUNTER_WORDS && options[i]; i++)
        c->command[n++] = (char *)options[i];
    c->command[n++] = c->file_option;
    c->command[n++] = c->worker;
}

struct counter *counter_open(void)
{
    struct counter *c = check_alloc(calloc(1, sizeof *c));

    c->fd = memfd_create("counts", MFD_CLOEXEC);
    if (c->fd < 0)
        fatal_usage("cannot make the file of counts: %s", strerror(errno));
    find_tool(c->tool);
    snprintf(c->worker, sizeof c->worker, "%s/worker", build_directory());
    snprintf(c->file_option, sizeof c->file_option,
             "--callgrind-out-file=/proc/%d/fd/%d", (int)getpid(), c->fd);
    set_command(c);
    return c;
}

void counter_close(struct counter *c)
{
    if (!c)
        return;
    close(c->fd);
    free(c);
}

void counter_restart(struct counter *c)
{
    c->used = 0;
    if (ftruncate(c->fd, 0) != 0)
        fatal_usage("cannot empty the file of counts");
}

/*
 * Valgrind itself lies from 0x58000000 on, and its program has the addresses up
 * to 1 << 44 only.
 */
void *counter_heap_base(size_t limit)
{
    void *low = mem_preferred_base(0);

    if (build_worker_bits == 32 || (size_t)low + limit <= 0x58000000)
        return low;
    return (void *)((size_t)1 << 42);
}

/* ---- Counts. ---- */

static off_t size_of(const struct counter *c)
{
    return lseek(c->fd, 0, SEEK_END);
}

bool counter_is_quiet(const struct counter *c)
{
    return size_of(c) == c->used;
}

/* Find the one line "totals: N" of the text. */
static bool find_total(const char *text, uint64_t *count)
{
    static const char word[] = "\ntotals: ";
    const char *at = strstr(text, word);
    char *end;

    if (!at || strstr(at + 1, word))
        return false;
    *count = strtoull(at + strlen(word), &end, 10);
    return *end == '\n';
}

bool counter_read(struct counter *c, uint64_t *count)
{
    size_t size = (size_t)(size_of(c) - c->used);
    char *text = check_alloc(calloc(1, size + 1));
    bool found = pread(c->fd, text, size, c->used) == (ssize_t)size &&
                 find_total(text, count);

    c->used += (off_t)size;
    free(text);
    return found;
}
