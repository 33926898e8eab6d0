/*
 * hmm_test.c - the malloc of this program is hmm, and keeps hmm.h's promises.
 *
 * All of the process allocates from it, stdio and this frame included.
 */
#define _GNU_SOURCE
#include "../check.h"
#include "../libc_own.h"
#include "contents.h"
#include "process.h"

#include "hmm.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/resource.h>

enum { PAGE = 4096, KIB = 1024, MIB = 1 << 20, WORD = sizeof(size_t) };

/* Where compilers cannot see that it is malloc, they leave out no call. */
static void *(*volatile fresh)(size_t) = malloc;
static void *(*volatile resized)(void *, size_t) = realloc;
static void *(*volatile zeroed)(size_t, size_t) = calloc;
static void *(*volatile resized_array)(void *, size_t, size_t) = reallocarray;
static void *(*volatile aligned)(size_t, size_t) = memalign;
static void *(*volatile aligned_too)(size_t, size_t) = aligned_alloc;
static int (*volatile aligned_posix)(void **, size_t, size_t) = posix_memalign;
static void *(*volatile paged)(size_t) = valloc;
static void *(*volatile pages)(size_t) = pvalloc;
static void (*volatile drop)(void *) = free;
static size_t (*volatile usable)(void *) = malloc_usable_size;

/* What a block of that size has to give its payload. */
static size_t room(size_t block)
{
    return block - WORD;
}

static char *brk_now(void)
{
    return sbrk(0);
}

static bool is_aligned(const void *p, size_t align)
{
    return (uintptr_t)p % align == 0;
}

static bool no_memory(const void *p)
{
    bool said = !p && errno == ENOMEM;

    errno = 0;
    return said;
}

/* Use up what is free already, so that what follows comes from the top. */
static void use_up(size_t size)
{
    char *brk = brk_now();

    while (brk_now() == brk)
        CHECK(fresh(size));
}

/* ---- Whose malloc it is. ---- */

static void *early, *early_calloc;

__attribute__((constructor)) static void allocate_before_main(void)
{
    early = fresh(30);
    early = early ? resized(early, 3000) : NULL;
    if (early)
        fill(early, 3000, 1);
    early_calloc = zeroed(10, 10);
    drop(fresh(100000));
}

static void works_before_main(void)
{
    CHECK(early && filled(early, 3000, 1));
    CHECK(early_calloc && all_are(early_calloc, 100, 0));
    CHECK((char *)early < brk_now());
}

static bool exit_handler_ran;

static void allocate_at_exit(void)
{
    unsigned char *p = fresh(5000);

    fill(p, 5000, 1);
    p = resized(p, 2 * MIB);
    exit_handler_ran = p && filled(p, 5000, 1);
    drop(p);
}

/* Runs after the exit handlers, and makes of a failure a test's. */
__attribute__((destructor)) static void look_after_exit(void)
{
    if (exit_handler_ran) {
        unsigned char *p = fresh(100);

        fill(p, 100, 2);
        drop(p);
        _exit(filled(early, 3000, 1) ? 0 : 1);
    }
}

