/*
 * stacks.c - number call stacks, and log each once.
 *
 *     unwind -> addresses -> hash -> entries: number | not there: log it
 *
 * A stack is logged when it is met for the first time, and before it the files
 * that its addresses lie in (module_seen). The entries are a cache: a stack
 * that was displaced is logged again, by another number.
 *
 *   I1  Entries and rules say nothing of a library that was unloaded: whole
 *       pages of them are wiped then.
 */
#define _GNU_SOURCE
#include "stacks.h"

#include "unwind.h"

#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STACK_BITS = 17,
    STACK_PROBES = 4,
    MAX_MODULES = 1024,
    MAX_FRAMES = 256,
    MAX_OWN = 16 /* frames of this library, the innermost */
};

struct entry {
    _Atomic uint64_t check; /* hash ^ number: a torn pair is no entry */
    _Atomic uint64_t number;
};

struct stacks {
    struct entry entries[1 << STACK_BITS];
    struct unwind_cache unwinding;
    _Atomic uint32_t count; /* stacks logged */
    _Atomic uint32_t module_count;
    struct {
        uintptr_t start, end;
    } modules[MAX_MODULES];
    uintptr_t own_start, own_end; /* of this library */
    size_t frames; /* of a stack at most, beside the library's own */
    stacks_log *log;
    void *session; /* the log's */
};

/* stacks_forget wipes whole pages, whatever the machine's size of these. */
_Static_assert(offsetof(struct stacks, count) % (1 << 16) == 0,
               "the caches fill pages");

/* ---- Files. ---- */

/* Log the file that is loaded at an address, if that is not done yet. */
struct module_search {
    struct stacks *stacks;
    uintptr_t address;
};

static bool module_has(const struct dl_phdr_info *info, uintptr_t address,
                       uintptr_t *start, uintptr_t *end)
{
    bool found = false;

    *start = UINTPTR_MAX, *end = 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        uintptr_t to = from + info->dlpi_phdr[i].p_memsz;

        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        found |= from <= address && address < to;
        *start = from < *start ? from : *start;
        *end = to > *end ? to : *end;
    }
    return found;
}

static int module_log(struct dl_phdr_info *info, size_t size, void *context)
{
    const struct module_search *search = context;
    struct stacks *stacks = search->stacks;
    /* Not on the stack, of which a signal handler may have little. The C
     * library calls this in one thread at a time. */
    static uintptr_t words[RECORD_WORDS + PATH_MAX / sizeof(uintptr_t) + 1];
    char *path = (char *)(words + RECORD_WORDS);
    uint32_t n;
    size_t length;

    (void)size;
    if (!module_has(info, search->address, &words[0], &words[1]))
        return 0;
    memset(path, 0, PATH_MAX + 1);
    if (*info->dlpi_name)
        strncpy(path, info->dlpi_name, PATH_MAX);
    else if (readlink("/proc/self/exe", path, PATH_MAX) < 0)
        *path = '\0';
    length = strlen(path);
    n = stacks->module_count++;
    if (n < MAX_MODULES) {
        stacks->modules[n].start = words[0];
        stacks->modules[n].end = words[1];
    }
    words[1] -= words[0];
    words[2] = info->dlpi_addr;
    stacks->log(stacks->session, words,
                RECORD_WORDS + (length + sizeof *words - 1) / sizeof *words,
                RECORD_MODULE, RECORD_PATH, (uint32_t)length);
    return 1;
}

/* An address that is met for the first time, or again, is about to be used. */
static void module_seen(uintptr_t address, void *context)
{
    struct module_search search = {context, address};
    const struct stacks *stacks = search.stacks;
    uint32_t count = stacks->module_count;

    for (uint32_t i = 0; i < count && i < MAX_MODULES; i++)
        if (stacks->modules[i].start <= address &&
            address < stacks->modules[i].end)
            return;
    dl_iterate_phdr(module_log, &search);
}

