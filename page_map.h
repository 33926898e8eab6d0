/*
 * page_map.h - which pages of a region are mapped: a bit for each.
 *
 * Pages have numbers from 0 up. A run of pages is taken at the highest place
 * where it fits. memlib.c keeps the mappings of the simulated heap in such a
 * map, runtime/oslib.c those of a real process; both then place mappings in the
 * same way. (The judge's bitset is another: it is sparse, and shares no code
 * with the heap that it checks.)
 *
 *   I1  A page's bit is set exactly if the page is taken.
 *   I2  All pages from roof up are taken.
 *
 * The bits have pages of their own, which the kernel provides when they are
 * first touched: a region of 128 GiB has 4 MiB of bits, and a process with
 * 100 MiB of mappings uses one page of these. No page of the region is touched.
 * The caller holds a lock.
 */
#ifndef PAGE_MAP_H
#define PAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct page_map {
    uint64_t *bits;
    size_t count; /* pages of the region */
    size_t roof;  /* I2 */
};

enum { PAGE_MAP_WORD = 64 }; /* pages to a word of bits */

static inline size_t page_map_bytes(const struct page_map *map)
{
    return (map->count / PAGE_MAP_WORD + 1) * sizeof *map->bits;
}

/* Pages that are zero until they are touched, anew if at is not NULL. */
static inline uint64_t *page_map_pages(uint64_t *at, size_t bytes)
{
    void *bits =
        mmap(at, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0),
             -1, 0);

    return bits == MAP_FAILED ? NULL : (uint64_t *)bits;
}

/* A map of count pages, all free. False where there is no memory for it. */
static inline bool page_map_init(struct page_map *map, size_t count)
{
    map->count = map->roof = count;
    map->bits = page_map_pages(NULL, page_map_bytes(map));
    return map->bits;
}

/* Release the bits of a map, initialized or all zero; it is all zero then. */
static inline void page_map_release(struct page_map *map)
{
    if (map->bits)
        munmap(map->bits, page_map_bytes(map));
    *map = (struct page_map){0};
}

/* All pages are free again, and the bits take no memory. */
static inline void page_map_clear(struct page_map *map)
{
    if (!page_map_pages(map->bits, page_map_bytes(map)))
        memset(map->bits, 0, page_map_bytes(map));
    map->roof = map->count;
}

/* Bits of the word with page `first` in it: of `first` and count - 1 more. */
static inline uint64_t page_map_mask(size_t first, size_t count)
{
    uint64_t all =
        count < PAGE_MAP_WORD ? ((uint64_t)1 << count) - 1 : UINT64_MAX;

    return all << first % PAGE_MAP_WORD;
}

/* Where the word after that of `page` begins, or the end, whichever is
 * first. */
static inline size_t page_map_next(size_t page, size_t end)
{
    size_t next = (page / PAGE_MAP_WORD + 1) * PAGE_MAP_WORD;

    return next < end ? next : end;
}

static inline void page_map_set(struct page_map *map, size_t first,
                                size_t count, bool taken)
{
    size_t end = first + count;

    for (size_t page = first; page < end; page = page_map_next(page, end)) {
        uint64_t bits = page_map_mask(page, end - page);

        if (taken)
            map->bits[page / PAGE_MAP_WORD] |= bits;
        else
            map->bits[page / PAGE_MAP_WORD] &= ~bits;
    }
}

/* How many pages right below page, in the word of bits that ends there, are all
 * taken, or all free. page > 0. */
static inline size_t page_map_below(const struct page_map *map, size_t page,
                                    bool taken)
{
    size_t most = (page - 1) % PAGE_MAP_WORD + 1;
    uint64_t word = map->bits[(page - 1) / PAGE_MAP_WORD];
    uint64_t others = (taken ? ~word : word) << (PAGE_MAP_WORD - most);
    size_t alike = others ? (size_t)__builtin_clzll(others) : PAGE_MAP_WORD;

    return alike < most ? alike : most;
}