static void works_in_exit_handlers(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        atexit(allocate_at_exit);
        exit(3); /* the destructor says 0 instead */
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Large blocks too: the break moves for them, and nothing is mapped. */
static void all_lies_below_the_break(void)
{
    char *brk = brk_now(), *p = fresh(8 * MIB);

    CHECK(p && p + 8 * MIB <= brk_now() && p + 8 * MIB > brk);
    memset(p, 1, 8 * MIB);
}

static void the_c_library_uses_it(void)
{
    char *line = NULL, *text = NULL;
    size_t size = 0;
    FILE *file = tmpfile();

    CHECK(file && fprintf(file, "%01000d\n", 7) == 1001);
    rewind(file);
    CHECK(getline(&line, &size, file) == 1001 && size > 1001);
    CHECK(usable(line) >= size && line < brk_now());
    CHECK(asprintf(&text, "%s!", line) == 1002);
    CHECK(strcmp(text + 999, "7\n!") == 0);
    fclose(file);
    drop(line);
    text = resized(text, 5);
    char *copy = strdup("copied");
    CHECK(strcmp(copy, "copied") == 0 && usable(copy) >= 7);
    drop(text);
    drop(copy);
}

/* ---- Blocks. ---- */

static void payloads_are_aligned_and_apart(void)
{
    enum { COUNT = 2000 };
    static unsigned char *p[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        p[i] = fresh(i);
        CHECK(p[i] && is_aligned(p[i], 16));
        CHECK(usable(p[i]) >= i && usable(p[i]) < i + 32);
        CHECK(usable(p[i]) % WORD == 0);
        fill(p[i], usable(p[i]), i);
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(filled(p[i], usable(p[i]), i));
}

static void zero_bytes_are_a_block(void)
{
    char *a = fresh(0), *b = fresh(0), *c = zeroed(0, 5), *d = zeroed(5, 0);

    CHECK(a && b && c && d && a != b && b != c && c != d);
    CHECK(usable(a) > 0);
    drop(a), drop(b), drop(c), drop(d);
}

static void null_is_no_block(void)
{
    drop(NULL);
    CHECK(usable(NULL) == 0);
    char *p = resized(NULL, 50), *q = resized_array(NULL, 5, 10);
    CHECK(p && q && usable(p) >= 50 && usable(q) >= 50);
    CHECK(resized(NULL, 0));
}

static void too_large_is_refused(void)
{
    static const size_t sizes[] = {SIZE_MAX,
                                   SIZE_MAX - 7,
                                   SIZE_MAX - 40,
                                   SIZE_MAX - HMM_STEP,
                                   SIZE_MAX / 2 + 1,
                                   PTRDIFF_MAX,
                                   PTRDIFF_MAX - 15,
                                   PTRDIFF_MAX - 64,
                                   PTRDIFF_MAX - PAGE,
                                   PTRDIFF_MAX - HMM_STEP,
                                   PTRDIFF_MAX - HMM_STEP - 8};
    unsigned char *p = fresh(100);
    char *brk = brk_now();

    fill(p, 100, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK(no_memory(fresh(sizes[i])));
        CHECK(no_memory(zeroed(1, sizes[i])));
        CHECK(no_memory(zeroed(sizes[i], 1)));
        CHECK(no_memory(resized(p, sizes[i])));
        CHECK(no_memory(resized(NULL, sizes[i])));
        CHECK(no_memory(resized_array(p, 1, sizes[i])));
        CHECK(no_memory(aligned(64, sizes[i])));
        CHECK(no_memory(aligned_too(8, sizes[i])));
        CHECK(no_memory(paged(sizes[i])));
        CHECK(no_memory(pages(sizes[i])));
        CHECK(brk_now() == brk);
    }
    CHECK(filled(p, 100, 3));
}

static void products_may_overflow(void)
{
    size_t half = (size_t)1 << (sizeof(size_t) * 4);
    unsigned char *p = fresh(100);

    fill(p, 100, 3);
    CHECK(no_memory(zeroed(half, half)));
    CHECK(no_memory(zeroed(SIZE_MAX / 2 + 2, 2)));
    CHECK(no_memory(zeroed(2, SIZE_MAX / 2 + 9)));
    CHECK(no_memory(zeroed(SIZE_MAX, SIZE_MAX)));
    CHECK(no_memory(resized_array(p, half, half)));
    CHECK(no_memory(resized_array(p, SIZE_MAX / 2 + 2, 2)));
    CHECK(no_memory(resized_array(NULL, SIZE_MAX / 16 + 2, 16)));
    CHECK(filled(p, 100, 3));
    p = resized_array(p, 50, 40);
    CHECK(filled(p, 100, 3) && usable(p) >= 2000);
    errno = 0;
    CHECK(!resized_array(p, 0, 40) && errno == 0);
}

static void calloc_zeroes_used_memory(void)
{
    static const size_t sizes[] = {1, 24, 100, 5000, 200 * KIB, 3 * MIB};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *p = fresh(sizes[i]), *guard = fresh(1);
        memset(p, 0xff, usable(p));
        drop(p);
        unsigned char *q = zeroed(sizes[i], 1);
        CHECK(q && all_are(q, sizes[i], 0));
        drop(guard);
    }
}

/* Also where the memory has gone back to the system and come again. */
static void calloc_zeroes_what_came_back(void)
{
    for (int i = 0; i < 5; i++) {
        unsigned char *p = fresh(3 * MIB + 1000);
        memset(p, 0xff, 3 * MIB + 1000);
        drop(p);
        p = zeroed(1000, 3 * KIB);
        CHECK(p && all_are(p, 3000 * KIB, 0));
        memset(p, 0xff, 3000 * KIB);
        drop(p);
    }
}

static void free_keeps_errno(void)
{
    void *p = fresh(100), *q = fresh(8 * MIB);

    errno = 4711;
    drop(p);
    drop(NULL);
    drop(q);
    CHECK(errno == 4711);
}

/* ---- Which block it is. ---- */

/* Three blocks side by side that hold it, and one that keeps the top off. */
static void side_by_side(unsigned char *p[3], size_t block)
{
    use_up(room(block));
    for (int i = 0; i < 3; i++)
        p[i] = fresh(room(block));
    CHECK(p[0] + block == p[1] && p[1] + block == p[2]);
    CHECK(fresh(1));
}

static void freed_blocks_are_used_again(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    drop(p[1]);
    CHECK(fresh(room(4000)) == p[1]);
    CHECK(fresh(room(4000)) > (void *)p[2]);
    drop(p[0]);
    drop(p[2]);
    CHECK(fresh(room(4000)) == p[0]); /* the one that is free for longer */
    CHECK(fresh(room(4000)) == p[2]);
    CHECK(fresh(room(4000)) > (void *)p[2]);
}

static void splits_what_is_too_large(void)
{
    unsigned char *p[3];

    side_by_side(p, 8000);
    drop(p[1]);
    for (int i = 0; i < 8; i++)
        CHECK(fresh(room(992)) == p[1] + i * 992);
    /* what is left is 64 bytes; and splits again into two of 32 */
    CHECK(fresh(room(32)) == p[1] + 8 * 992);
    CHECK(fresh(room(32)) == p[1] + 8 * 992 + 32);
}

static void coalesces_in_any_order(void)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (int i = 0; i < 6; i++) {
        unsigned char *p[3];

        side_by_side(p, 4000);
        for (int j = 0; j < 3; j++)
            drop(p[orders[i][j]]);
        CHECK(fresh(room(12000)) == p[0]);
        fill(p[0], room(12000), 1);
    }
}

