/*
 * page_map_test.c - compare the bitmap of pages with a table of bytes.
 */
#include "../check.h"

#include "../../driver/base/random.h"
#include "../../page_map.h"

enum { PAGES = 1000, STEPS = 20000 };

static struct page_map map;
static bool taken[PAGES];

static bool all_are(size_t first, size_t count, bool wanted)
{
    for (size_t page = first; page < first + count; page++)
        if (taken[page] != wanted)
            return false;
    return true;
}

static void set(size_t first, size_t count, bool to)
{
    memset(taken + first, to, count);
}

/* The highest free run, found page by page; PAGES if there is none. */
static size_t highest(size_t count)
{
    for (size_t first = PAGES - count + 1; first-- > 0;)
        if (all_are(first, count, false))
            return first;
    return PAGES;
}

/* The same that begins where align allows. */
static size_t highest_aligned(size_t count, struct page_alignment align)
{
    for (size_t first = PAGES - count + 1; first-- > 0;)
        if (first % align.multiple == align.rest &&
            all_are(first, count, false))
            return first;
    return PAGES;
}

static size_t lowest(size_t from)
{
    while (from < PAGES && !taken[from])
        from++;
    return from;
}

static void takes(size_t count)
{
    size_t expected = highest(count), first = 0;
    bool got = page_map_take(&map, count, 0, &first);

    CHECK(got == (expected < PAGES));
    CHECK(!got || first == expected);
    if (got)
        set(first, count, true);
}

static void takes_aligned(size_t count, struct page_alignment align)
{
    size_t expected = highest_aligned(count, align), first = 0;
    bool got = page_map_take_aligned(&map, count, align, 0, &first);

    CHECK(got == (expected < PAGES));
    CHECK(!got || first == expected);
    if (got)
        set(first, count, true);
}

static void takes_at(size_t first, size_t count)
{
    bool is_free = all_are(first, count, false);

    CHECK(page_map_take_at(&map, first, count) == is_free);
    if (is_free)
        set(first, count, true);
}

/* Some run, of which it is not known whether all of it is taken. */
static void gives(size_t first, size_t count)
{
    bool is_taken = all_are(first, count, true);

    CHECK(page_map_give(&map, first, count) == is_taken);
    if (is_taken)
        set(first, count, false);
}

/* Runs of a page and of some words of the bitmap, in a region that is full. */
static void as_a_table_has_it(void)
{
    static const size_t longest[] = {3, 70, 200};
    uint64_t dice = 1;

    CHECK(page_map_init(&map, PAGES));
    for (int step = 0; step < STEPS; step++) {
        size_t count = 1 + random_below(&dice, longest[random_below(&dice, 3)]);

        size_t multiple = (size_t)1 << random_below(&dice, 9);

        switch (random_below(&dice, 8)) {
        case 0:
        case 1:
            takes(count);
            break;
        case 2:
            takes_aligned(count, (struct page_alignment){
                                     multiple, random_below(&dice, multiple)});
            break;
        case 3:
            takes_at(random_below(&dice, PAGES - count + 1), count);
            break;
        default:
            gives(random_below(&dice, PAGES - count + 1), count);
        }
        size_t from = random_below(&dice, PAGES);
        CHECK(page_map_lowest(&map, from) == lowest(from));
    }
}

static void all_of_them_and_one_more(void)
{
    size_t first;

    CHECK(page_map_init(&map, PAGES));
    CHECK(!page_map_take(&map, PAGES + 1, 0, &first));
    CHECK(page_map_take(&map, PAGES, 0, &first) && first == 0);
    CHECK(!page_map_take(&map, 1, 0, &first));
    CHECK(!page_map_take_at(&map, PAGES - 1, 2));
    CHECK(!page_map_give(&map, 1, PAGES) && page_map_give(&map, 0, PAGES));
}

static void not_below_the_floor(void)
{
    size_t first;

    CHECK(page_map_init(&map, PAGES));
    CHECK(!page_map_take(&map, 101, PAGES - 100, &first));
    CHECK(page_map_take(&map, 100, PAGES - 100, &first));
    CHECK(first == PAGES - 100);
    CHECK(!page_map_take(&map, 1, PAGES - 100, &first));
    CHECK(page_map_take(&map, 1, 0, &first) && first == PAGES - 101);
}

static void cleared_it_is_free_again(void)
{
    size_t first;

    CHECK(page_map_init(&map, PAGES));
    CHECK(page_map_take(&map, PAGES, 0, &first));
    page_map_clear(&map);
    CHECK(page_map_lowest(&map, 0) == PAGES);
    CHECK(page_map_take(&map, PAGES, 0, &first));
    page_map_release(&map);
}

static const struct test tests[] = {
    {"as-a-table-has-it", as_a_table_has_it},
    {"all-of-them-and-one-more", all_of_them_and_one_more},
    {"not-below-the-floor", not_below_the_floor},
    {"cleared-it-is-free-again", cleared_it_is_free_again},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
