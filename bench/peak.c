/*
 * peak.c - what a malloc gives back after a peak; to be preloaded.
 *
 *     peak [--mb N] [--keep PERMILLE] [--seed N] [--wait SECONDS]
 *
 * Allocates blocks of 16 to 4096 bytes until they have N MB together, writes
 * them, and frees all but about PERMILLE of a thousand, chosen at random. The
 * resident set, less that of the start, is measured at once, and again after
 * SECONDS in which the program allocates few blocks, for mallocs that give
 * memory back later.
 *
 * For comparison the program sums up the pages that hold a byte of a live
 * block. No malloc can do with less, because it cannot move blocks.
 *
 * Prints `BLOCKS LIVE PEAK PAGES AFTER LATER`, the last four in bytes. The
 * program's own memory is mapped and resident before the start. Exit status 0,
 * 1 where malloc returned NULL or a block changed, 2 for wrong options.
 */
#define _GNU_SOURCE
#include "base/random.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MIN_SIZE = 16, MAX_SIZE = 4096 };

struct options {
    size_t bytes;
    unsigned keep; /* blocks of a thousand that stay live */
    uint64_t seed;
    double wait;
};

struct block {
    unsigned char *at; /* NULL: freed */
    size_t size;
};

static struct {
    struct block *block;
    size_t count, capacity;
    uintptr_t *page; /* numbers of the pages of live blocks */
} table;

static size_t page_size;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "peak: %s\n", what);
    exit(1);
}

/* Memory for this program's own tables, resident from the beginning. */
static void *map_resident(size_t size)
{
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (start == MAP_FAILED)
        fail("no memory for the table");
    return start;
}

/* The mean size is half of the largest; twice the expected number suffices. */
static void make_table(size_t bytes)
{
    table.capacity = 2 * (bytes / ((MIN_SIZE + MAX_SIZE) / 2) + 1);
    table.block = map_resident(table.capacity * sizeof *table.block);
    table.page = map_resident(2 * table.capacity * sizeof *table.page);
}

/* The resident set in bytes. Without stdio, which would allocate. */
static size_t resident(void)
{
    char text[200] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    ssize_t size = read(file, text, sizeof text - 1);
    const char *second = strchr(text, ' ');

    close(file);
    if (size <= 0 || !second)
        fail("/proc/self/statm cannot be read");
    return strtoull(second, NULL, 10) * page_size;
}

static void fill(const struct options *o, uint64_t *random)
{
    for (size_t total = 0; total < o->bytes && table.count < table.capacity;) {
        size_t size = MIN_SIZE + random_below(random, MAX_SIZE - MIN_SIZE + 1);
        unsigned char *at = malloc(size);

        if (!at)
            fail("malloc returned NULL");
        memset(at, (unsigned char)table.count, size);
        table.block[table.count++] = (struct block){at, size};
        total += size;
    }
}

static size_t free_all_but(const struct options *o, uint64_t *random)
{
    size_t live = 0;

    for (size_t i = 0; i < table.count; i++) {
        struct block *b = &table.block[i];

        if (random_below(random, 1000) < o->keep) {
            live++;
            continue;
        }
        free(b->at);
        b->at = NULL;
    }
    return live;
}

static int compare_pages(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

    return (x > y) - (x < y);
}

/*
 * Bytes of the pages with a byte of a live block; each page counts once. Called
 * after all measuring, because qsort may allocate.
 */
static size_t live_pages(void)
{
    size_t count = 0, distinct = 0;

    for (size_t i = 0; i < table.count; i++) {
        const struct block *b = &table.block[i];
        uintptr_t first = (uintptr_t)b->at / page_size;
        uintptr_t last = ((uintptr_t)b->at + b->size - 1) / page_size;

        if (!b->at)
            continue;
        table.page[count++] = first;
        if (last != first)
            table.page[count++] = last;
    }
    qsort(table.page, count, sizeof *table.page, compare_pages);
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || table.page[i] != table.page[i - 1];
    return distinct * page_size;
}

/* Allocate and free few blocks at a time, for that many seconds. */
static void allocate_few(double seconds, uint64_t *random)
{
    enum { FEW_BLOCKS = 200 };
    const struct timespec moment = {0, 1000000};
    void *few[FEW_BLOCKS] = {NULL};

    for (int i = 0; i < (int)(seconds * 1000); i++) {
        for (int j = 0; j < FEW_BLOCKS; j++)
            few[j] = malloc(MIN_SIZE +
                            random_below(random, MAX_SIZE - MIN_SIZE + 1));
        for (int j = 0; j < FEW_BLOCKS; j++)
            free(few[j]);
        nanosleep(&moment, NULL);
    }
}

/* The live blocks hold what was written to them. */
static void check(void)
{
    for (size_t i = 0; i < table.count; i++) {
        const struct block *b = &table.block[i];

        for (size_t at = 0; b->at && at < b->size; at++)
            if (b->at[at] != (unsigned char)i)
                fail("a block changed");
    }
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: peak [--mb N] [--keep PERMILLE] [--seed N] "
                    "[--wait SECONDS]\n");
    exit(2);
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"mb", required_argument, NULL, 'm'},
        {"keep", required_argument, NULL, 'k'},
        {"seed", required_argument, NULL, 's'},
        {"wait", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {300, 10, 1, 1};
    int which;

    while ((which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (which == 'm')
            o.bytes = (size_t)atol(optarg);
        else if (which == 'k')
            o.keep = (unsigned)atoi(optarg);
        else if (which == 's')
            o.seed = (uint64_t)atol(optarg);
        else if (which == 'w')
            o.wait = atof(optarg);
        else
            usage();
    }
    if (optind != argc || o.bytes == 0 || o.keep > 1000 || o.wait < 0)
        usage();
    o.bytes *= 1000000;
    return o;
}

int main(int argc, char **argv)
{
    struct options o = parse(argc, argv);
    uint64_t random = o.seed;

    page_size = (size_t)sysconf(_SC_PAGESIZE);
    make_table(o.bytes);
    free(malloc(1)); /* what a malloc needs at all is there now */
    resident();
    size_t start = resident();
    fill(&o, &random);
    size_t peak = resident() - start;
    size_t live = free_all_but(&o, &random);
    size_t after = resident() - start;
    allocate_few(o.wait, &random);
    size_t later = resident() - start;
    check();
    printf("%zu %zu %zu %zu %zu %zu\n", table.count, live, peak, live_pages(),
           after, later);
    return 0;
}