/* A search that found nothing does not hide what is freed after it. */
static void a_search_in_vain_is_forgotten(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    CHECK(fresh(room(4000)) > (void *)p[2]);
    drop(p[1]);
    CHECK(fresh(room(4016)) > (void *)p[2]);
    CHECK(fresh(room(3984)) == p[1]);
    side_by_side(p, 8000);
    drop(p[1]);
    CHECK(fresh(room(8016)) > (void *)p[2]);
    CHECK(fresh(room(8000)) == p[1]);
    unsigned char *q[3];
    side_by_side(q, 4000);
    drop(q[1]);
    CHECK(fresh(room(6000)) > (void *)q[2]);
    CHECK(fresh(room(4000)) == q[1]);
}

/* ---- Realloc. ---- */

static void realloc_zero_frees(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    errno = 0;
    CHECK(resized(p[1], 0) == NULL && errno == 0);
    CHECK(fresh(room(4000)) == p[1]);
}

static void realloc_keeps_contents(void)
{
    static const size_t sizes[] = {1,    15,   24,    25,        40,
                                   1000, 4096, 20000, 100 * KIB, 2 * MIB};
    enum { COUNT = sizeof sizes / sizeof *sizes };

    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < COUNT; j++)
            for (int guarded = 0; guarded < 2; guarded++) {
                size_t least = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
                unsigned char *p = fresh(sizes[i]);
                unsigned char *guard = guarded ? fresh(50) : NULL;

                fill(p, sizes[i], i + j);
                if (guard)
                    fill(guard, 50, 200);
                unsigned char *q = resized(p, sizes[j]);
                CHECK(q && usable(q) >= sizes[j] && is_aligned(q, 16));
                CHECK(filled(q, least, i + j));
                CHECK(q == p || sizes[j] > sizes[i]);
                memset(q, 0, usable(q));
                CHECK(!guard || filled(guard, 50, 200));
                drop(guard);
                drop(q);
            }
}

static void realloc_shrinks_in_place(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    fill(p[1], room(4000), 1);
    CHECK(resized(p[1], room(1008)) == p[1]);
    CHECK(usable(p[1]) == room(1008) && filled(p[1], room(1008), 1));
    CHECK(fresh(room(2992)) == p[1] + 1008);
    CHECK(resized(p[0], room(3984)) == p[0]); /* 16 bytes are no block */
    CHECK(usable(p[0]) == room(WORD == 8 ? 4000 : 3984));
}

static void realloc_grows_in_place(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    fill(p[0], room(4000), 1);
    fill(p[2], room(4000), 2);
    drop(p[1]);
    CHECK(resized(p[0], room(6000)) == p[0]);
    CHECK(usable(p[0]) == room(6000));
    CHECK(resized(p[0], room(8000)) == p[0]);
    CHECK(filled(p[0], room(4000), 1) && usable(p[0]) == room(8000));
    memset(p[0], 0, room(8000));
    CHECK(filled(p[2], room(4000), 2));
    unsigned char *moved = resized(p[0], room(8016));
    CHECK(moved > p[2] && all_are(moved, room(8000), 0));
    CHECK(fresh(room(8000)) == p[0]);
}

