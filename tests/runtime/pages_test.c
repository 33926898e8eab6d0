/*
 * pages_test.c - the bitmap of pages beside a table with a byte for each.
 */
#include "../check.h"

#include "../../driver/base/random.h"
#include "../../runtime/pages.h"

enum { PAGES = 1000, STEPS = 20000 };

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

/* The highest run, found page by page; PAGES where there is none. */
static size_t highest(size_t count)
{
    for (size_t first = PAGES - count + 1; first-- > 0;)
        if (all_are(first, count, false))
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
    bool got = pages_take(count, &first);

    CHECK(got == (expected < PAGES));
    CHECK(!got || first == expected);
    if (got)
        set(first, count, true);
}

/* Some run, of which it is not known whether all of it is taken. */
static void gives(size_t first, size_t count)
{
    bool is_taken = all_are(first, count, true);

    CHECK(pages_give(first, count) == is_taken);
    if (is_taken)
        set(first, count, false);
}

/* Runs of a page and of some words of the bitmap, in a region that is full. */
static void as_a_table_has_it(void)
{
    static const size_t longest[] = {3, 70, 200};
    uint64_t dice = 1;

    CHECK(pages_init(PAGES));
    for (int step = 0; step < STEPS; step++) {
        size_t count = 1 + random_below(&dice, longest[random_below(&dice, 3)]);

        if (random_below(&dice, 3) == 0)
            takes(count);
        else
            gives(random_below(&dice, PAGES - count + 1), count);
        size_t from = random_below(&dice, PAGES);
        CHECK(pages_lowest(from) == lowest(from));
    }
}

static void all_of_them_and_one_more(void)
{
    size_t first;

    CHECK(pages_init(PAGES));
    CHECK(!pages_take(PAGES + 1, &first));
    CHECK(pages_take(PAGES, &first) && first == 0);
    CHECK(!pages_take(1, &first));
    CHECK(!pages_give(1, PAGES) && pages_give(0, PAGES));
}

static const struct test tests[] = {
    {"as-a-table-has-it", as_a_table_has_it},
    {"all-of-them-and-one-more", all_of_them_and_one_more},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
