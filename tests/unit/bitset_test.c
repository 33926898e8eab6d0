/*
 * bitset_test.c - ranges are added, removed and found as bitset.h says.
 */
#include "../check.h"

#include "base/bitset.h"

enum { WORD = 64 };

static const uint64_t chunk = (uint64_t)1 << 26;
static const uint64_t top = (uint64_t)1 << 48;

/* Is [first, first + count) in the set, and are its neighbours not? */
static bool has_exactly(const struct bitset *set, uint64_t first,
                        uint64_t count)
{
    return bitset_all(set, first, count) &&
           (first == 0 || !bitset_any(set, first - 1, 1)) &&
           (first + count == top || !bitset_any(set, first + count, 1));
}

static void starts_empty(void)
{
    struct bitset *set = bitset_new();

    CHECK(!bitset_any(set, 0, 3 * chunk));
    CHECK(!bitset_all(set, 5, 1));
    CHECK(bitset_find(set, 0, 3 * chunk, true) == 3 * chunk);
    CHECK(bitset_find(set, 7, 3 * chunk, false) == 7);
    bitset_remove(set, 0, 3 * chunk);
    CHECK(!bitset_any(set, 0, 3 * chunk));
    bitset_delete(set);
}

static void deleting_null(void)
{
    bitset_delete(NULL);
}

static void empty_ranges(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, 10, 0);
    CHECK(!bitset_any(set, 0, 100));
    bitset_add(set, 10, 1);
    CHECK(!bitset_any(set, 10, 0));
    CHECK(bitset_all(set, 50, 0));
    bitset_remove(set, 10, 0);
    CHECK(has_exactly(set, 10, 1));
    CHECK(bitset_find(set, 10, 10, true) == 10);
    bitset_delete(set);
}

static void ranges_within_a_word(void)
{
    for (uint64_t first = 0; first < WORD; first++)
        for (uint64_t count = 1; first + count <= WORD; count++) {
            struct bitset *set = bitset_new();

            bitset_add(set, WORD + first, count);
            CHECK(has_exactly(set, WORD + first, count));
            CHECK(!bitset_all(set, WORD + first, count + 1));
            CHECK(!bitset_all(set, WORD + first - 1, count + 1));
            CHECK(bitset_any(set, 0, WORD + first + 1));
            CHECK(!bitset_any(set, 0, WORD + first));
            bitset_delete(set);
        }
}

static void ranges_across_words(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, 60, 200);
    CHECK(has_exactly(set, 60, 200));
    bitset_remove(set, 64, 128);
    CHECK(has_exactly(set, 60, 4));
    CHECK(has_exactly(set, 192, 68));
    CHECK(!bitset_any(set, 64, 128));
    bitset_delete(set);
}

static void ranges_across_chunks(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, chunk - 3, chunk + 6);
    CHECK(has_exactly(set, chunk - 3, chunk + 6));
    CHECK(bitset_find(set, 0, 4 * chunk, true) == chunk - 3);
    CHECK(bitset_find(set, chunk, 4 * chunk, false) == 2 * chunk + 3);
    bitset_remove(set, chunk, chunk);
    CHECK(has_exactly(set, chunk - 3, 3));
    CHECK(has_exactly(set, 2 * chunk, 3));
    CHECK(bitset_find(set, chunk, 4 * chunk, true) == 2 * chunk);
    bitset_delete(set);
}

/* Three chunks are mapped, not those between them. */
static void numbers_up_to_the_highest(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, 0, 1);
    bitset_add(set, top / 2, 5);
    bitset_add(set, top - 5, 5);
    CHECK(has_exactly(set, 0, 1));
    CHECK(has_exactly(set, top / 2, 5));
    CHECK(has_exactly(set, top - 5, 5));
    bitset_remove(set, top - 5, 5);
    CHECK(!bitset_any(set, top - 100, 100));
    bitset_delete(set);
}

static void adding_twice_is_adding_once(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, 100, 50);
    bitset_add(set, 120, 50);
    CHECK(has_exactly(set, 100, 70));
    bitset_remove(set, 130, 1);
    bitset_remove(set, 130, 1);
    CHECK(has_exactly(set, 100, 30));
    CHECK(has_exactly(set, 131, 39));
    bitset_delete(set);
}

static void finds_members_and_gaps(void)
{
    struct bitset *set = bitset_new();

    bitset_add(set, 100, 30);
    bitset_add(set, 500, 1);
    CHECK(bitset_find(set, 0, 1000, true) == 100);
    CHECK(bitset_find(set, 100, 1000, true) == 100);
    CHECK(bitset_find(set, 129, 1000, true) == 129);
    CHECK(bitset_find(set, 130, 1000, true) == 500);
    CHECK(bitset_find(set, 501, 1000, true) == 1000);
    CHECK(bitset_find(set, 130, 500, true) == 500);
    CHECK(bitset_find(set, 100, 1000, false) == 130);
    CHECK(bitset_find(set, 100, 120, false) == 120);
    CHECK(bitset_find(set, 99, 1000, false) == 99);
    bitset_delete(set);
}

/* ---- A random run against an array of flags, around a chunk's end. ---- */

enum { NUMBERS = 1500 };

static struct model {
    uint64_t random;
    bool member[NUMBERS];
} model;

static uint64_t below(uint64_t bound)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (model.random >> 33) % bound;
}

static uint64_t model_count(uint64_t first, uint64_t count)
{
    uint64_t members = 0;

    for (uint64_t i = first; i < first + count; i++)
        members += model.member[i];
    return members;
}

static uint64_t model_find(uint64_t from, bool member)
{
    while (from < NUMBERS && model.member[from] != member)
        from++;
    return from;
}

static void agrees_with_an_array_of_flags(void)
{
    struct bitset *set = bitset_new();
    uint64_t base = chunk - NUMBERS / 2;

    for (int i = 0; i < 20000; i++) {
        uint64_t first = below(NUMBERS), count = below(NUMBERS - first) / 4;
        bool add = below(2);

        memset(model.member + first, add, count);
        if (add)
            bitset_add(set, base + first, count);
        else
            bitset_remove(set, base + first, count);
        first = below(NUMBERS);
        count = below(NUMBERS - first) / (1 + below(30));
        uint64_t members = model_count(first, count);
        CHECK(bitset_any(set, base + first, count) == (members > 0));
        CHECK(bitset_all(set, base + first, count) == (members == count));
        CHECK(bitset_find(set, base + first, base + NUMBERS, add) ==
              base + model_find(first, add));
    }
    bitset_delete(set);
}

static const struct test tests[] = {
    {"starts-empty", starts_empty},
    {"deleting-null", deleting_null},
    {"empty-ranges", empty_ranges},
    {"ranges-within-a-word", ranges_within_a_word},
    {"ranges-across-words", ranges_across_words},
    {"ranges-across-chunks", ranges_across_chunks},
    {"numbers-up-to-the-highest", numbers_up_to_the_highest},
    {"adding-twice-is-adding-once", adding_twice_is_adding_once},
    {"finds-members-and-gaps", finds_members_and_gaps},
    {"agrees-with-an-array-of-flags", agrees_with_an_array_of_flags},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
