/*
 * pool_test.c - the pool keeps what pool.h promises.
 *
 * Each test starts with the pool as the program finds it.
 */
#include "../check.h"
#include "contents.h"

#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
    MIB = 1 << 20,
    HEADER = 16, /* of every block; a block is a multiple of 16 */
    AREA = 1 << 16,
};

static alignas(16) unsigned char area[AREA];

/* Blocks of 100 bytes are 128 apart: 112 and the header. */
enum { SMALL = 100, SMALL_BLOCK = 128 };

static void start(size_t size)
{
    CHECK(my_pool_init(area, size) == 0);
}

static bool is_in(const void *p, const void *memory, size_t size)
{
    return (uintptr_t)p - (uintptr_t)memory < size;
}

static bool no_memory(const void *p)
{
    bool said = !p && errno == ENOMEM;

    errno = 0;
    return said;
}

static bool invalid(int result)
{
    bool said = result == -1 && errno == EINVAL;

    errno = 0;
    return said;
}

/* ---- The pool's memory. ---- */

static void own_array_is_one_mib(void)
{
    CHECK(my_pool_largest() == MIB - HEADER);
    CHECK(my_pool_available() == MIB - HEADER);
    unsigned char *p = my_malloc(MIB - HEADER);
    CHECK(p && !is_in(p, area, AREA));
    memset(p, 1, MIB - HEADER);
    CHECK(my_pool_available() == 0 && my_pool_largest() == 0);
    CHECK(no_memory(my_malloc(1)));
    my_free(p);
    CHECK(no_memory(my_malloc(MIB - HEADER + 1)));
    CHECK(my_malloc(MIB - HEADER) == p);
}

/* The numbers of /proc/self/statm, or the same twice where there is none. */
static void process_size(char *line, size_t size)
{
    FILE *file = fopen("/proc/self/statm", "r");

    memset(line, 0, size);
    if (!file)
        return;
    if (!fgets(line, (int)size, file))
        line[0] = '\0';
    fclose(file);
    line[strcspn(line, " ")] = '\0';
}

static void asks_the_system_for_nothing(void)
{
    char before[200], after[200];

    process_size(before, sizeof before);
    process_size(before, sizeof before);
    void *brk = sbrk(0), *p = NULL;
    for (int i = 0; i < 5000; i++)
        p = i % 3 ? my_malloc(1000) : my_realloc(p, 2000);
    CHECK(no_memory(my_malloc(1000)));
    CHECK(sbrk(0) == brk);
    process_size(after, sizeof after);
    CHECK(strcmp(before, after) == 0);
}

static void init_takes_given_memory(void)
{
    void *own = my_malloc(SMALL);

    start(AREA);
    CHECK(!is_in(own, area, AREA));
    CHECK(my_pool_largest() == AREA - HEADER);
    unsigned char *p = my_malloc(AREA - HEADER);
    CHECK(p == area + HEADER);
    CHECK(no_memory(my_malloc(0)));
    start(1024);
    CHECK(my_malloc(SMALL) == p);
    CHECK(my_pool_largest() == 1024 - SMALL_BLOCK - HEADER);
}

static void init_null_is_the_own_array(void)
{
    void *own = my_malloc(SMALL);

    start(AREA);
    my_malloc(SMALL);
    CHECK(my_pool_init(NULL, 0) == 0);
    CHECK(my_pool_available() == MIB - HEADER);
    CHECK(my_malloc(SMALL) == own);
    CHECK(my_malloc(SMALL) != own);
}

static void init_before_the_first_allocation(void)
{
    CHECK(my_pool_init(area, 4096) == 0);
    CHECK(my_malloc(1) == area + HEADER);
    CHECK(no_memory(my_malloc(5000)));
}

static void init_aligns_within_the_memory(void)
{
    for (size_t shift = 0; shift < 16; shift++)
        for (size_t cut = 0; cut < 16; cut++) {
            size_t size = 256 - shift - cut;

            memset(area, 0xee, 512);
            CHECK(my_pool_init(area + shift, size) == 0);
            size_t most = my_pool_largest();
            unsigned char *p = my_malloc(most);
            CHECK(p && (uintptr_t)p % 16 == 0);
            CHECK(p - HEADER >= area + shift);
            CHECK(p + most <= area + shift + size);
            CHECK(most + HEADER + 32 > size);
            memset(p, 0x11, most);
            CHECK(all_are(area, shift, 0xee));
            CHECK(all_are(area + shift + size, 256, 0xee));
        }
}

