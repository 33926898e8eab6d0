/*
 * endless.fills-the-memory.c - writes to half a GiB of memory that memlib knows
 * nothing of.
 *
 * Now: the address space is bounded, or the pages are counted as footprint.
 */
/* honest: twin.sound */
/* expect: tampered|crashed|exited|hung */
/* before: judged ok */
#include "harm.h"

#include <sys/mman.h>
#include <unistd.h>

static void harm(void)
{
    for (int i = 0; i < 16; i++) {
        char *part = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (part == MAP_FAILED)
            _exit(3); /* as it should be */
        memset(part, 1, 32 << 20);
    }
}