/* The last block of the heap grows with it, with and without a free top. */
static void realloc_grows_at_the_top(void)
{
    use_up(5000);
    unsigned char *p = fresh(8 * MIB), *brk;
    CHECK(p);
    for (size_t size = 8 * MIB; size < 9 * MIB; size += 50000) {
        fill(p, size, 1);
        brk = (unsigned char *)brk_now();
        CHECK(resized(p, size + 50000) == p);
        CHECK(filled(p, size, 1));
        CHECK((unsigned char *)brk_now() - brk < 50000 + HMM_STEP);
    }
    size_t rest = (size_t)((unsigned char *)brk_now() - p) - WORD;
    CHECK(resized(p, rest) == p && usable(p) == rest);
    CHECK(resized(p, rest + 1) == p);
}

static void realloc_moves_and_frees(void)
{
    unsigned char *p[3];

    side_by_side(p, 4000);
    fill(p[1], room(4000), 1);
    unsigned char *q = resized(p[1], 50000);
    CHECK(q != p[1] && filled(q, room(4000), 1));
    CHECK(fresh(room(4000)) == p[1]);
}

/* ---- Alignment. ---- */

static void memalign_aligns(void)
{
    enum { COUNT = 17 };
    unsigned char *p[COUNT][4];

    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++) {
            size_t align = (size_t)1 << i, size = j * 777 + i;

            p[i][j] = (j % 2 ? aligned : aligned_too)(align, size);
            CHECK(is_aligned(p[i][j], align) && is_aligned(p[i][j], 16));
            CHECK(usable(p[i][j]) >= size && usable(p[i][j]) < size + 64);
            fill(p[i][j], usable(p[i][j]), i * 4 + j);
        }
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++) {
            CHECK(filled(p[i][j], usable(p[i][j]), i * 4 + j));
            p[i][j] = resized(p[i][j], 3000);
            CHECK(filled(p[i][j], j * 777 + i, i * 4 + j));
        }
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < 4; j++)
            drop(p[i][j]);
}

/* Above this place there is only the top: what is cut off joins it again. */
static void memalign_wastes_nothing(void)
{
    unsigned char *low, *high;

    use_up(4000);
    for (size_t align = 32; align <= 64 * KIB; align *= 2) {
        CHECK((low = fresh(0)));
        high = aligned(align, 100);
        drop(low);
        drop(high);
        CHECK(fresh(0) == low);
        size_t gap = (size_t)(high - low);
        low = gap > 100 ? fresh(room(gap - 32)) : low;
        CHECK(low < high);
        char *brk = brk_now();
        drop(aligned(align, 2 * MIB));
        CHECK(brk_now() - brk < HMM_TRIM);
    }
}

/* Mebibytes at both sides of it are not kept, if nothing is above them. */
static void memalign_gives_back_what_it_cut_off(void)
{
    char *p = aligned(8 * MIB, 100);

    CHECK(is_aligned(p, 8 * MIB));
    CHECK(brk_now() - p < HMM_TRIM);
}

static void memalign_rounds_to_a_power(void)
{
    for (size_t align = 0; align < 300; align++) {
        size_t power = 16;

        while (power < align)
            power *= 2;
        CHECK(is_aligned(aligned(align, 10), power));
        bool taken = libc_takes_alignment(align);
        errno = 0;
        CHECK(taken ? is_aligned(aligned_too(align, 10), power)
                    : !aligned_too(align, 10) && errno == EINVAL);
    }
    errno = 0;
    CHECK(!aligned(SIZE_MAX / 2 + 2, 1) && errno == EINVAL);
    errno = 0;
    CHECK(!aligned_too(SIZE_MAX, 0) && errno == EINVAL);
    CHECK(no_memory(aligned(SIZE_MAX / 2 + 1, 1)));
    CHECK(no_memory(aligned(SIZE_MAX / 2 + 1, PTRDIFF_MAX - MIB)));
    CHECK(WORD == 4 || no_memory(aligned(SIZE_MAX / 4, 1)));
}