static void init_refuses_too_little(void)
{
    start(4096);
    void *p = my_malloc(SMALL);
    size_t left = my_pool_available();

    CHECK(invalid(my_pool_init(area + 8192, 31)));
    CHECK(invalid(my_pool_init(area + 8193, 46)));
    CHECK(invalid(my_pool_init(area + 8192, 0)));
    CHECK(invalid(my_pool_init(NULL, 4096)));
    CHECK(invalid(my_pool_init(area, SIZE_MAX)));
    CHECK(invalid(my_pool_init(area, (size_t)PTRDIFF_MAX + 1)));
    CHECK(my_pool_available() == left);
    my_free(p);
    CHECK(my_malloc(SMALL) == p);
    CHECK(my_pool_init(area + 8192, 32) == 0);
    CHECK(my_malloc(16) == area + 8192 + HEADER);
    CHECK(my_pool_init(area + 8193, 47) == 0);
    CHECK(my_malloc(16) == area + 8208 + HEADER);
    CHECK(no_memory(my_malloc(0)));
}

static void add_before_the_first_allocation(void)
{
    CHECK(my_pool_add(area, AREA) == 0);
    CHECK(my_pool_available() == MIB - HEADER + AREA - HEADER);
    CHECK(my_pool_largest() == MIB - HEADER);
    CHECK(my_malloc(MIB - HEADER));
    CHECK(my_malloc(AREA - HEADER) == area + HEADER);
}

/* Below, between and above what there is, in every order. */
static void add_merges_what_adjoins(void)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (int i = 0; i < 6; i++) {
        CHECK(my_pool_init(area + 1024 * orders[i][0], 1024) == 0);
        CHECK(my_pool_add(area + 1024 * orders[i][1], 1024) == 0);
        CHECK(my_pool_add(area + 1024 * orders[i][2], 1024) == 0);
        CHECK(my_pool_largest() == 3 * 1024 - HEADER);
        CHECK(my_pool_available() == 3 * 1024 - HEADER);
        CHECK(my_malloc(3 * 1024 - HEADER) == area + HEADER);
    }
}

static void add_below_blocks_in_use(void)
{
    CHECK(my_pool_init(area + 4096, 1024) == 0);
    unsigned char *high = my_malloc(1024 - HEADER);
    fill(high, 1024 - HEADER, 1);
    CHECK(my_pool_add(area + 3072, 1024) == 0);
    CHECK(my_pool_add(area + 5120, 1024) == 0);
    CHECK(my_pool_largest() == 1024 - HEADER);
    unsigned char *low = my_malloc(1024 - HEADER);
    CHECK(low == area + 3072 + HEADER);
    CHECK(my_malloc(1024 - HEADER) == area + 5120 + HEADER);
    fill(low, 1024 - HEADER, 2);
    CHECK(filled(high, 1024 - HEADER, 1));
    my_free(low);
    my_free(high);
    CHECK(my_malloc(2048 - HEADER) == low);
}

static void areas_apart_are_not_merged(void)
{
    start(1024);
    CHECK(my_pool_add(area + 1024 + 16, 1024) == 0);
    CHECK(my_pool_add(area + 4096, 1024) == 0);
    memset(area + 1024, 0xee, 16);
    CHECK(my_pool_largest() == 1024 - HEADER);
    CHECK(my_pool_available() == 3 * (1024 - HEADER));
    CHECK(no_memory(my_malloc(1024)));
    unsigned char *p = my_malloc(1000), *q = my_malloc(1000);
    CHECK(p == area + HEADER && q == area + 1024 + 16 + HEADER);
    memset(p, 1, 1008);
    memset(q, 1, 1008);
    my_free(q);
    unsigned char *moved = my_realloc(p, 1008);
    CHECK(moved == p);
    CHECK(no_memory(my_realloc(p, 1009)));
    my_free(p);
    CHECK(my_pool_largest() == 1024 - HEADER);
    CHECK(all_are(area + 1024, 16, 0xee));
}

