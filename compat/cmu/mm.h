/*
 * compat/cmu/mm.h - for hand-ins in the manner of CMU's labs since 2015.
 *
 * In these labs mm_init returns true for success (returns_bool.c). The hand-ins
 * rename malloc to mm_malloc and so on themselves, under #ifdef DRIVER.
 * mm_checkheap has had several signatures: it is declared only where
 * tools/handin has found which one the hand-in defines. A hand-in may have a
 * bool of its own.
 */
#ifndef COMPAT_CMU_MM_H
#define COMPAT_CMU_MM_H

#ifndef HANDIN_OWN_BOOL
#include <stdbool.h>
#endif
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifndef HANDIN_OWN_BOOL
bool mm_init(void);
#endif
void *mm_malloc(size_t size);
void mm_free(void *ptr);
void *mm_realloc(void *ptr, size_t size);
void *mm_calloc(size_t count, size_t size);

#if defined HANDIN_CHECKHEAP && !defined HANDIN_OWN_BOOL
HANDIN_CHECKHEAP mm_checkheap(int line);
#endif

#endif