/* Where runs of pages may begin: at numbers that are `rest` more than a
 * multiple of `multiple`. */
struct page_alignment {
    size_t multiple, rest;
};

/*
 * At multiples of so many pages (0 is 1) by their addresses; the region begins
 * at base, and bits is the logarithm of the page's size.
 */
static inline struct page_alignment
page_map_alignment(const void *base, size_t pages, unsigned bits)
{
    size_t multiple = pages ? pages : 1;

    return (struct page_alignment){multiple,
                                   -((uintptr_t)base >> bits) & (multiple - 1)};
}

/* How many pages page lies above the next place where a run may begin. */
static inline size_t page_map_surplus(size_t page, struct page_alignment align)
{
    return (page + align.multiple - align.rest) % align.multiple;
}

/* The first page of the highest run of count free pages; false: none. */
static inline bool page_map_find(const struct page_map *map, size_t count,
                                 struct page_alignment align, size_t *first)
{
    size_t run = 0, wanted = count, page = map->roof;

    while (page > 0 && run < wanted) {
        size_t step = page_map_below(map, page, false);

        if (step == 0) {
            page -= page_map_below(map, page, true);
            run = 0;
            wanted = count;
            continue;
        }
        step = step < wanted - run ? step : wanted - run;
        page -= step;
        run += step;
        if (run == wanted)
            wanted += page_map_surplus(page, align);
    }
    *first = page;
    return run == wanted;
}

/*
 * Take the highest run of count pages, count > 0, that are all free and not
 * below floor; *first is its lowest page, where it may begin. False: none, and
 * no page is taken.
 */
static inline bool page_map_take_aligned(struct page_map *map, size_t count,
                                         struct page_alignment align,
                                         size_t floor, size_t *first)
{
    if (count > map->count || !page_map_find(map, count, align, first) ||
        *first < floor)
        return false;
    page_map_set(map, *first, count, true);
    for (size_t taken = 1; map->roof > 0 && taken > 0; map->roof -= taken)
        taken = page_map_below(map, map->roof, true);
    return true;
}

/* The same at any number. */
static inline bool page_map_take(struct page_map *map, size_t count,
                                 size_t floor, size_t *first)
{
    return page_map_take_aligned(map, count, (struct page_alignment){1, 0},
                                 floor, first);
}

/* Are these pages all taken, or all free? */
static inline bool page_map_all(const struct page_map *map, size_t first,
                                size_t count, bool taken)
{
    if (first > map->count || count > map->count - first)
        return false;
    size_t end = first + count;

    for (size_t page = first; page < end; page = page_map_next(page, end)) {
        uint64_t bits = page_map_mask(page, end - page);

        if ((map->bits[page / PAGE_MAP_WORD] & bits) != (taken ? bits : 0))
            return false;
    }
    return true;
}

/* Take these pages. False, and nothing is changed, where one is not free. */
static inline bool page_map_take_at(struct page_map *map, size_t first,
                                    size_t count)
{
    if (!page_map_all(map, first, count, false))
        return false;
    page_map_set(map, first, count, true);
    return true;
}

/*
 * Give back the run of count pages from first on. False, and nothing is
 * changed, where one of them is not taken or beyond the region.
 */
static inline bool page_map_give(struct page_map *map, size_t first,
                                 size_t count)
{
    if (!page_map_all(map, first, count, true))
        return false;
    page_map_set(map, first, count, false);
    if (first + count > map->roof)
        map->roof = first + count;
    return true;
}

/* The lowest taken page that is not below from; map->count where none is. */
static inline size_t page_map_lowest(const struct page_map *map, size_t from)
{
    size_t end = map->count;

    for (size_t page = from; page < end; page = page_map_next(page, end)) {
        uint64_t bits = map->bits[page / PAGE_MAP_WORD] >> page % PAGE_MAP_WORD;

        if (bits)
            return page + (size_t)__builtin_ctzll(bits);
    }
    return end;
}

#endif