static void posix_memalign_says_why(void)
{
    static const size_t wrong[] = {0, 1, 2, 3, 12, 24, 48, 4097, SIZE_MAX};
    void *p = &p;

    errno = 4711;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(aligned_posix(&p, wrong[i], 10) == EINVAL && p == &p);
    CHECK(aligned_posix(&p, sizeof p / 2, 10) == EINVAL && p == &p);
    CHECK(aligned_posix(&p, 64, SIZE_MAX) == ENOMEM && p == &p);
    CHECK(aligned_posix(&p, 8, PTRDIFF_MAX) == ENOMEM && p == &p);
    CHECK(aligned_posix(&p, SIZE_MAX / 2 + 1, 1) == ENOMEM && p == &p);
    for (size_t align = sizeof p; align <= 128 * KIB; align *= 2) {
        CHECK(aligned_posix(&p, align, 100) == 0);
        CHECK(is_aligned(p, align) && is_aligned(p, 16) && usable(p) >= 100);
    }
    CHECK(aligned_posix(&p, 64, 0) == 0 && p);
    CHECK(errno == 4711);
}

static void valloc_is_for_pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t size = 0; size < 3 * page; size += page / 2 - 1) {
        void *p = paged(size), *q = pages(size);

        CHECK(p && is_aligned(p, page) && usable(p) >= size);
        CHECK(usable(p) < size + 64);
        CHECK(q && is_aligned(q, page));
        CHECK(usable(q) >= (size + page - 1) / page * page);
        CHECK(usable(q) < size + page + 64);
    }
}

/* ---- The break. ---- */

static void the_break_goes_up_in_steps(void)
{
    char *start = brk_now(), *before = start;
    size_t moves = 0, bytes = 0;

    for (; bytes < 2 * MIB; bytes += 100, before = brk_now()) {
        CHECK(fresh(100));
        CHECK((brk_now() - before) % HMM_STEP == 0);
        moves += brk_now() != before;
    }
    CHECK(moves > 0 && moves <= 2 * MIB / HMM_STEP + 60);
    size_t used = (size_t)(brk_now() - start);
    CHECK(used >= 2 * MIB - HMM_STEP && used <= bytes / 100 * 112 + HMM_STEP);
}

/* What is free at the top is counted: the break moves by what is missing. */
static void the_break_goes_up_by_what_lacks(void)
{
    void *p = fresh(HMM_TRIM - 64 * KIB);
    char *brk = brk_now();

    drop(p);
    CHECK(brk_now() == brk);
    CHECK(fresh(HMM_TRIM) == p);
    CHECK(brk_now() - brk <= 64 * KIB + HMM_STEP);
    brk = brk_now();
    CHECK(fresh(5 * MIB));
    CHECK(brk_now() - brk <= 5 * MIB + HMM_STEP);
}

static void the_break_comes_down(void)
{
    char *start = brk_now();

    for (int i = 0; i < 4; i++) {
        unsigned char *p = fresh(8 * MIB), *q = fresh(8 * MIB);

        fill(p, 8 * MIB, 1);
        memset(q, 1, 8 * MIB);
        CHECK(brk_now() - start > 16 * MIB - HMM_TRIM);
        drop(q);
        CHECK((unsigned char *)brk_now() >= p + 8 * MIB);
        CHECK(brk_now() - start < 8 * MIB + HMM_TRIM);
        CHECK(filled(p, 8 * MIB, 1));
        drop(p);
        CHECK(brk_now() - start < HMM_TRIM);
    }
}

/* Half of the threshold stays, to be used without another move. */
static void the_break_leaves_half_the_threshold(void)
{
    unsigned char *p = fresh(4 * MIB), *before = sbrk(0);

    memset(p, 0x44, 4 * MIB);
    drop(p);
    unsigned char *after = sbrk(0);
    CHECK((before - after) % sysconf(_SC_PAGESIZE) == 0);
    CHECK(after - p >= HMM_TRIM / 2 - 16);
    CHECK(after - p < HMM_TRIM / 2 + 2 * sysconf(_SC_PAGESIZE));
    for (int i = 0; i < 2; i++) {
        CHECK(fresh(room((size_t)(after - p))) == p); /* all that is left */
        memset(p, 0x44, room((size_t)(after - p)));
        CHECK(sbrk(0) == after);
        drop(p);
    }
}

static void the_break_has_a_threshold(void)
{
    use_up(5000);
    void *p = fresh(HMM_TRIM - 2 * HMM_STEP);
    char *brk = brk_now();

    drop(p);
    CHECK(brk_now() == brk);
    CHECK(fresh(HMM_TRIM - 2 * HMM_STEP) == p);
    CHECK(brk_now() == brk);
    CHECK(resized(p, HMM_TRIM) == p);
    drop(p);
    CHECK(brk_now() < brk);
}

