/*
 * pattern_test.c - any change of a filled payload is found at its offset.
 */
#include "../check.h"

#include "worker/pattern.h"

enum { SIZE = 1500, MARGIN = 16, BIRTHS = 20000 };

static const uint64_t seed = 0x0123456789abcdefu;

static _Alignas(16) unsigned char payload[SIZE + MARGIN];

static void fill(size_t from, size_t to)
{
    memset(payload, 0x5a, sizeof payload);
    pattern_fill(payload, from, to, seed);
}

static void filled_payloads_pass(void)
{
    for (size_t size = 0; size <= SIZE; size++) {
        fill(0, size);
        CHECK(pattern_check(payload, size, seed) == size);
    }
}

static void every_changed_byte_is_found(void)
{
    for (size_t size = 1; size <= SIZE; size = size * 5 / 4 + 1) {
        fill(0, size);
        for (size_t i = 0; i < size; i++) {
            payload[i] ^= 1;
            CHECK(pattern_check(payload, size, seed) == i);
            payload[i] ^= 1;
        }
    }
}

static void returns_the_first_difference(void)
{
    fill(0, SIZE);
    payload[1400] ^= 0x80;
    payload[777] ^= 0x80;
    payload[778] ^= 0x80;
    CHECK(pattern_check(payload, SIZE, seed) == 777);
    CHECK(pattern_check(payload, 777, seed) == 777);
}

static void pattern_byte_is_what_was_filled(void)
{
    fill(0, SIZE);
    for (size_t i = 0; i < SIZE; i++)
        CHECK(payload[i] == pattern_byte(seed, i));
}

/* A block that grows is filled from its old size on. */
static void a_fill_continues_an_earlier_one(void)
{
    for (size_t middle = 0; middle <= 200; middle++) {
        fill(0, middle);
        pattern_fill(payload, middle, 200, seed);
        CHECK(pattern_check(payload, 200, seed) == 200);
    }
}

static bool all_are(size_t from, size_t to, int value)
{
    while (from < to && payload[from] == value)
        from++;
    return from == to;
}

static void writes_only_its_range(void)
{
    for (size_t from = 0; from <= 40; from++)
        for (size_t to = from; to <= 80; to++) {
            fill(from, to);
            CHECK(all_are(0, from, 0x5a));
            CHECK(all_are(to, sizeof payload, 0x5a));
            for (size_t i = from; i < to; i++)
                CHECK(payload[i] == pattern_byte(seed, i));
        }
}

static void an_empty_range_writes_nothing(void)
{
    fill(100, 100);
    CHECK(all_are(0, sizeof payload, 0x5a));
}

static void shifted_contents_differ(void)
{
    for (size_t by = 1; by <= 64; by++) {
        fill(0, 512);
        memmove(payload, payload + by, 512 - by);
        CHECK(pattern_check(payload, 8, seed) < 8);
    }
}

static void zeros_and_ones_differ(void)
{
    memset(payload, 0, sizeof payload);
    CHECK(pattern_check(payload, SIZE, seed) < 8);
    memset(payload, 0xff, sizeof payload);
    CHECK(pattern_check(payload, SIZE, seed) < 8);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void seeds_differ(void)
{
    static uint64_t seeds[2 * BIRTHS];

    for (uint64_t i = 0; i < BIRTHS; i++) {
        seeds[2 * i] = pattern_seed(1, i);
        seeds[2 * i + 1] = pattern_seed(0xfeedfacecafebeefu, i);
        CHECK(seeds[2 * i] == pattern_seed(1, i));
    }
    qsort(seeds, 2 * BIRTHS, sizeof *seeds, by_value);
    for (size_t i = 1; i < 2 * BIRTHS; i++)
        CHECK(seeds[i] != seeds[i - 1]);
}

/* No word of one block's pattern occurs in another one's, at any offset. */
static void words_of_blocks_differ(void)
{
    enum { BLOCKS = 40, WORDS = 500 };
    static uint64_t words[BLOCKS * WORDS];

    for (uint64_t b = 0; b < BLOCKS; b++)
        pattern_fill(words + b * WORDS, 0, WORDS * 8, pattern_seed(1, b));
    qsort(words, BLOCKS * WORDS, sizeof *words, by_value);
    for (size_t i = 1; i < BLOCKS * WORDS; i++)
        CHECK(words[i] != words[i - 1]);
}

static void finds_the_first_nonzero(void)
{
    memset(payload, 0, sizeof payload);
    CHECK(first_nonzero(payload, 0) == 0);
    for (size_t size = 1; size <= 300; size++) {
        CHECK(first_nonzero(payload + 3, size) == size);
        for (size_t i = 0; i < size; i++) {
            payload[3 + i] = 1;
            CHECK(first_nonzero(payload + 3, size) == i);
            payload[3 + i] = 0;
        }
    }
}

static void reads_only_its_range(void)
{
    memset(payload, 0, sizeof payload);
    payload[100] = payload[200] = 1;
    CHECK(first_nonzero(payload, 100) == 100);
    CHECK(first_nonzero(payload, 201) == 100);
    CHECK(first_nonzero(payload + 101, 99) == 99);
}

static const struct test tests[] = {
    {"filled-payloads-pass", filled_payloads_pass},
    {"every-changed-byte-is-found", every_changed_byte_is_found},
    {"returns-the-first-difference", returns_the_first_difference},
    {"pattern-byte-is-what-was-filled", pattern_byte_is_what_was_filled},
    {"a-fill-continues-an-earlier-one", a_fill_continues_an_earlier_one},
    {"writes-only-its-range", writes_only_its_range},
    {"an-empty-range-writes-nothing", an_empty_range_writes_nothing},
    {"shifted-contents-differ", shifted_contents_differ},
    {"zeros-and-ones-differ", zeros_and_ones_differ},
    {"seeds-differ", seeds_differ},
    {"words-of-blocks-differ", words_of_blocks_differ},
    {"finds-the-first-nonzero", finds_the_first_nonzero},
    {"reads-only-its-range", reads_only_its_range},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