static void add_refuses_what_is_there(void)
{
    CHECK(my_pool_init(area + 4096, 4096) == 0);
    unsigned char *p = my_malloc(SMALL), *q = my_malloc(1000);
    fill(p, 112, 1);
    fill(q, 1000, 2);
    size_t left = my_pool_available();
    CHECK(invalid(my_pool_add(area + 4096, 4096)));
    CHECK(invalid(my_pool_add(area + 4096 + 32, 48)));
    CHECK(invalid(my_pool_add(area + 4096 + 512, 64)));
    CHECK(invalid(my_pool_add(area + 4000, 128)));
    CHECK(invalid(my_pool_add(area + 8000, 500)));
    CHECK(invalid(my_pool_add(area + 8192 - 16, 500)));
    CHECK(invalid(my_pool_add(area, 4096 + 16)));
    CHECK(invalid(my_pool_add(area, AREA)));
    CHECK(my_pool_available() == left);
    CHECK(filled(p, 112, 1) && filled(q, 1000, 2));
    CHECK(my_pool_add(area + 8192, 32) == 0);
    CHECK(my_pool_add(area, 4096) == 0);
}

static void add_refuses_too_little(void)
{
    start(4096);
    memset(area + 8192, 0xee, 64);
    CHECK(invalid(my_pool_add(area + 8192, 31)));
    CHECK(invalid(my_pool_add(area + 8193, 46)));
    CHECK(invalid(my_pool_add(area + 8192, 0)));
    CHECK(invalid(my_pool_add(NULL, 0)));
    CHECK(invalid(my_pool_add(NULL, 4096)));
    CHECK(invalid(my_pool_add(area + 8192, SIZE_MAX)));
    CHECK(all_are(area + 8192, 64, 0xee));
    CHECK(my_pool_available() == 4096 - HEADER);
}

/* ---- Blocks. ---- */