/* Not by the last block that is freed, but by what it merges with. */
static void many_small_blocks_go_back(void)
{
    enum { COUNT = 20000 };
    static void *p[COUNT];
    char *start = brk_now();

    for (int i = 0; i < COUNT; i++)
        CHECK((p[i] = fresh(200)));
    CHECK(brk_now() - start > COUNT * 200 - HMM_STEP);
    for (int i = 0; i < COUNT; i += 2)
        drop(p[i]);
    CHECK(brk_now() - start > COUNT * 200 - HMM_STEP);
    for (int i = 1; i < COUNT; i += 2)
        drop(p[i]);
    CHECK(brk_now() - start < HMM_TRIM);
}

static void realloc_lowers_the_break(void)
{
    unsigned char *p = fresh(8 * MIB);

    fill(p, 1000, 1);
    CHECK(resized(p, 1000) == p && filled(p, 1000, 1));
    CHECK((unsigned char *)brk_now() - p < HMM_TRIM);
    p = resized(p, 8 * MIB);
    CHECK(filled(p, 1000, 1));
    memset(p, 1, 8 * MIB);
    CHECK(fresh(1));
    CHECK(resized(p, 16 * MIB) != p);
    CHECK(fresh(room(8 * MIB)) == p);
}

/* ---- Others who move the break. ---- */

/* Memory that somebody else takes from above ours. */
static unsigned char *foreign_area(size_t size)
{
    unsigned char *area = sbrk((intptr_t)size);

    CHECK(area != (void *)-1);
    memset(area, 0xee, size);
    return area;
}

/* Areas of sizes that leave the break at any address. */
static void foreign_memory_stays_foreign(void)
{
    enum { COUNT = 64, SIZE = 60000 };
    unsigned char *p[COUNT], *foreign[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        foreign[i] = foreign_area(1 + i * 7);
        p[i] = fresh(SIZE);
        CHECK(p[i] && is_aligned(p[i], 16));
        fill(p[i], SIZE, i);
        fill(fresh(30 * i), 30 * i, 77);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(filled(p[i], SIZE, i));
        CHECK(all_are(foreign[i], 1 + i * 7, 0xee));
        p[i] = resized(p[i], SIZE + i * 1000);
        CHECK(filled(p[i], SIZE, i));
        memset(p[i], 0x11, SIZE + i * 1000);
    }
    for (unsigned i = 0; i < COUNT; i += 2)
        drop(p[i]);
    for (unsigned i = 1; i < COUNT; i += 2)
        drop(p[i]);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(all_are(foreign[i], 1 + i * 7, 0xee));
}

/* A request that fills whole steps still finds room for pad and end tag. */
static void new_segments_fit_what_is_asked(void)
{
    use_up(4 * HMM_STEP);
    for (size_t shift = 0; shift < 64; shift++) {
        size_t size = 4 * HMM_STEP - shift;

        foreign_area(shift % 17 + 1);
        char *brk = brk_now();
        unsigned char *p = fresh(size);
        CHECK(p && p > (unsigned char *)brk && usable(p) >= size);
        CHECK(brk_now() - brk <= 5 * HMM_STEP);
        CHECK(p + size < (unsigned char *)brk_now());
        fill(p, size, 1);
        CHECK(filled(p, size, 1));
    }
}

static void the_break_is_not_taken_from_others(void)
{
    unsigned char *p = fresh(8 * MIB), *foreign = foreign_area(5000);
    char *brk = brk_now();

    memset(p, 1, 8 * MIB);
    drop(p);
    CHECK(brk_now() == brk && all_are(foreign, 5000, 0xee));
    CHECK(fresh(room(8 * MIB)) == p); /* free like any other */
    CHECK(resized(p, 8 * MIB + HMM_STEP) > (void *)foreign);
    CHECK(all_are(foreign, 5000, 0xee));
    brk = brk_now();
    unsigned char *q = fresh(8 * MIB);
    drop(q);
    CHECK(brk_now() - brk < HMM_TRIM); /* this is ours again */
    CHECK(all_are(foreign, 5000, 0xee));
}

/* The heap does not grow for what it has; nor is read what it has not. */
static void realloc_below_others_moves(void)
{
    use_up(5000);
    unsigned char *hole = fresh(8 * MIB), *p = fresh(MIB);
    fill(p, MIB, 1);
    foreign_area(100);
    char *brk = brk_now();
    drop(hole);
    CHECK(resized(p, 4 * MIB) == hole && filled(hole, MIB, 1));
    CHECK(brk_now() == brk);
}

/* What was free at the top when others came is used as before. */
static void the_old_top_is_used(void)
{
    use_up(5000);
    void *p = fresh(HMM_TRIM - 2 * HMM_STEP);
    drop(p);
    unsigned char *foreign = foreign_area(100);
    CHECK(fresh(2 * MIB) > (void *)foreign);
    CHECK(fresh(HMM_TRIM - 3 * HMM_STEP) == p);
    CHECK(all_are(foreign, 100, 0xee));
}

