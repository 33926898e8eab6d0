/*
 * compat/cmu/mm.h - for hand-ins in the manner of CMU's labs since 2015.
 *
 * In these labs mm_init returns true for success; the program that loads the
 * hand-in learns this from the symbol mm_init_returns_bool. The hand-ins rename
 * malloc to mm_malloc and so on themselves, under #ifdef DRIVER. mm_checkheap
 * has had several signatures: it is declared only where tools/handin has found
 * which one the hand-in defines.
 */
#ifndef COMPAT_CMU_MM_H
#define COMPAT_CMU_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

bool mm_init(void);
void *mm_malloc(size_t size);
void mm_free(void *ptr);
void *mm_realloc(void *ptr, size_t size);
void *mm_calloc(size_t count, size_t size);

#ifdef HANDIN_CHECKHEAP
HANDIN_CHECKHEAP mm_checkheap(int line);
#endif

__attribute__((weak)) const char mm_init_returns_bool = 1;

#endif
