/*
 * side_table_test.c - the side table finds the blocks that were entered, and no
 * others.
 *
 * Its memory comes from the mapping_new below, which counts bytes, and can
 * refuse.
 */
#include "../check.h"

#include "../../runtime/mapping.h"
#include "../../runtime/side_table.h"

#include <stdint.h>

static struct {
    bool refuses;
    size_t areas, bytes;
} memory;

void *mapping_new(size_t align, size_t size)
{
    (void)align;
    if (memory.refuses)
        return NULL;
    memory.areas++;
    memory.bytes += size;
    return calloc(1, size);
}

void mapping_delete(void *mapping, size_t size)
{
    memory.areas--;
    memory.bytes -= size;
    free(mapping);
}

/* Addresses as an allocator makes them, never read. */
static void *block_at(size_t i)
{
    return (void *)(uintptr_t)(0x10000000 + i * 16);
}

static struct side_entry entry_of(size_t i)
{
    return (struct side_entry){block_at(i), (char *)block_at(i) - 8, i + 1};
}

static bool is_entry_of(const struct side_entry *entry, size_t i)
{
    return entry && entry->block == block_at(i) &&
           entry->raw == (char *)block_at(i) - 8 && entry->size == i + 1;
}

static void is_empty_at_first(void)
{
    CHECK(!side_table_find(block_at(0)));
    CHECK(!side_table_find(NULL));
    CHECK(!side_table_remove(block_at(0)).block);
    CHECK(memory.areas == 0);
}

static void finds_what_was_entered(void)
{
    CHECK(side_table_add(entry_of(3)));
    CHECK(is_entry_of(side_table_find(block_at(3)), 3));
    CHECK(!side_table_find(block_at(2)) && !side_table_find(block_at(4)));
    CHECK(!side_table_find((char *)block_at(3) - 8));
    CHECK(!side_table_find(NULL));
}

static void strikes_out(void)
{
    side_table_add(entry_of(3));
    side_table_add(entry_of(4));
    struct side_entry entry = side_table_remove(block_at(3));
    CHECK(is_entry_of(&entry, 3));
    CHECK(!side_table_find(block_at(3)));
    CHECK(!side_table_remove(block_at(3)).block);
    CHECK(is_entry_of(side_table_find(block_at(4)), 4));
}

static void grows_and_gives_the_old_table_back(void)
{
    enum { COUNT = 20000 };

    for (size_t i = 0; i < COUNT; i++) {
        CHECK(side_table_add(entry_of(i)));
        CHECK(memory.areas == 1);
        CHECK(memory.bytes >= 2 * (i + 1) * sizeof(struct side_entry));
    }
    for (size_t i = 0; i < COUNT; i++)
        CHECK(is_entry_of(side_table_find(block_at(i)), i));
    CHECK(!side_table_find(block_at(COUNT)));
    for (size_t i = 0; i < COUNT; i++)
        CHECK(side_table_remove(block_at(i)).block == block_at(i));
    for (size_t i = 0; i < COUNT; i++)
        CHECK(!side_table_find(block_at(i)));
}

/* Struck entries leave no trace: the table stays as large as it was. */
static void does_not_wear_out(void)
{
    for (size_t i = 0; i < 100000; i++) {
        CHECK(side_table_add(entry_of(i)));
        if (i >= 100)
            CHECK(side_table_remove(block_at(i - 100)).block);
    }
    CHECK(memory.bytes <= 4096 * sizeof(struct side_entry));
}

static size_t add_until_refused(void)
{
    size_t count = 0;

    while (side_table_add(entry_of(count)))
        count++;
    return count;
}

static void is_as_it_was_after_a_refusal(void)
{
    memory.refuses = true;
    CHECK(!side_table_add(entry_of(0)));
    CHECK(!side_table_find(block_at(0)));
    memory.refuses = false;
    CHECK(side_table_add(entry_of(0)) && side_table_remove(block_at(0)).block);
    memory.refuses = true;
    size_t count = add_until_refused();
    CHECK(count > 100);
    for (size_t i = 0; i < count; i++)
        CHECK(is_entry_of(side_table_find(block_at(i)), i));
    CHECK(!side_table_find(block_at(count)));
    memory.refuses = false;
    CHECK(side_table_add(entry_of(count)));
    CHECK(is_entry_of(side_table_find(block_at(count)), count));
}

static void an_add_after_a_strike_has_room(void)
{
    CHECK(side_table_add(entry_of(0)) && side_table_remove(block_at(0)).block);
    memory.refuses = true;
    size_t count = add_until_refused();
    for (size_t i = 0; i < 3 * count; i++) {
        CHECK(side_table_remove(block_at(i)).block);
        CHECK(side_table_add(entry_of(count + i)));
    }
}

/* ---- A long run against a model: who is entered. ---- */

enum { BLOCKS = 3000, STEPS = 100000 };

static bool entered[BLOCKS];

static size_t below(size_t bound)
{
    static uint64_t random = 7;

    random = random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random >> 33) % bound;
}

static void change(size_t i)
{
    if (entered[i])
        CHECK(side_table_remove(block_at(i)).size == i + 1);
    else
        CHECK(side_table_add(entry_of(i)));
    entered[i] = !entered[i];
}

static void check_all(void)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const struct side_entry *entry = side_table_find(block_at(i));
        CHECK(entered[i] ? is_entry_of(entry, i) : !entry);
    }
}

/* All of them, then few, then all: chains grow together and come apart. */
static void agrees_with_a_model(void)
{
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = below(BLOCKS);
        bool more = step / 10000 % 2 == 0;
        if (entered[i] != more || below(3) == 0)
            change(i);
        CHECK(entered[i] ? is_entry_of(side_table_find(block_at(i)), i)
                         : !side_table_find(block_at(i)));
        if (step % 200 == 0)
            check_all();
    }
    check_all();
}

static const struct test tests[] = {
    {"is-empty-at-first", is_empty_at_first},
    {"finds-what-was-entered", finds_what_was_entered},
    {"strikes-out", strikes_out},
    {"grows-and-gives-the-old-table-back", grows_and_gives_the_old_table_back},
    {"does-not-wear-out", does_not_wear_out},
    {"is-as-it-was-after-a-refusal", is_as_it_was_after_a_refusal},
    {"an-add-after-a-strike-has-room", an_add_after_a_strike_has_room},
    {"agrees-with-a-model", agrees_with_a_model},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