static void goes_on_where_others_gave_back(void)
{
    use_up(5000);
    unsigned char *p = fresh(HMM_STEP);
    char *brk = brk_now();
    foreign_area(50000);
    CHECK(sbrk(-50000) != (void *)-1);
    CHECK(brk_now() == brk);
    fill(p, HMM_STEP, 1);
    CHECK(resized(p, 10 * MIB) == p && filled(p, HMM_STEP, 1));
    CHECK(brk_now() - brk <= 10 * MIB);
    CHECK(resized(p, 10) == p);
    CHECK(brk_now() - brk < HMM_TRIM);
}

/* ---- When the system refuses. ---- */

/* All address space is counted, for kernels that count only that. */
static void allow(size_t more)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = address_space() + more;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void refused_requests_change_nothing(void)
{
    unsigned char *p = fresh(50000), *last = fresh(1000);
    void *pointer = &pointer;

    fill(p, 50000, 1);
    fill(last, 1000, 2);
    allow(4 * MIB);
    char *brk = brk_now();
    errno = 0;
    CHECK(no_memory(fresh(64 * MIB)));
    CHECK(no_memory(zeroed(64, MIB)));
    CHECK(no_memory(resized(p, 64 * MIB)));
    CHECK(no_memory(resized(last, 64 * MIB)));
    CHECK(no_memory(resized_array(last, 64, MIB)));
    CHECK(no_memory(aligned(64 * MIB, 100)));
    CHECK(no_memory(paged(64 * MIB)));
    CHECK(no_memory(pages(64 * MIB)));
    CHECK(aligned_posix(&pointer, 64, 64 * MIB) == ENOMEM);
    CHECK(pointer == &pointer && errno == 0);
    CHECK(brk_now() == brk);
    CHECK(filled(p, 50000, 1) && filled(last, 1000, 2));
    CHECK(usable(last) < 1100);
    CHECK(resized(p, MIB) && fresh(MIB));
}

static void all_memory_can_be_used_and_freed(void)
{
    enum { COUNT = 1000, SIZE = 50000 };
    static unsigned char *p[COUNT];

    allow(16 * MIB);
    for (int round = 0; round < 3; round++) {
        unsigned count = 0;

        while (count < COUNT && (p[count] = fresh(SIZE)))
            fill(p[count], SIZE, count), count++;
        CHECK(no_memory(p[count]));
        CHECK(count > 12 * MIB / SIZE && count < 18 * MIB / SIZE);
        for (unsigned i = 0; i < count; i++) {
            CHECK(filled(p[i], SIZE, i));
            drop(p[i]);
        }
        CHECK((p[0] = fresh(8 * MIB)));
        drop(p[0]);
    }
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
    drop(slot->p);
    slot->p = NULL;
}

static void slot_new(struct slot *slot, size_t size, unsigned random)
{
    size_t align = (size_t)1 << random / 4 % 10;

    slot_empty(slot);
    if (random % 4 == 0)
        slot->p = zeroed(1, size);
    else if (random % 4 == 1)
        slot->p = aligned(align, size);
    else
        slot->p = fresh(size);
    CHECK(slot->p && (random % 4 != 0 || all_are(slot->p, size, 0)));
    CHECK(random % 4 != 1 || is_aligned(slot->p, align));
}

static void slot_resize(struct slot *slot, size_t size)
{
    unsigned char *p = resized(slot->p, size ? size : 1);
    size_t least = size < slot->size ? size : slot->size;

    CHECK(p && (!slot->p || filled(p, least, slot->seed)));
    slot->p = p;
}

static void slot_change(struct slot *slot, unsigned *state)
{
    unsigned random = next_random(state);
    size_t size = next_random(state) % (random % 32 ? 300 : 50000);

    if (random / 32 % 4 == 0)
        slot_empty(slot);
    else if (random / 32 % 4 == 1)
        slot_resize(slot, size);
    else
        slot_new(slot, size, random / 256);
    slot->size = size;
    slot->seed = random;
    if (slot->p)
        fill(slot->p, size, random);
}

enum { SLOTS = 300, CHANGES = 50000, THREADS = 4 };

static void *work(void *seed)
{
    struct slot *slots = zeroed(SLOTS, sizeof *slots);
    unsigned state = *(unsigned *)seed;

    for (int i = 0; i < CHANGES; i++)
        slot_change(&slots[next_random(&state) % SLOTS], &state);
    for (int i = 0; i < SLOTS; i++)
        slot_empty(&slots[i]);
    drop(slots);
    return NULL;
}

