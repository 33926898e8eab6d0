/*
 * mm.h - the contract: what an allocator exports.
 *
 * An allocator is one C file that includes this header and memlib.h, defines
 * the four functions below, and takes all its memory from memlib. It is built
 * into a shared object of its own; ./mdriver loads it, replays traces through
 * it and checks all that it returns. Sizes and alignments are bytes.
 *
 * Alignment: every payload starts at a multiple of 16 bytes, or of 8 where the
 * driver was started with --align 8.
 */
#ifndef MM_H
#define MM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Make the heap empty and ready. Called before the first request, and again
 * for every further replay over a heap that is empty once more: whatever the
 * allocator keeps in static variables has to be reset here.
 * Returns 0, or -1 where memlib refused the memory it needs.
 */
int mm_init(void);

/*
 * A block of at least size bytes, its contents undefined; it stays the
 * caller's until mm_free or mm_realloc. NULL when no memory is left, with the
 * heap as it was. mm_malloc(0) returns NULL or a block that may be freed.
 */
void *mm_malloc(size_t size);

/* Give back a block that is in use. mm_free(NULL) does nothing. */
void mm_free(void *ptr);

/*
 * Resize a block, moving it where it must; the first min(old, new) bytes keep
 * their contents. NULL when no memory is left: then the old block is still in
 * use, untouched. mm_realloc(NULL, n) is mm_malloc(n); mm_realloc(p, 0) frees
 * p and returns NULL.
 */
void *mm_realloc(void *ptr, size_t size);

/*
 * Optional exports, looked up by name when the allocator is loaded.
 *
 * mm_calloc(n, size): n * size bytes of zeros; NULL where the product
 *     overflows. Absent: mm_malloc and memset.
 * mm_memalign(align, size): a block at a multiple of align, a power of two.
 *     Absent: aligned requests of a trace are replayed as mm_malloc.
 * mm_usable_size(p): how many bytes of p's block the caller may use.
 * mm_audit(): verify the heap's invariants. 0 = sound, else the number of the
 *     first invariant found broken, as the head of the file numbers them.
 *
 * Four more serve real processes only (runtime/threads.h): where the allocator
 * has the first, each thread has magazines of small freed blocks.
 *
 * mm_size_unlocked(p): bytes of the block in use at p, also while other threads
 *     are in the allocator; 0 where no such block begins there, or where the
 *     allocator cannot tell.
 * mm_purge_count(): how many purges there were since mm_init: times that the
 *     allocator gave pages back because much memory was free. Called with the
 *     lock held.
 * mm_marks(): where small blocks in use can be looked up without a call. Called
 *     with the lock held, after mm_init. An allocator that has it aligns to 16,
 *     returns NULL for too large sizes, and its mm_free leaves errno alone.
 * mm_good_size(size): bytes of every new block for size bytes. A block of
 *     another size was requested with another size.
 */

/*
 * Two bits for each granule of 16 bytes from base on. Granule g has bits
 * 2 * (g % 32) and up of end[-1 - g / 32]. Both bits are set where a block in
 * use begins; neither, inside a block. All is as mm_size_unlocked says.
 */
struct mm_marks {
    const char *base;
    const uint64_t *end;
    size_t granules; /* that have bits, more as the heap grows; 0: none has */
};

void *mm_calloc(size_t count, size_t size);
void *mm_memalign(size_t align, size_t size);
size_t mm_usable_size(void *ptr);
int mm_audit(void);
size_t mm_size_unlocked(const void *ptr);
unsigned mm_purge_count(void);
struct mm_marks mm_marks(void);
size_t mm_good_size(size_t size);

/* What is special about it, in at most six words: for tables. Optional. */
extern const char mm_idea[];

/* The authors, as the classic lab asks for them; optional. */
typedef struct {
    char *teamname;
    char *name1, *id1;
    char *name2, *id2; /* "" where a team has one member */
} team_t;

extern team_t team;

#ifdef __cplusplus
}
#endif

#endif
