/*
 * channel_view.h - the channel, as a hand-in finds it without a system call:
 * the worker keeps a pointer to it among its own variables.
 *
 * The judge's headers are public. An attacker reads them; so does this file.
 */
#ifndef CHANNEL_VIEW_H
#define CHANNEL_VIEW_H

#define _GNU_SOURCE
#include "memlib.h"
#include "mm.h"
#include "worker/channel.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* Is it the address of a page that can be read, and does the heap's address
 * stand there? Under valgrind it is a low one. */
static int may_be_channel(uint64_t word)
{
    const struct channel *c = (const struct channel *)(uintptr_t)word;
    unsigned char resident;

    return word % 4096 == 0 && word > 1 << 22 && word >> 47 == 0 &&
           c != mem_heap_lo() &&
           mincore((void *)(uintptr_t)word, 4096, &resident) == 0 &&
           c->heap_base == (uintptr_t)mem_heap_lo();
}

static int look_in_program(struct dl_phdr_info *program, size_t size,
                           void *found)
{
    (void)size;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        char *from = (char *)program->dlpi_addr + part->p_vaddr;

        if (part->p_type != PT_LOAD || !(part->p_flags & PF_W))
            continue;
        for (char *at = (char *)(((uintptr_t)from + 7) & ~(uintptr_t)7);
             at + 8 <= from + part->p_memsz; at += 8)
            if (may_be_channel(*(uint64_t *)at))
                *(struct channel **)found =
                    (struct channel *)*(uintptr_t *)at;
    }
    return 1; /* the program itself comes first, and nothing else counts */
}

/* NULL where it is not found. */
static inline struct channel *find_channel(void)
{
    struct channel *found = NULL;

    dl_iterate_phdr(look_in_program, &found);
    return found;
}

/* May the judge compare the time with the kernel's? Only a timed batch is sure
 * not to be compared, where the judge believes the worker's clock at all. */
static inline int is_compared(void)
{
    static struct channel *c;

    if (!c)
        c = find_channel();
    return !c || c->command == COMMAND_CHECKED;
}

static inline const struct op *steps_of(struct channel *c)
{
    return (const struct op *)((char *)c + channel_steps_offset());
}

static inline uint64_t *log_of(struct channel *c)
{
    return (uint64_t *)((char *)c + channel_log_offset());
}

/* Append an event, true or not. */
static inline void report_event(struct channel *c, uint32_t step,
                                uint32_t kind, uint64_t at, uint64_t size)
{
    struct mem_account *a = &c->account;

    if (a->event_count < MEM_EVENTS)
        a->events[a->event_count++] =
            (struct mem_event){step, kind, at, size};
}

#endif