static void random_operations(void)
{
    char *start = brk_now();

    for (unsigned seed = 1; seed < 4; seed++)
        work(&seed);
    CHECK(brk_now() - start < HMM_TRIM + HMM_STEP);
}

static void threads_share_the_heap(void)
{
    pthread_t thread[THREADS];
    unsigned seeds[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 100;
        CHECK(pthread_create(&thread[i], NULL, work, &seeds[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
}

static volatile bool stop;

static void *churn(void *unused)
{
    (void)unused;
    while (!stop)
        drop(fresh(100));
    return NULL;
}

/* The child of a process whose other thread is at work may go on. */
static void forked_children_allocate(void)
{
    pthread_t thread;
    unsigned char *kept = fresh(1000);

    fill(kept, 1000, 1);
    CHECK(pthread_create(&thread, NULL, churn, NULL) == 0);
    for (int i = 0; i < 200; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0) {
            alarm(check_seconds());
            unsigned char *p = fresh(500);
            fill(p, 500, 2);
            p = resized(p, 3 * MIB);
            bool good = filled(p, 500, 2) && filled(kept, 1000, 1);
            drop(p);
            _exit(good ? 0 : 1);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    stop = true;
    CHECK(pthread_join(thread, NULL) == 0);
}

static const struct test tests[] = {
    {"works-before-main", works_before_main},
    {"works-in-exit-handlers", works_in_exit_handlers},
    {"all-lies-below-the-break", all_lies_below_the_break},
    {"the-c-library-uses-it", the_c_library_uses_it},
    {"payloads-are-aligned-and-apart", payloads_are_aligned_and_apart},
    {"zero-bytes-are-a-block", zero_bytes_are_a_block},
    {"null-is-no-block", null_is_no_block},
    {"too-large-is-refused", too_large_is_refused},
    {"products-may-overflow", products_may_overflow},
    {"calloc-zeroes-used-memory", calloc_zeroes_used_memory},
    {"calloc-zeroes-what-came-back", calloc_zeroes_what_came_back},
    {"free-keeps-errno", free_keeps_errno},
    {"freed-blocks-are-used-again", freed_blocks_are_used_again},
    {"splits-what-is-too-large", splits_what_is_too_large},
    {"coalesces-in-any-order", coalesces_in_any_order},
    {"a-search-in-vain-is-forgotten", a_search_in_vain_is_forgotten},
    {"realloc-zero-frees", realloc_zero_frees},
    {"realloc-keeps-contents", realloc_keeps_contents},
    {"realloc-shrinks-in-place", realloc_shrinks_in_place},
    {"realloc-grows-in-place", realloc_grows_in_place},
    {"realloc-grows-at-the-top", realloc_grows_at_the_top},
    {"realloc-moves-and-frees", realloc_moves_and_frees},
    {"memalign-aligns", memalign_aligns},
    {"memalign-wastes-nothing", memalign_wastes_nothing},
    {"memalign-gives-back-what-it-cut-off",
     memalign_gives_back_what_it_cut_off},
    {"memalign-rounds-to-a-power", memalign_rounds_to_a_power},
    {"posix-memalign-says-why", posix_memalign_says_why},
    {"valloc-is-for-pages", valloc_is_for_pages},
    {"the-break-goes-up-in-steps", the_break_goes_up_in_steps},
    {"the-break-goes-up-by-what-lacks", the_break_goes_up_by_what_lacks},
    {"the-break-comes-down", the_break_comes_down},
    {"the-break-leaves-half-the-threshold",
     the_break_leaves_half_the_threshold},
    {"the-break-has-a-threshold", the_break_has_a_threshold},
    {"many-small-blocks-go-back", many_small_blocks_go_back},
    {"realloc-lowers-the-break", realloc_lowers_the_break},
    {"foreign-memory-stays-foreign", foreign_memory_stays_foreign},
    {"new-segments-fit-what-is-asked", new_segments_fit_what_is_asked},
    {"the-break-is-not-taken-from-others", the_break_is_not_taken_from_others},
    {"realloc-below-others-moves", realloc_below_others_moves},
    {"the-old-top-is-used", the_old_top_is_used},
    {"goes-on-where-others-gave-back", goes_on_where_others_gave_back},
    {"refused-requests-change-nothing", refused_requests_change_nothing},
    {"all-memory-can-be-used-and-freed", all_memory_can_be_used_and_freed},
    {"random-operations", random_operations},
    {"threads-share-the-heap", threads_share_the_heap},
    {"forked-children-allocate", forked_children_allocate},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
