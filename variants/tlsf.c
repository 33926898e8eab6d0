/*
 * tlsf.c - two-level segregated fit
 *
 * Constant time, whatever the heap looks like: for programs that have to
 * answer in time, an average is no promise. Free blocks are kept in lists by
 * size class, so many that within a class any block will do; and two levels
 * of bitmaps tell which lists are not empty, so that none has to be tried.
 *
 * The first level is a row for each doubling of sizes, the second cuts a row
 * into sixteen columns of equal width: the highest bit of a size is its row,
 * the four bits below are its column. (Row 0 is all sizes below 256, in steps
 * of ALIGN; in a doubling below that, columns would be narrower.) A star is
 * a list that is not empty:
 *
 *      rows      column 0      1      2            15
 *        0  [0]  |      0 |   16 |   32 |  ...  |  240 |   below 256
 *        1  [1]  |    256 |  272*|  288 |  ...  |  496*|   below 512
 *        2  [0]  |    512 |  544 |  576 |  ...  |  992 |   below 1024
 *        3  [1]  |   1024 | 1088 | 1152*|  ...  | 1984 |   below 2048
 *           ...
 *
 * A list holds sizes from its lower bound up to that of the next, so its
 * first block may be too small for a request of the same class. Therefore a
 * request is rounded up to a lower bound first; then whatever list is found,
 * its first block is large enough. One look for the lowest bit set among the
 * columns of a row from there on, and if there is none one more among the
 * rows: that is all the search. The price: blocks in the request's own
 * class, which might have fitted, are passed over.
 *
 * M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: a New Dynamic Memory
 * Allocator for Real-Time Systems", ECRTS 2004. The blocks are those of
 * boundary_tag.h: to split and to merge takes constant time already. What is
 * not bounded here is realloc, which may copy, and the operating system.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  Each free block is in the list of its class, once, and the lists
 *       hold nothing else.
 *   I6  b->next->prev == b along a list; the first block has no prev.
 *   I7  A column's bit is set exactly if its list holds a block, and a row's
 *       bit exactly if one of its columns' is.
 */
#include "boundary_tag.h"

const char mm_idea[] = "two-level segregated fit";

enum {
    LOG_COLUMNS = 4,
    COLUMNS = 1 << LOG_COLUMNS,
    LOG_ALIGN = 4,
    LOG_FIRST = LOG_ALIGN + LOG_COLUMNS, /* sizes below are row 0 */
    ROWS = 24, /* the last list is open: from 1984 MiB up */
};

_Static_assert(1 << LOG_ALIGN == ALIGN, "columns of row 0 are ALIGN wide");
_Static_assert(sizeof(long) == WORD, "__builtin_clzl takes a size_t");

static struct {
    uint32_t rows; /* bit per row */
    uint16_t columns[ROWS];
    struct block *first[ROWS][COLUMNS];
} lists;

_Static_assert(ROWS < 32 && COLUMNS <= 16, "a bit for each");

/* ---- Classes. ---- */

struct class
{
    unsigned row, column;
};

static unsigned highest_bit(size_t size)
{
    return 8 * WORD - 1 - (unsigned)__builtin_clzl(size);
}

static struct class class_of(size_t size)
{
    unsigned high, column;

    if (size < 1 << LOG_FIRST)
        return (struct class){0, (unsigned)size / ALIGN};
    high = highest_bit(size);
    column = size >> (high - LOG_COLUMNS) & (COLUMNS - 1);
    if (high - LOG_FIRST + 1 >= ROWS)
        return (struct class){ROWS - 1, COLUMNS - 1};
    return (struct class){high - LOG_FIRST + 1, column};
}

/* The least lower bound of a class that is size or more. */
static size_t round_up(size_t size)
{
    size_t width;

    if (size < 1 << LOG_FIRST)
        return size;
    width = (size_t)1 << (highest_bit(size) - LOG_COLUMNS);
    return (size + width - 1) & ~(width - 1);
}

static struct block **list_of(struct class c)
{
    return &lists.first[c.row][c.column];
}

/* ---- The discipline. ---- */

static void free_blocks_reset(void)
{
    memset(&lists, 0, sizeof lists);
}

static void free_blocks_add(struct block *b)
{
    struct class c = class_of(block_size(b));

    b->prev = NULL;
    b->next = *list_of(c);
    if (b->next)
        b->next->prev = b;
    *list_of(c) = b;
    lists.columns[c.row] |= (uint16_t)(1u << c.column);
    lists.rows |= 1u << c.row;
}

static void mark_empty(struct class c)
{
    lists.columns[c.row] &= (uint16_t) ~(1u << c.column);
    if (lists.columns[c.row] == 0)
        lists.rows &= ~(1u << c.row);
}

static void free_blocks_remove(struct block *b)
{
    struct class c = class_of(block_size(b));

    if (b->next)
        b->next->prev = b->prev;
    if (b->prev) {
        b->prev->next = b->next;
        return;
    }
    *list_of(c) = b->next;
    if (!b->next)
        mark_empty(c);
}

/* The first list from c on that is not empty; NULL if there is none. */
static struct block *first_from(struct class c)
{
    uint32_t columns = lists.columns[c.row] & ~0u << c.column;

    if (columns == 0) {
        uint32_t rows = lists.rows & ~0u << (c.row + 1);

        if (rows == 0)
            return NULL;
        c.row = (unsigned)__builtin_ctz(rows);
        columns = lists.columns[c.row];
    }
    c.column = (unsigned)__builtin_ctz(columns);
    return *list_of(c);
}

/* Only in the last list, which is open, may the block still be too small. */
static struct block *free_blocks_find(size_t size)
{
    struct block *b = first_from(class_of(round_up(size)));

    return b && block_size(b) >= size ? b : NULL;
}

/* ---- The audit. ---- */

/* 0 and the blocks of one list added to *listed, or what is broken in it. */
static int audit_list(struct class c, size_t *listed)
{
    struct block *prev = NULL, *b = *list_of(c);

    if ((lists.columns[c.row] >> c.column & 1) != (b != NULL))
        return 7;
    for (; b; prev = b, b = b->next, ++*listed) {
        struct class own = {ROWS, COLUMNS};

        if (heap_has_free(b))
            own = class_of(block_size(b));
        if (own.row != c.row || own.column != c.column)
            return 5;
        if (b->prev != prev)
            return 6;
    }
    return 0;
}

static int audit_row(unsigned row, size_t *listed)
{
    int broken = 0;

    if ((lists.rows >> row & 1) != (lists.columns[row] != 0))
        return 7;
    for (unsigned column = 0; column < COLUMNS && !broken; column++)
        broken = audit_list((struct class){row, column}, listed);
    return broken;
}

static int free_blocks_audit(void)
{
    size_t listed = 0;
    int broken = 0;

    for (unsigned row = 0; row < ROWS && !broken; row++)
        broken = audit_row(row, &listed);
    if (broken)
        return broken;
    return listed == heap_count_free() ? 0 : 5;
}
