/*
 * compat/csapp/memlib.h - the simulated heap, as the classic lab has it. It
 * declares no more than that, so that a hand-in may use every other name. Where
 * tools/handin finds that the hand-in declares mem_sbrk itself, HANDIN_SBRK is
 * the type of its increment there (compat/sbrk.c).
 */
#ifndef COMPAT_CSAPP_MEMLIB_H
#define COMPAT_CSAPP_MEMLIB_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#ifndef HANDIN_SBRK
#define HANDIN_SBRK intptr_t
#endif

void mem_init(void);
void mem_deinit(void);
void mem_reset_brk(void);
void *mem_sbrk(HANDIN_SBRK increment);
void *mem_heap_lo(void);
void *mem_heap_hi(void);
size_t mem_heapsize(void);
size_t mem_pagesize(void);

#endif