static void payloads_are_aligned_and_apart(void)
{
    enum { COUNT = 300 };
    unsigned char *p[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        p[i] = my_malloc(i);
        CHECK(p[i] && (uintptr_t)p[i] % 16 == 0);
        CHECK(my_malloc_usable_size(p[i]) >= i);
        CHECK(my_malloc_usable_size(p[i]) < i + 17);
        fill(p[i], my_malloc_usable_size(p[i]), i);
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(filled(p[i], my_malloc_usable_size(p[i]), i));
}

static void zero_bytes_are_a_block(void)
{
    char *a = my_malloc(0), *b = my_malloc(0), *c = my_calloc(0, 5);

    CHECK(a && b && c && a != b && b != c);
    my_free(b);
    CHECK(my_malloc(0) == b);
    start(64);
    CHECK(my_malloc(0) && my_malloc(0) && no_memory(my_malloc(0)));
}

static void null_is_no_block(void)
{
    my_free(NULL);
    CHECK(my_malloc_usable_size(NULL) == 0);
    char *p = my_realloc(NULL, 50);
    CHECK(p && my_malloc_usable_size(p) >= 50);
    CHECK(my_realloc(NULL, 0));
}

static void too_large_is_refused(void)
{
    size_t left = my_pool_available();
    static const size_t sizes[] = {SIZE_MAX,         SIZE_MAX - 15,
                                   SIZE_MAX - 32,    (size_t)PTRDIFF_MAX + 1,
                                   PTRDIFF_MAX,      PTRDIFF_MAX - 15,
                                   PTRDIFF_MAX - 64, MIB};
    unsigned char *p = my_malloc(SMALL);

    fill(p, SMALL, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK(no_memory(my_malloc(sizes[i])));
        CHECK(no_memory(my_calloc(1, sizes[i])));
        CHECK(no_memory(my_calloc(sizes[i], 1)));
        CHECK(no_memory(my_realloc(p, sizes[i])));
        CHECK(no_memory(my_realloc(NULL, sizes[i])));
    }
    CHECK(no_memory(my_calloc(SIZE_MAX / 2 + 2, 2)));
    CHECK(no_memory(my_calloc(2, SIZE_MAX / 2 + 1)));
    CHECK(no_memory(my_calloc((size_t)1 << (sizeof(size_t) * 4),
                              (size_t)1 << (sizeof(size_t) * 4))));
    CHECK(filled(p, SMALL, 3));
    my_free(p);
    CHECK(my_pool_available() == left);
}

static void free_keeps_errno(void)
{
    void *p = my_malloc(1000), *q = my_malloc(1);

    errno = 4711;
    my_free(p);
    my_free(NULL);
    my_free(q);
    CHECK(errno == 4711);
}

static void calloc_zeroes_used_memory(void)
{
    start(4096);
    unsigned char *p = my_malloc(4096 - HEADER);
    memset(p, 0xff, 4096 - HEADER);
    my_free(p);
    CHECK(my_calloc(40, 100) == p);
    CHECK(all_are(p, 4000, 0));
    my_free(p);
    memset(p, 0xff, 300);
    CHECK(my_calloc(1, 17) == p && all_are(p, 17, 0));
}

/* ---- First fit, splitting, coalescing. ---- */

static void takes_the_first_that_fits(void)
{
    start(AREA);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(i % 2 ? SMALL : 1000);
    my_free(p[6]);
    my_free(p[2]);
    my_free(p[5]); /* with p[6], more than 1000 */
    my_free(p[0]);
    CHECK(my_pool_largest() > 60000);
    CHECK(my_malloc(my_pool_largest()) > (void *)p[7]);
    CHECK(my_pool_largest() == 1008 + SMALL_BLOCK);
    CHECK(my_malloc(1010) == p[5]);
    CHECK(my_pool_largest() == 1008);
    CHECK(my_malloc(1000) == p[0]);
    CHECK(my_malloc(SMALL) == p[2]);
    CHECK(my_malloc(SMALL) == p[2] + SMALL_BLOCK);
    my_free(p[1]);
    CHECK(my_malloc(SMALL) == p[1]);
    CHECK(no_memory(my_malloc(1000)));
}

static void splits_what_is_too_large(void)
{
    start(1024);
    unsigned char *p = my_malloc(1024 - HEADER);
    my_free(p);
    for (int i = 0; i < 8; i++)
        CHECK(my_malloc(SMALL) == p + i * SMALL_BLOCK);
    CHECK(no_memory(my_malloc(0)));
    CHECK(my_pool_available() == 0);
}

/* A rest of 32 bytes is a block, one of 16 stays with the block before it. */
static void splits_off_no_less_than_a_block(void)
{
    start(128);
    unsigned char *p = my_malloc(80);
    CHECK(my_malloc_usable_size(p) == 80);
    CHECK(my_pool_largest() == 16);
    CHECK(my_malloc(16) == p + 96);
    start(128);
    p = my_malloc(96);
    CHECK(my_malloc_usable_size(p) == 112);
    CHECK(my_pool_largest() == 0);
}

static void coalesces_in_any_order(void)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (int i = 0; i < 6; i++) {
        unsigned char *p[3];

        start(4 * SMALL_BLOCK);
        for (int j = 0; j < 3; j++)
            p[j] = my_malloc(SMALL);
        void *guard = my_malloc(SMALL);
        fill(guard, SMALL, 9);
        for (int j = 0; j < 3; j++)
            my_free(p[orders[i][j]]);
        CHECK(my_pool_available() == 3 * SMALL_BLOCK - HEADER);
        CHECK(no_memory(my_malloc(3 * SMALL_BLOCK - HEADER + 1)));
        CHECK(my_malloc(3 * SMALL_BLOCK - HEADER) == p[0]);
        memset(p[0], 0, 3 * SMALL_BLOCK - HEADER);
        CHECK(filled(guard, SMALL, 9));
    }
}

