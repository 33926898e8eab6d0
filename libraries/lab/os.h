/*
 * os.h - the operating system of the libraries, inside the lab.
 *
 * A library of libraries/ asks the real system for memory: sbrk and mmap. Its
 * adapter here includes this file and then the library's source, so that the
 * same text asks memlib instead, and adds the contract of mm.h:
 *
 *     program --> osmem.c --> sbrk, mmap           installed: libosmem
 *     mdriver --> lab/osmem.c: mm_* --> osmem.c --> os.h --> memlib
 */
#ifndef LAB_OS_H
#define LAB_OS_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memlib.h"
#include "mm.h"

static inline void *lab_mmap(void *where, size_t size, int protection,
                             int flags, int file, off_t offset)
{
    void *area = mem_map(size);

    (void)where, (void)protection, (void)flags, (void)file, (void)offset;
    return area ? area : MAP_FAILED;
}

/* Nor does it need fork_lock.h: the lab has one thread, a process the runtime's
 * lock. */
#define FORK_LOCK_H
static inline void lock_take(void)
{
}

static inline void lock_give(void)
{
}

#define sbrk mem_sbrk
#define mmap lab_mmap
#define munmap mem_unmap

#endif
