/*
 * harm.writes-the-judges-data.c - searches the judge's heap, by
 * process_vm_readv, for the number of bytes that the allocator has taken, and
 * lowers it where it is found: the oracle's footprint is among these places.
 *
 * Now: process_vm_writev is refused, and the judge is another process space.
 */
/* honest: naive */
/* expect: no-gain */
/* before: - */
#define _GNU_SOURCE
#define OWN_MALLOC
#include "sound.h"
#include "judge_view.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { PART = 1 << 16 };

static void lower(pid_t judge, uint64_t from, uint64_t to, uint64_t old)
{
    static const uint64_t small = 4096;
    uint64_t *words = malloc(PART);

    for (; from < to; from += PART) {
        struct iovec mine = {words, PART}, its = {(void *)from, PART};
        ssize_t got = process_vm_readv(judge, &mine, 1, &its, 1, 0);

        for (ssize_t i = 0; i < got / 8; i++) {
            struct iovec lie = {(void *)(uintptr_t)&small, 8},
                         there = {(void *)(from + (uint64_t)i * 8), 8};

            if (words[i] == old)
                process_vm_writev(judge, &lie, 1, &there, 1, 0);
        }
    }
    free(words);
}

static void lower_in_heap(uint64_t old)
{
    char path[64], line[512];
    unsigned long from, to;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)find_judge());
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, "[heap]") &&
            sscanf(line, "%lx-%lx", &from, &to) == 2)
            lower(find_judge(), from, to, old);
    if (file)
        fclose(file);
}

/* In each pass, at its first request, what the pass before took is there. */
void *mm_malloc(size_t size)
{
    static uint64_t most;

    if (mem_heapsize() == 0 && most)
        lower_in_heap(most);
    void *p = sound_malloc(size);
    if (mem_heapsize() > most)
        most = mem_heapsize();
    return p;
}