static void a_full_pool_comes_back_whole(void)
{
    start(AREA);
    unsigned char *p[AREA / 32];
    unsigned count = 0;
    while ((p[count] = my_malloc(count % 500)))
        count++;
    CHECK(no_memory(my_malloc(499)));
    for (unsigned i = 0; i < count; i += 2)
        my_free(p[i]);
    for (unsigned i = 1; i < count; i += 2)
        my_free(p[i]);
    CHECK(my_pool_largest() == AREA - HEADER);
    CHECK(my_malloc(AREA - HEADER) == area + HEADER);
}

/* ---- Realloc. ---- */

static void realloc_zero_frees(void)
{
    start(256);
    void *p = my_malloc(240);

    errno = 0;
    CHECK(my_realloc(p, 0) == NULL && errno == 0);
    CHECK(my_malloc(240) == p);
}

static void realloc_keeps_contents(void)
{
    static const size_t sizes[] = {1,   15,   16,   17,    24, 100, 112,
                                   113, 1000, 4096, 20000, 3,  5000};
    enum { COUNT = sizeof sizes / sizeof *sizes };

    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < COUNT; j++)
            for (int guarded = 0; guarded < 2; guarded++) {
                size_t least = sizes[i] < sizes[j] ? sizes[i] : sizes[j];

                start(AREA);
                unsigned char *p = my_malloc(sizes[i]);
                fill(p, sizes[i], i + j);
                unsigned char *guard = guarded ? my_malloc(50) : NULL;
                if (guard)
                    fill(guard, 50, 200);
                unsigned char *q = my_realloc(p, sizes[j]);
                CHECK(q && my_malloc_usable_size(q) >= sizes[j]);
                CHECK(filled(q, least, i + j));
                memset(q, 0, my_malloc_usable_size(q));
                CHECK(!guard || filled(guard, 50, 200));
                CHECK(q == p || (guard && sizes[j] > sizes[i]));
            }
}

static void realloc_shrinks_in_place(void)
{
    start(1024);
    unsigned char *p = my_malloc(1024 - HEADER);
    fill(p, SMALL, 1);
    CHECK(my_realloc(p, SMALL) == p && filled(p, SMALL, 1));
    CHECK(my_malloc_usable_size(p) == 112);
    CHECK(my_pool_largest() == 1024 - SMALL_BLOCK - HEADER);
    CHECK(my_malloc(SMALL) == p + SMALL_BLOCK);
}

/* What it gives up joins the free block after it. */
static void realloc_shrinks_towards_free_space(void)
{
    start(1024);
    unsigned char *p = my_malloc(400), *q = my_malloc(1024 - 416 - HEADER);
    my_free(q);
    CHECK(my_realloc(p, SMALL) == p);
    CHECK(my_malloc(1024 - SMALL_BLOCK - HEADER) == p + SMALL_BLOCK);
}

/* Over two free blocks that nothing has merged yet. */
static void realloc_grows_in_place(void)
{
    start(1024);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(SMALL);
    fill(p[2], 112, 1);
    fill(p[5], 112, 2);
    my_free(p[4]);
    my_free(p[3]);
    CHECK(no_memory(my_realloc(p[2], 3 * SMALL_BLOCK - HEADER + 1)));
    CHECK(my_pool_available() == 2 * SMALL_BLOCK - HEADER);
    CHECK(my_realloc(p[2], 3 * SMALL_BLOCK - HEADER) == p[2]);
    CHECK(my_pool_available() == 0);
    CHECK(filled(p[2], 112, 1));
    memset(p[2], 0, 3 * SMALL_BLOCK - HEADER);
    CHECK(filled(p[5], 112, 2));
    CHECK(my_realloc(p[2], SMALL) == p[2]);
    CHECK(my_realloc(p[2], SMALL + SMALL_BLOCK) == p[2]);
    CHECK(my_malloc(SMALL) == p[4]);
    my_free(p[0]);
    CHECK(my_malloc(SMALL) == p[0]);
}

/* Both are looked at, although no request has walked by since. */
static void realloc_grows_over_two(void)
{
    start(1024);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(SMALL);
    my_free(p[3]);
    my_free(p[4]);
    CHECK(my_realloc(p[2], 3 * SMALL_BLOCK - HEADER) == p[2]);
    CHECK(my_pool_available() == 0);
}

