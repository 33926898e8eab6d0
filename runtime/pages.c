/*
 * pages.c - a bitmap with one bit a page, searched from above.
 *
 *   I1  A page's bit is set exactly if it is taken.
 *   I2  All pages from roof up are taken.
 *
 * The bitmap is reserved whole and touched where it is used: a region of
 * 128 GiB has 4 MiB of it, of which a process with 100 MiB of mappings uses
 * one page.
 */
#define _GNU_SOURCE
#include "pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { WORD_BITS = 64 };

static struct {
    uint64_t *bits;
    size_t count, roof;
} pages;

bool pages_init(size_t count)
{
    void *bits = mmap(NULL, count / 8 + 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (bits == MAP_FAILED)
        return false;
    pages.bits = bits;
    pages.count = pages.roof = count;
    return true;
}

static bool is_taken(size_t page)
{
    return pages.bits[page / WORD_BITS] >> page % WORD_BITS & 1;
}

/* The count lowest bits from bit `first` of a word on, as far as it goes. */
static uint64_t bits_from(size_t first, size_t count)
{
    uint64_t all = count < WORD_BITS ? ((uint64_t)1 << count) - 1 : UINT64_MAX;

    return all << first;
}

static void mark(size_t first, size_t count, bool taken)
{
    for (size_t end = first + count, next; first < end; first = next) {
        uint64_t bits = bits_from(first % WORD_BITS, end - first);

        if (taken)
            pages.bits[first / WORD_BITS] |= bits;
        else
            pages.bits[first / WORD_BITS] &= ~bits;
        next = (first / WORD_BITS + 1) * WORD_BITS;
    }
}

/* Step over whole words of taken pages, downwards; page itself is taken. */
static size_t skip_taken(size_t page)
{
    while (page % WORD_BITS == 0 && page > 0 &&
           pages.bits[page / WORD_BITS - 1] == UINT64_MAX)
        page -= WORD_BITS;
    return page;
}

/* Does a whole word of free pages end at page, which a run has room for? */
static bool is_free_word(size_t page, size_t missing)
{
    return page % WORD_BITS == 0 && missing >= WORD_BITS &&
           pages.bits[page / WORD_BITS - 1] == 0;
}

static bool find_run(size_t count, size_t *first)
{
    size_t run = 0, page = pages.roof;

    while (page > 0 && run < count) {
        size_t step = is_free_word(page, count - run) ? WORD_BITS : 1;

        page -= step;
        run = is_taken(page) ? 0 : run + step;
        if (run == 0)
            page = skip_taken(page);
    }
    *first = page;
    return run == count;
}

bool pages_take(size_t count, size_t *first)
{
    if (count > pages.count || !find_run(count, first))
        return false;
    mark(*first, count, true);
    while (pages.roof > 0 && is_taken(pages.roof - 1))
        pages.roof = skip_taken(pages.roof - 1);
    return true;
}

bool pages_give(size_t first, size_t count)
{
    if (first > pages.count || count > pages.count - first)
        return false;
    for (size_t page = first; page < first + count; page++)
        if (!is_taken(page))
            return false;
    mark(first, count, false);
    if (first + count > pages.roof)
        pages.roof = first + count;
    return true;
}

size_t pages_lowest(size_t from)
{
    size_t page = from;

    while (page < pages.count && !is_taken(page))
        page++;
    return page;
}
