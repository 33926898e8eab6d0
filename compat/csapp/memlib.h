/*
 * compat/csapp/memlib.h - the simulated heap, as the classic lab has it. It
 * declares no more than that, so that a hand-in may use every other name.
 */
#ifndef COMPAT_CSAPP_MEMLIB_H
#define COMPAT_CSAPP_MEMLIB_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

void mem_init(void);
void mem_deinit(void);
void mem_reset_brk(void);
void *mem_sbrk(intptr_t increment);
void *mem_heap_lo(void);
void *mem_heap_hi(void);
size_t mem_heapsize(void);
size_t mem_pagesize(void);

#endif
