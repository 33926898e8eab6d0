/*
 * outside.c - count the worker's anonymous pages, by /proc/PID/smaps.
 *
 *     0x10000000  heap, shared with the judge    what memlib gives: not here
 *                 channel, shared                scrubbed (sandbox_scrub)
 *     the object  code, constants     r-x r--    a page of them that is
 *                                                anonymous was written: counts
 *                 .data, .bss         rw-        min(declared, pages touched)
 *     others      C library, its heap, stack,    growth since the allocator
 *                 other mappings                 was loaded
 *
 * So a large table of which little is used costs the pages that are used, and a
 * small one what it declares. The rest is small change, two allowances: for a
 * few variables and constants; and for pages that printf, malloc in a checker
 * or a deeper stack touch first.
 */
#include "outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct area {
    uint64_t start, end;
};

static uint64_t overlap(const struct area *a, uint64_t start, uint64_t end)
{
    uint64_t low = a->start > start ? a->start : start;
    uint64_t high = a->end < end ? a->end : end;

    return high > low ? high - low : 0;
}

/* Add an area of which so many bytes are anonymous. */
static void add_area(struct outside *sum, const struct area *a, uint64_t bytes,
                     const struct object_facts *object, uint64_t base)
{
    for (size_t i = 0; i < object->segment_count && bytes > 0; i++) {
        const struct object_segment *s = &object->segments[i];
        uint64_t own = overlap(a, base + s->start, base + s->end);

        own = own < bytes ? own : bytes;
        *(s->writable ? &sum->variables : &sum->constants) += own;
        bytes -= own;
    }
    sum->others += bytes;
}

/* "Anonymous: 8 kB", or what of it the system has swapped out. */
static uint64_t bytes_of_line(const char *line)
{
    size_t name = strcspn(line, ":");

    if (strncmp(line, "Anonymous:", name + 1) != 0 &&
        strncmp(line, "Swap:", name + 1) != 0)
        return 0;
    return strtoull(line + name + 1, NULL, 10) * 1024;
}

/* "7ffff7fc1000-7ffff7fc3000 r--p ..." */
static struct area read_area(const char *line)
{
    char *end;
    uint64_t start = strtoull(line, &end, 16);

    return (struct area){start, strtoull(end + (*end == '-'), NULL, 16)};
}

static bool is_of_valgrind(const struct area *a,
                           const struct counter_range *own)
{
    for (int i = 0; own && i < COUNTER_RANGES; i++)
        if (a->start >= own[i].start && a->end <= own[i].end)
            return true;
    return false;
}

struct outside outside_measure(const struct process *p,
                               const struct object_facts *object, uint64_t base,
                               const struct counter_range *own)
{
    struct outside sum = {0};
    struct area area = {0, 0};
    char path[64], line[4352], whole_page[4096];

    snprintf(path, sizeof path, "/proc/%d/smaps", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (file) /* the kernel gives a page a read; stdio asks for a quarter */
        setvbuf(file, whole_page, _IOFBF, sizeof whole_page);
    while (file && fgets(line, sizeof line, file)) /* areas: with digits */
        if (line[0] < 'A' || line[0] > 'Z')
            area = read_area(line);
        else if (!is_of_valgrind(&area, own))
            add_area(&sum, &area, bytes_of_line(line), object, base);
    if (file)
        fclose(file);
    return sum;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t beyond(uint64_t bytes, uint64_t allowance)
{
    return bytes > allowance ? bytes - allowance : 0;
}

struct outside_use outside_used(const struct outside *start,
                                const struct outside *now,
                                const struct object_facts *object)
{
    uint64_t loaded = smaller(start->variables, LOADED_ALLOWANCE);
    uint64_t own =
        smaller(beyond(now->variables, loaded), object->static_bytes);

    return (struct outside_use){own + now->constants,
                                beyond(now->others, start->others)};
}

uint64_t outside_counted(struct outside_use used, struct outside_use known)
{
    return beyond(beyond(used.object, known.object), STATIC_ALLOWANCE) +
           beyond(beyond(used.others, known.others), OTHERS_ALLOWANCE);
}
