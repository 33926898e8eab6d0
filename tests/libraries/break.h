/*
 * break.h - what libraries that take memory from sbrk promise, as tests.
 */
#ifndef BREAK_H
#define BREAK_H

#include "conformance.h"

static char *lo; /* the break when the test began */

/* A test begins in the child that it runs in. */
static void note_the_break(void)
{
    lo = brk_now();
}

__attribute__((constructor)) static void note_the_break_of_tests(void)
{
    pthread_atfork(NULL, NULL, note_the_break);
}

static inline bool in_heap(const void *p)
{
    return is_aligned(p, ALIGN) && (char *)p > lo && (char *)p < brk_now();
}

/* The largest payload that the block at p has if it ends where the heap does,
 * before the header that closes it. */
static inline size_t payload_to_end(const void *p)
{
    size_t bytes = (size_t)(brk_now() - (char *)p);

    return payload(bytes & ~(size_t)(ALIGN - 1));
}

/* Use up what is free, so that what follows comes from the break. */
static inline void use_up(void)
{
    char *brk = brk_now(), *p = NULL;

    while (brk_now() == brk)
        CHECK((p = allocate(1)));
    size_t all = payload_to_end(p), rest = all - payload(stride(1));
    if (rest >= subject.min_block)
        CHECK(allocate(payload(rest)));
}

/* A block that ends where the heap does; *size bytes or, then, a few more. */
static inline unsigned char *last_block(size_t *size, unsigned seed)
{
    use_up();
    unsigned char *p = fresh(*size, seed);
    *size = payload_to_end(p);
    CHECK(resize(p, *size) == p);
    fill(p, *size, seed);
    return p;
}

/* ---- The break, which others move too. ---- */

enum { THEIRS = 0xee };

/* Move the break as somebody else would. */
static inline unsigned char *foreign(size_t size)
{
    unsigned char *area = sbrk((intptr_t)size);

    CHECK(area != (void *)-1);
    memset(area, THEIRS, size);
    return area;
}

/* Areas of sizes that leave the break at any address. */
static void foreign_memory_is_left_alone(void)
{
    enum { COUNT = 64, SIZE = 60000 };
    unsigned char *ours[COUNT], *theirs[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        theirs[i] = foreign(1 + i * 7);
        ours[i] = fresh(SIZE, i);
        fresh(30 * i + 1, i);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        ours[i] = resize(ours[i], SIZE + i * 1000);
        CHECK(filled(ours[i], SIZE, i));
        fill(ours[i], SIZE + i * 1000, i);
    }
    for (unsigned i = 0; i < COUNT; i++)
        release(ours[i % 2 * (COUNT / 2) + i / 2]);
    for (unsigned i = 0; i < COUNT; i++)
        fresh(2 * SIZE, i);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(all_are(theirs[i], 1 + i * 7, THEIRS));
}

static void coalesces_not_across_foreign_memory(void)
{
    size_t size = 1000;
    unsigned char *last = last_block(&size, 1), *theirs = foreign(64);
    unsigned char *first = fresh(size, 2), *wall = fresh(100, 3);

    CHECK(last < theirs && theirs < first && first < wall);
    use_up();
    release(last), release(first);
    unsigned char *p = fresh(size + 100, 4);
    CHECK(p != last && p != first);
    unsigned char *one = fresh(size, 5), *other = fresh(size, 6);
    CHECK((one == last && other == first) || (one == first && other == last));
    CHECK(all_are(theirs, 64, THEIRS) && filled(wall, 100, 3));
}

static void grows_not_into_foreign_memory(void)
{
    size_t size = 1000;
    unsigned char *p = last_block(&size, 1), *theirs = foreign(100);
    unsigned char *moved = resize(p, 2 * size);

    CHECK(moved > theirs && filled(moved, size, 1));
    fill(moved, 2 * size, 2);
    CHECK(all_are(theirs, 100, THEIRS));
    CHECK(is_free_for(size, p));
}

/* However the break lies after a foreign move, what follows adjoins again. */
static void grows_in_place_behind_foreign_memory(void)
{
    for (unsigned size = 1; size < 40; size++) {
        unsigned char *theirs = foreign(size);

        use_up();
        unsigned char *p = fresh(1000, 1), *q = fresh(20000, 2);
        CHECK(q == p + stride(1000));
        CHECK(resize(q, 60000) == q && filled(q, 20000, 2));
        fill(q, 60000, 3);
        CHECK(q + 60000 <= (unsigned char *)brk_now());
        CHECK(filled(p, 1000, 1) && all_are(theirs, size, THEIRS));
    }
}