/* The first free block is swallowed whole; the next one is found still. */
static void realloc_leaves_other_free_blocks(void)
{
    start(1024);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(SMALL);
    my_free(p[1]);
    my_free(p[6]);
    CHECK(my_realloc(p[0], 2 * SMALL_BLOCK - HEADER) == p[0]);
    CHECK(my_malloc(SMALL) == p[6]);
    CHECK(no_memory(my_malloc(0)));
    my_free(p[7]);
    CHECK(my_malloc(SMALL) == p[7]);
}

static void realloc_moves_and_frees(void)
{
    start(1024);
    unsigned char *p = my_malloc(SMALL), *guard = my_malloc(SMALL);
    fill(p, 112, 1);
    fill(guard, 112, 2);
    unsigned char *q = my_realloc(p, 300);
    CHECK(q == p + 2 * SMALL_BLOCK);
    CHECK(filled(q, 112, 1) && filled(guard, 112, 2));
    CHECK(my_malloc(SMALL) == p);
}

/* No more is read than the old block has: behind it there may be nothing. */
static void realloc_reads_the_block_only(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && munmap(memory + page, page) == 0);
    CHECK(my_pool_init(memory, page) == 0);
    char *hole = my_malloc(page / 2);
    my_malloc(0);
    char *last = my_malloc(my_pool_largest());
    CHECK(last + my_malloc_usable_size(last) == memory + page);
    my_free(hole);
    CHECK(my_realloc(last, page / 2) == hole);
}

static void realloc_that_fails_changes_nothing(void)
{
    start(1024);
    unsigned char *p = my_malloc(400), *q = my_malloc(400);
    size_t left = my_pool_available();

    fill(p, 400, 1);
    fill(q, 400, 2);
    CHECK(no_memory(my_realloc(p, 600)));
    CHECK(no_memory(my_realloc(q, 700)));
    CHECK(my_pool_available() == left);
    CHECK(my_malloc_usable_size(p) == 400 && my_malloc_usable_size(q) == 400);
    CHECK(filled(p, 400, 1) && filled(q, 400, 2));
    my_free(p);
    CHECK(my_malloc(400) == p);
}

/* ---- Many operations. ---- */

struct slot {
    unsigned char *p;
    size_t size;
    unsigned seed;
};

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void slot_empty(struct slot *slot)
{
    CHECK(!slot->p || filled(slot->p, slot->size, slot->seed));
    my_free(slot->p);
    slot->p = NULL;
}

static void slot_new(struct slot *slot, size_t size, unsigned random)
{
    slot_empty(slot);
    slot->p = random % 2 ? my_malloc(size) : my_calloc(1, size);
    CHECK(!slot->p || random % 2 || all_are(slot->p, size, 0));
}

static void slot_resize(struct slot *slot, size_t size)
{
    unsigned char *p = my_realloc(slot->p, size);
    size_t least = size < slot->size ? size : slot->size;

    CHECK(!p || !slot->p || filled(p, least, slot->seed));
    if (p)
        slot->p = p;
    else if (size == 0)
        slot->p = NULL;
    else
        slot_empty(slot);
}

static void slot_change(struct slot *slot, unsigned *state)
{
    unsigned random = next_random(state);
    size_t size = next_random(state) % (random % 16 ? 200 : 5000);

    if (random / 16 % 4 == 0)
        slot_empty(slot);
    else if (random / 16 % 4 == 1)
        slot_resize(slot, size);
    else
        slot_new(slot, size, random / 256);
    slot->size = size;
    slot->seed = random;
    if (slot->p)
        fill(slot->p, size, random);
}

enum { SLOTS = 200, CHANGES = 30000, THREADS = 4 };

static void *work(void *seed)
{
    static _Thread_local struct slot slots[SLOTS];
    unsigned state = *(unsigned *)seed;

    for (int i = 0; i < CHANGES; i++)
        slot_change(&slots[next_random(&state) % SLOTS], &state);
    for (int i = 0; i < SLOTS; i++)
        slot_empty(&slots[i]);
    return NULL;
}

