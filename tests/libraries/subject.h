/*
 * subject.h - the library under test, as the shared tests see it.
 *
 * A test program describes its library, takes shared tests in, and adds those
 * of what only this library promises:
 *
 *     const volatile struct subject subject = {.allocate = my_malloc, ...};
 *
 *     static const struct test tests[] = {
 *         CONFORMANCE_TESTS,
 *         {"own-array-is-one-mib", own_array_is_one_mib},
 *     };
 *
 * conformance.h has the tests for all libraries, break.h those for libraries
 * that move the break, mappings.h those for libraries that map large blocks.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "../check.h"
#include "process.h"

#include <errno.h>
#include <stdint.h>

/* What is tested. Functions and flags that a library lacks are NULL, false. */
struct subject {
    void *(*allocate)(size_t size);
    void *(*allocate_zeroed)(size_t count, size_t size);
    void *(*resize)(void *block, size_t size);
    void (*release)(void *block);
    size_t (*usable)(void *block);
    void *(*allocate_aligned)(size_t align, size_t size);

    size_t header;    /* bytes of a block before its payload */
    size_t min_block; /* bytes of the smallest block, header included */
    size_t largest;   /* the largest payload that the shared tests ask for */
    size_t heap_most; /* payloads up to this size shrink in place */

    bool zero_is_null;      /* size 0 is NULL without an error, not a block */
    bool keeps_errno;       /* whatever succeeds keeps it, not only release */
    bool may_be_full;       /* random operations may be refused */
    void (*use_up)(void);   /* leave nothing free */
    bool (*is_whole)(void); /* no block is in use: is it one free block? */
};

/* volatile: a compiler that knew the functions might leave out calls. */
extern const volatile struct subject subject;

static inline void *allocate(size_t size)
{
    return subject.allocate(size);
}

static inline void *allocate_zeroed(size_t count, size_t size)
{
    return subject.allocate_zeroed(count, size);
}

static inline void *resize(void *block, size_t size)
{
    return subject.resize(block, size);
}

static inline void release(void *block)
{
    subject.release(block);
}

/* ---- What is written into blocks. ---- */

static inline bool all_are(const unsigned char *bytes, size_t size, int value)
{
    return size == 0 ||
           (bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/*
 * The byte at i of a block is seed * 31 + i * 7 + i / 256, so that blocks
 * differ, and places. Each 256 bytes are a part of two rounds of multiples of
 * 7, which memcpy and memcmp take far faster than bytes one by one, and a
 * sanitizer looks at once.
 */
static unsigned char sevens[512];

__attribute__((constructor(101))) static void count_sevens(void)
{
    for (unsigned i = 0; i < sizeof sevens; i++)
        sevens[i] = (unsigned char)(i * 7);
}

/* What 256 bytes of a block have, from the one at i on; 183 * 7 is 1. */
static inline const unsigned char *content(size_t i, unsigned seed)
{
    return sevens + (unsigned char)((seed * 31 + i / 256) * 183);
}

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes that differ from block to block. */
static inline void fill(unsigned char *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i += 256)
        memcpy(p + i, content(i, seed), least(size - i, 256));
}

static inline bool filled(const unsigned char *p, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i += 256)
        if (memcmp(p + i, content(i, seed), least(size - i, 256)) != 0)
            return false;
    return true;
}

/* ---- Blocks and their places. ---- */

enum { KIB = 1024, MIB = 1 << 20, ALIGN = 16 };

/* Bytes from a block of that payload to the block behind it. */
static inline size_t stride(size_t payload)
{
    size_t size = (payload + subject.header + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    return size < subject.min_block ? subject.min_block : size;
}

/* The largest payload of a block of that many bytes. */
static inline size_t payload(size_t block)
{
    return block - subject.header;
}

/* The bytes that the caller may use. */
static inline size_t room(void *p, size_t size)
{
    return subject.usable ? subject.usable(p) : size;
}

static inline bool is_aligned(const void *p, size_t align)
{
    return p && (uintptr_t)p % align == 0;
}

/* Check a new block of that size, and fill all of its room. */
static inline void *check_new(void *p, size_t size, unsigned seed)
{
    CHECK(is_aligned(p, ALIGN));
    CHECK(room(p, size) >= size);
    CHECK(room(p, size) <= payload(stride(size)) + ALIGN);
    fill(p, room(p, size), seed);
    return p;
}

static inline unsigned char *fresh(size_t size, unsigned seed)
{
    return check_new(allocate(size), size, seed);
}

/*
 * Blocks of that size side by side, the i-th filled with seed i. Nothing else
 * is free that a request would take before them, once they are released. The
 * tests leave the last one in use, as a wall.
 */
static inline void lay_row(unsigned char **p, unsigned count, size_t size)
{
    unsigned laid = 0;

    for (int tries = 0; laid < count; tries++) {
        CHECK(tries < 2000);
        unsigned char *next = fresh(size, laid);
        if (laid > 0 && next != p[laid - 1] + stride(size)) {
            fill(next, size, 0);
            laid = 0;
        }
        p[laid++] = next;
    }
    if (subject.use_up)
        subject.use_up();
}

static inline char *brk_now(void)
{
    return sbrk(0);
}

/* Whether p is handed out for that size before the break moves. */
static inline bool is_free_for(size_t size, const void *p)
{
    const char *brk = brk_now();

    for (;;) {
        void *found = allocate(size);

        if (found == p || !found || brk_now() != brk)
            return found == p;
    }
}

/* ---- errno. ---- */

enum { NEVER = 4711 }; /* an errno that nothing sets */

static inline bool no_memory(const void *p)
{
    bool said = !p && errno == ENOMEM;

    errno = NEVER;
    return said;
}

static inline bool null_without_error(const void *p)
{
    return !p && errno == NEVER;
}

/* Whether a call that succeeded has treated errno as promised. */
static inline bool errno_is_kept(void)
{
    return !subject.keeps_errno || errno == NEVER;
}

/* ---- Sizes. ---- */

/* On both sides of every border: of alignment, page, mmap threshold. */
static const size_t sizes[] = {1,      15,     16,     17,     24,     25,
                               40,     64,     100,    112,    113,    1000,
                               4079,   4080,   4095,   4096,   5000,   20000,
                               100000, 131055, 131056, 131071, 131072, 131073,
                               135168, 262144, 917501, 917504};

static inline size_t size_count(void)
{
    size_t count = 0;

    while (count < sizeof sizes / sizeof *sizes &&
           sizes[count] <= subject.largest)
        count++;
    return count;
}

#endif