static void grows_where_others_gave_back(void)
{
    size_t size = 1000;
    unsigned char *p = last_block(&size, 1);

    foreign(50000);
    CHECK(sbrk(-50000) != (void *)-1);
    CHECK(resize(p, 100000) == p && filled(p, size, 1));
    fill(p, 100000, 2);
    unsigned char *zeros = allocate_zeroed(1, 3000);
    CHECK(zeros && all_are(zeros, 3000, 0) && filled(p, 100000, 2));
}

/* By what it needs each time, a little more at most. */
static void grows_with_the_break(void)
{
    use_up();
    unsigned char *p = fresh(100, 1);

    for (size_t size = 100; size < 100000; size += 777) {
        CHECK(resize(p, size) == p &&
              filled(p, size < 877 ? 100 : size - 777, 1));
        fill(p, size, 1);
        CHECK(brk_now() - (char *)p < (ptrdiff_t)size + 20 * KIB);
    }
}

static unsigned char *their_areas[OPERATIONS];
static int area_count;

static void take_an_area(void)
{
    their_areas[area_count] = foreign(24 + (size_t)area_count % 9);
    area_count++;
}

static void random_operations_beside_others(void)
{
    change_many(9, take_an_area);
    for (int i = 0; i < area_count; i++)
        CHECK(all_are(their_areas[i], 24, THEIRS));
}

/* ---- The system refuses. ---- */

static void refused_requests_change_nothing(void)
{
    unsigned char *p[2], *large = fresh(subject.largest, 3);

    lay_row(p, 2, 1000);
    unsigned char *last = fresh(1000, 4);
    use_up();
    char *brk = brk_now();
    shortage_begins();
    CHECK(no_memory(allocate(1)) && no_memory(allocate(2 * MIB)));
    CHECK(no_memory(allocate_zeroed(10, 10)));
    CHECK(no_memory(allocate_zeroed(64, 64 * KIB)));
    CHECK(no_memory(resize(NULL, 100)) && no_memory(resize(NULL, 2 * MIB)));
    CHECK(no_memory(resize(p[0], 2000)) && no_memory(resize(p[0], 2 * MIB)));
    CHECK(no_memory(resize(last, 2000)) && no_memory(resize(last, 2 * MIB)));
    CHECK(no_memory(resize(large, 2 * subject.largest)));
    CHECK(subject.heap_most > subject.largest ||
          no_memory(resize(large, 1000)));
    shortage_ends();
    CHECK(brk_now() == brk);
    CHECK(filled(p[0], 1000, 0) && filled(last, 1000, 4));
    CHECK(filled(large, subject.largest, 3));
    CHECK(resize(large, subject.largest) == large);
    CHECK(fresh(1000, 5) && fresh(subject.largest, 6));
    release(p[0]);
    CHECK(is_free_for(1000, p[0]));
}

static void free_memory_serves_in_a_shortage(void)
{
    unsigned char *p[3];

    lay_row(p, 3, 1000);
    shortage_begins();
    errno = NEVER;
    CHECK(resize(p[0], 500) == p[0] && resize(p[0], 1000) == p[0]);
    release(p[1]);
    CHECK(no_memory(resize(p[0], 5000))); /* and leaves p[1] alone */
    CHECK(allocate_zeroed(1000, 1) == p[1] && all_are(p[1], 1000, 0));
    CHECK(errno_is_kept());
    shortage_ends();
    CHECK(filled(p[0], 500, 0) && filled(p[2], 1000, 2));
}

/* It could have grown with the break; so it moves, and errno says nothing. */
static void moves_where_the_break_cannot(void)
{
    size_t size = 500;
    unsigned char *p[2];

    lay_row(p, 2, 20000);
    unsigned char *last = last_block(&size, 3);
    release(p[0]);
    shortage_begins();
    errno = NEVER;
    CHECK(resize(last, 20000) == p[0] && errno_is_kept());
    shortage_ends();
    CHECK(filled(p[0], size, 3) && filled(p[1], 20000, 1));
    CHECK(is_free_for(size, last));
}

/* clang-format off */
#define BREAK_TESTS                                                         \
    {"foreign-memory-is-left-alone", foreign_memory_is_left_alone},         \
    {"coalesces-not-across-foreign-memory",                                 \
     coalesces_not_across_foreign_memory},                                  \
    {"grows-not-into-foreign-memory", grows_not_into_foreign_memory},       \
    {"grows-in-place-behind-foreign-memory",                                \
     grows_in_place_behind_foreign_memory},                                 \
    {"grows-where-others-gave-back", grows_where_others_gave_back},         \
    {"grows-with-the-break", grows_with_the_break},                         \
    {"random-operations-beside-others", random_operations_beside_others},   \
    {"refused-requests-change-nothing", refused_requests_change_nothing},   \
    {"free-memory-serves-in-a-shortage", free_memory_serves_in_a_shortage}, \
    {"moves-where-the-break-cannot", moves_where_the_break_cannot}
/* clang-format on */

#endif