static void random_operations(void)
{
    for (unsigned seed = 1; seed < 4; seed++) {
        work(&seed);
        CHECK(my_pool_largest() == MIB - HEADER);
    }
    start(AREA / 4);
    CHECK(my_pool_add(area + AREA / 2, AREA / 4) == 0);
    for (unsigned seed = 5; seed < 8; seed++) {
        work(&seed);
        CHECK(my_pool_available() == 2 * (AREA / 4 - HEADER));
    }
}

static void threads_share_the_pool(void)
{
    pthread_t thread[THREADS];
    unsigned seeds[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 100;
        CHECK(pthread_create(&thread[i], NULL, work, &seeds[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(my_pool_available() == MIB - HEADER);
}

static volatile bool stop;

static void *churn(void *unused)
{
    (void)unused;
    while (!stop)
        my_free(my_malloc(100));
    return NULL;
}

/* The child of a process whose other thread is at work may go on. */
static void forked_children_allocate(void)
{
    pthread_t thread;
    unsigned char *kept = my_malloc(1000);

    fill(kept, 1000, 1);
    CHECK(pthread_create(&thread, NULL, churn, NULL) == 0);
    for (int i = 0; i < 200; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0) {
            alarm(check_seconds());
            unsigned char *p = my_malloc(500);
            if (p)
                fill(p, 500, 2);
            my_free(my_realloc(p, 5000));
            _exit(p && filled(kept, 1000, 1) ? 0 : 1);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    stop = true;
    CHECK(pthread_join(thread, NULL) == 0);
}

static const struct test tests[] = {
    {"own-array-is-one-mib", own_array_is_one_mib},
    {"asks-the-system-for-nothing", asks_the_system_for_nothing},
    {"init-takes-given-memory", init_takes_given_memory},
    {"init-null-is-the-own-array", init_null_is_the_own_array},
    {"init-before-the-first-allocation", init_before_the_first_allocation},
    {"init-aligns-within-the-memory", init_aligns_within_the_memory},
    {"init-refuses-too-little", init_refuses_too_little},
    {"add-before-the-first-allocation", add_before_the_first_allocation},
    {"add-merges-what-adjoins", add_merges_what_adjoins},
    {"add-below-blocks-in-use", add_below_blocks_in_use},
    {"areas-apart-are-not-merged", areas_apart_are_not_merged},
    {"add-refuses-what-is-there", add_refuses_what_is_there},
    {"add-refuses-too-little", add_refuses_too_little},
    {"payloads-are-aligned-and-apart", payloads_are_aligned_and_apart},
    {"zero-bytes-are-a-block", zero_bytes_are_a_block},
    {"null-is-no-block", null_is_no_block},
    {"too-large-is-refused", too_large_is_refused},
    {"free-keeps-errno", free_keeps_errno},
    {"calloc-zeroes-used-memory", calloc_zeroes_used_memory},
    {"takes-the-first-that-fits", takes_the_first_that_fits},
    {"splits-what-is-too-large", splits_what_is_too_large},
    {"splits-off-no-less-than-a-block", splits_off_no_less_than_a_block},
    {"coalesces-in-any-order", coalesces_in_any_order},
    {"a-full-pool-comes-back-whole", a_full_pool_comes_back_whole},
    {"realloc-zero-frees", realloc_zero_frees},
    {"realloc-keeps-contents", realloc_keeps_contents},
    {"realloc-shrinks-in-place", realloc_shrinks_in_place},
    {"realloc-shrinks-towards-free-space", realloc_shrinks_towards_free_space},
    {"realloc-grows-in-place", realloc_grows_in_place},
    {"realloc-leaves-other-free-blocks", realloc_leaves_other_free_blocks},
    {"realloc-grows-over-two", realloc_grows_over_two},
    {"realloc-reads-the-block-only", realloc_reads_the_block_only},
    {"realloc-moves-and-frees", realloc_moves_and_frees},
    {"realloc-that-fails-changes-nothing", realloc_that_fails_changes_nothing},
    {"random-operations", random_operations},
    {"threads-share-the-pool", threads_share_the_pool},
    {"forked-children-allocate", forked_children_allocate},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
