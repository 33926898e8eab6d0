/*
 * hmm.h - a heap memory manager: the C library's malloc, replaced.
 *
 * The functions have the C library's names. A program that is linked with hmm
 * (cc program.c -lhmm), or started with it (LD_PRELOAD=libhmm.so.1), calls
 * these functions of hmm, and so do its libraries:
 *
 *     malloc  calloc  realloc  reallocarray  free  malloc_usable_size
 *     posix_memalign  aligned_alloc  memalign  valloc  pvalloc
 *
 * Further names, among them free_sized, mallinfo and mallopt, are those of
 * malloc_names.h.
 *
 * They mean what glibc means by them:
 *
 *     sizes            in bytes. A payload starts at a multiple of 16, as the
 *                      ABI demands, and has at least the bytes asked for:
 *                      malloc_usable_size tells how many, a multiple of 8
 *                      where pointers have 8 bytes (of 4 where they have 4)
 *     zero             malloc(0) is a block of its own, to be freed;
 *                      realloc(p, 0) frees p and returns NULL
 *     NULL             free(NULL) does nothing, realloc(NULL, n) is malloc(n),
 *                      malloc_usable_size(NULL) is 0
 *     no memory        NULL and errno ENOMEM, also where count * size
 *                      overflows or a size exceeds PTRDIFF_MAX (or comes
 *                      within 17 KiB of it). Nothing has changed: the block
 *                      given to realloc is still in use
 *     contents         undefined; of calloc, zero. realloc keeps the first
 *                      min(old, new) bytes
 *     alignment        memalign rounds its own up to a power of two, EINVAL
 *                      where there is none. aligned_alloc does as the glibc
 *                      that hmm is compiled for: the same, or since 2.38
 *                      EINVAL for all but powers of two. posix_memalign
 *                      returns EINVAL where it is no power of two or no
 *                      multiple of sizeof(void *), ENOMEM for no memory; then
 *                      the pointer is untouched, and errno always is. valloc
 *                      aligns to a page, pvalloc rounds the size up as well
 *     errno            free keeps it
 *     ownership        a block is the caller's until it is freed. To free or
 *                      resize what is not in use is undefined
 *     threads          any function from any thread: one lock. It is held
 *                      across fork, so that the child may go on allocating.
 *                      A signal handler that interrupts one of these
 *                      functions may fork, but must not call any of them
 *
 * All memory comes from sbrk: nothing is mapped. So the heap can be no larger
 * than the space above the break and RLIMIT_DATA. Other code of the process may
 * move the break too, upwards, and back to where it was.
 */
#ifndef HMM_H
#define HMM_H

#include <malloc.h>
#include <stdlib.h>

/*
 * When the break moves. It moves up by the bytes that a request lacks, in
 * multiples of HMM_STEP bytes. It moves down after a block was freed or made
 * smaller, where HMM_TRIM bytes or more are free at the top of the heap and the
 * break is where hmm put it: by whole pages, so that half of HMM_TRIM, and less
 * than a page more, stays free there. sbrk(0) shows it.
 */
enum { HMM_STEP = 16 * 1024, HMM_TRIM = 128 * 1024 };

#endif