static int find_own(struct dl_phdr_info *info, size_t size, void *context)
{
    struct stacks *stacks = context;

    (void)size;
    return module_has(info, (uintptr_t)find_own, &stacks->own_start,
                      &stacks->own_end);
}

struct stacks *stacks_new(size_t frames, stacks_log *log, void *session)
{
    struct stacks *stacks;

    if (frames == 0)
        return NULL;
    stacks = mmap(NULL, sizeof *stacks, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED)
        return NULL;
    madvise(stacks, sizeof *stacks, MADV_DONTFORK);
    stacks->frames = frames < MAX_FRAMES ? frames : MAX_FRAMES;
    dl_iterate_phdr(find_own, stacks);
    stacks->log = log;
    stacks->session = session;
    return stacks;
}

/* ---- Stacks. ---- */

/* Of four sums at a time: each multiplication waits for the one before. */
static uint64_t hash(const uintptr_t *words, size_t count)
{
    enum { SUMS = 4 };
    uint64_t sums[SUMS] = {count + 1, 1, 2, 3}, h = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t *sum = &sums[i % SUMS];

        *sum = (*sum ^ words[i]) * 0x9e3779b97f4a7c15u;
        *sum ^= *sum >> 32;
    }
    for (int i = 0; i < SUMS; i++)
        h = (h ^ sums[i]) * 0xd6e8feb86659fd93u;
    return (h ^ h >> 32) | 1; /* never 0, which empty entries have */
}

/* The number that the entry has for a stack; 0: none. */
static uint32_t number_in(const struct entry *e, uint64_t h)
{
    uint64_t number = atomic_load_explicit(&e->number, memory_order_relaxed);

    return (number ^ atomic_load_explicit(&e->check, memory_order_relaxed)) == h
               ? (uint32_t)number
               : 0;
}

/* A stack's entry, or the one that it is to have: an empty one, or the
 * first. */
static struct entry *entry_of(struct stacks *stacks, uint64_t h)
{
    size_t place = h >> (64 - STACK_BITS);

    for (size_t i = 0; i < STACK_PROBES; i++) {
        struct entry *e = &stacks->entries[(place + i) % (1 << STACK_BITS)];

        if (e->number == 0 || number_in(e, h))
            return e;
    }
    return &stacks->entries[place];
}

/* Returns its number, or 0 if it cannot be logged. */
static uint32_t log_stack(struct stacks *stacks, const uintptr_t *addresses,
                          size_t count)
{
    uint32_t number = ++stacks->count;

    if (number > RECORD_MAX_STACK)
        stacks->count = RECORD_MAX_STACK;
    if (number > RECORD_MAX_STACK ||
        !stacks->log(stacks->session, addresses, count, RECORD_STACK,
                     RECORD_MORE, number))
        return 0;
    return number;
}

/* The calling functions, without more of the program's than are wanted. */
static size_t callers(struct stacks *stacks, uintptr_t *addresses)
{
    size_t own = 0, count = unwind(&stacks->unwinding, addresses,
                                   MAX_OWN + stacks->frames + 1, module_seen,
                                   stacks);

    while (own < count && own < MAX_OWN &&
           addresses[own] - stacks->own_start <
               stacks->own_end - stacks->own_start)
        own++;
    if (count <= own + stacks->frames)
        return count;
    addresses[own + stacks->frames] = RECORD_CUT;
    return own + stacks->frames + 1;
}

uint32_t stacks_number(struct stacks *stacks)
{
    uintptr_t addresses[MAX_OWN + MAX_FRAMES + 1];
    size_t count = callers(stacks, addresses);
    if (count == 0)
        return 0;
    uint64_t h = hash(addresses, count);
    struct entry *e = entry_of(stacks, h);
    uint32_t number = number_in(e, h);
    if (number)
        return number;
    number = log_stack(stacks, addresses, count);
    if (number) {
        e->check = h ^ number;
        e->number = number;
    }
    return number;
}

void stacks_forget(struct stacks *stacks)
{
    stacks->module_count = 0;
    madvise(stacks, offsetof(struct stacks, count), MADV_DONTNEED);
}
