/*
 * time.in-the-kernel.c - realloc has the kernel copy: the old block goes into a
 * pipe, and comes out of it at the new place. Two system calls are a few
 * instructions, however long the block is.
 *
 * Now: under valgrind the list of what is allowed holds, too: pipe is not.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions; later 167.3 instructions for 291.4 */
#include "channel_view.h"

#define OWN_REALLOC
#include "sound.h"

#include <sys/syscall.h>
#include <unistd.h>

enum { PIPE_SIZE = 65536 };

static long ask_kernel(long number, long a, long b, long c)
{
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return number;
}

static void copy(void *to, const void *from, size_t size)
{
    static int ends[2], known, counted;

    if (!known) {
        struct channel *c = find_channel();

        known = 1;
        counted = c && c->counted && pipe(ends) == 0;
    }
    if (!counted) {
        memcpy(to, from, size);
        return;
    }
    for (size_t done = 0, part; done < size; done += part) {
        part = size - done < PIPE_SIZE ? size - done : PIPE_SIZE;
        ask_kernel(SYS_write, ends[1], (long)from + (long)done, (long)part);
        ask_kernel(SYS_read, ends[0], (long)to + (long)done, (long)part);
    }
}

void *mm_realloc(void *p, size_t size)
{
    if (!p || size == 0 || block_of(p)->size >= size)
        return sound_realloc(p, size);
    void *moved = sound_malloc(size);
    if (moved) {
        copy(moved, p, block_of(p)->size);
        sound_free(p);
    }
    return moved;
}
