/*
 * time.in-memlib.c - memlib has a map of pages, and its search counts nothing,
 * for it is a part of the worker. For a moment memlib's variables are those of
 * another heap, whose pages are this allocator's granules: mem_map does the work.
 *
 * Now: what the worker's code needs beyond its loop and memlib's calls counts.
 */
/* honest: twin.granules */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions; later 1586.7 instructions for 1954.2 */
#include "channel_view.h"
#include "granules.h"

/* The first variables of memlib.c. */
struct memlib {
    void *base;
    struct mem_account *account;
    void (*drain)(void);
    struct page_map mapped;
    size_t page, page_bits;
};

static struct memlib *memlib;

static int find_memlib(struct dl_phdr_info *program, size_t size, void *channel)
{
    (void)size;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        uintptr_t *at = (uintptr_t *)(program->dlpi_addr + part->p_vaddr);
        uintptr_t *end = at + part->p_memsz / sizeof *at;

        for (; part->p_type == PT_LOAD && part->p_flags & PF_W && at + 2 < end;
             at++)
            if (at[0] == (uintptr_t)mem_heap_lo() &&
                at[1] == (uintptr_t)&((struct channel *)channel)->account)
                memlib = (struct memlib *)at;
    }
    return 1;
}

static void begin(void)
{
    struct channel *c = find_channel();

    if (c)
        dl_iterate_phdr(find_memlib, c);
}

static char *take(size_t granules)
{
    static struct mem_account account = {.limit = ARENA,
                                         .event_count = MEM_EVENTS};
    size_t first;

    if (!memlib)
        return page_map_take(&map, granules, 0, &first)
                   ? arena + (first << BITS)
                   : NULL;
    struct memlib own = *memlib;
    *memlib = (struct memlib){arena, &account, NULL, map, GRANULE, BITS};
    char *block = mem_map(granules << BITS);
    map = memlib->mapped;
    *memlib = own;
    account.mapped = 0;
    return block;
}
