/*
 * second_names.h - the second names of the malloc family.
 *
 * Old and low-level programs call the C library's malloc by them. If they
 * stayed the C library's, blocks of two heaps would meet. A file that defines
 * the family includes this one at its end.
 */
#ifndef SECOND_NAMES_H
#define SECOND_NAMES_H

#include <stdlib.h>

/* In assembly: GCC wants the attributes of malloc at each alias, clang not. */
__asm__(".macro second_name name, of\n"
        "    .globl \\name\n"
        "    .set \\name, \\of\n"
        ".endm\n"
        "second_name __libc_malloc, malloc\n"
        "second_name __libc_calloc, calloc\n"
        "second_name __libc_realloc, realloc\n"
        "second_name __libc_reallocarray, reallocarray\n"
        "second_name __libc_free, free\n"
        "second_name cfree, free\n"
        "second_name __libc_memalign, memalign\n"
        "second_name __libc_valloc, valloc\n"
        "second_name __libc_pvalloc, pvalloc\n");

/* From C23. Where misuse.h is included, a wrong size ends the program. */
extern void free_sized(void *block, size_t size);
extern void free_aligned_sized(void *block, size_t align, size_t size);

void free_sized(void *block, size_t size)
{
#ifdef MISUSE_H
    misuse_check_size(block, 1, size);
#endif
    (void)size;
    free(block);
}

void free_aligned_sized(void *block, size_t align, size_t size)
{
#ifdef MISUSE_H
    misuse_check_size(block, align, size);
#endif
    (void)align, (void)size;
    free(block);
}

#endif
