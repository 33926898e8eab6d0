/*
 * hardened.c - random slots, guard pages, quarantine
 *
 * An allocator for programs that are wrong. It spends time and memory so that a
 * misuse of the heap ends the program, or does no harm.
 *
 *      lo                              brk                            top
 *      | page map | regions | rings     |  ...   | region | region |
 *        what is known of blocks                   payloads only
 *
 * All metadata lies on the heap, all payloads in mappings, so no overflow
 * reaches the metadata. A region is a run of mapped pages; the page map tells
 * to which region a page belongs. It begins and ends with a guard, pages that
 * cannot be accessed. There are two kinds of regions:
 *
 *      slab   |guard| slot | slot | slot | slot | ... | slot |  |guard|
 *                      free zeros    |payload|canary|
 *
 *      large  |guard| zeros   |payload                  |canary|guard|
 *
 * A slab has slots of one size. A block takes a random free slot of its size.
 * Behind the payload the slot is filled with a canary, a secret number, which
 * has to be there still when the block is freed. There is at least one byte of
 * it. A free slot is all zeros, which is checked before it is used again: so
 * writes after free are found, and no block starts with the contents of
 * another. A slab keeps its size for ever: no address in it is ever that of a
 * block of another size class.
 *
 * A large block has a region of its own, and lies at its end: the first byte
 * behind the canary cannot be read. When it is freed, its pages cannot be
 * accessed at all. In a process some small blocks are treated as large: the
 * first FENCED_FIRST, then one of FENCED_PART at random.
 *
 * A freed block is not used again at once. It waits in quarantine, a ring for
 * each size class. The block that leaves the ring has to be all zeros.
 *
 * In the lab no page can be closed (mem_deny): there are no guards, no small
 * block is treated as large, and all random numbers repeat.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  The page map has a region for each of its pages, and nothing else.
 *   I2  A slab's `free` is the number of its free slots, whose bits are set.
 *       It is in the list of its class if there are any, and closed only if all
 *       are free.
 *   I3  A free slot, and one in quarantine, is zero. A used slot ends in the
 *       canary.
 *   I4  The slots that are neither used nor free are those in quarantine.
 *
 * Out-of-line metadata, random slots, guards and zeros: D. Micay,
 * hardened_malloc, 2018. The block at the end of its pages: B. Perens, Electric
 * Fence, 1987; some of all blocks: GWP-ASan, 2019. Random places: E. Berger and
 * B. Zorn, "DieHard", 2006.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "random slots, guard pages, quarantine";

enum {
    GRANULE = 16,
    EXACT = 8, /* size classes up to 128 bytes; then four for each doubling */
    EXACT_LOG2 = 3,
    DOUBLINGS = 7,
    LARGE = EXACT + 4 * DOUBLINGS,           /* the class of large blocks */
    MAX_SLOT = GRANULE * EXACT << DOUBLINGS, /* bytes: 16 KiB */
    SLAB = 32 << 10,                         /* bytes at least, and */
    MIN_SLOTS = 8,                           /* so many slots */
    RING = 64,                               /* blocks of a class */
    MAX_LARGE_QUARANTINE = 32 << 20,         /* bytes of all large ones */
    GUARD = 64 << 10,                        /* bytes, in a process */
    NEAR = 32,                               /* bytes of a neighbour */
    FREED = UINT16_MAX,                      /* size of a slot not in use */
    MAX_DENIED = 1 << 14,                    /* the kernel allows 65530 */
    FENCED_FIRST = 256,
    FENCED_PART = 512,
    WORD = 64, /* bits */
};

struct region {
    struct region *next;  /* in the list of its class, or of unused ones */
    char *start, *end;    /* of its mapping, which begins and ends with */
    size_t guard;         /* so many bytes that are denied */
    char *first;          /* the first slot, or the large block */
    unsigned class;       /* LARGE: no slots */
    unsigned slots, free; /* numbers of slots; a large block has one */
    bool closed;          /* all between the guards is denied */
    bool idle;            /* empty, and its pages are closed or given back */
    size_t large_size;    /* bytes that were requested; SIZE_MAX: freed */
    uint64_t *free_bits;  /* a bit for each slot */
    uint16_t *sizes;      /* bytes that were requested, or FREED */
};

/* A block in quarantine. */
struct freed {
    struct region *region;
    unsigned slot;
};

/* Blocks of a class in quarantine, in the order in which they were freed. */
struct ring {
    size_t count, next; /* blocks in it; where the next one goes */
    struct freed blocks[RING];
};

static struct {
    struct region **map;           /* the page map, from the top downwards */
    size_t map_pages;              /* its entries */
    char *top;                     /* end of the uppermost mapping */
    struct region *first[LARGE];   /* slabs with free slots */
    struct region *unused;         /* descriptors of large blocks */
    struct ring *rings;            /* LARGE + 1 */
    size_t quarantined;            /* bytes of large regions in quarantine */
    char *metadata, *metadata_end; /* what is left of the heap */
    uint64_t random, canary;
    size_t denied;   /* runs of pages */
    size_t requests; /* so far, in a process */
    unsigned page_bits;
    bool can_deny; /* this is a process, not the lab */
} heap;

/* ---- Faults. ---- */

/* Write "hardened: WHAT: 0xADDRESS" to standard error and abort. */
static _Noreturn void fault(const char *what, const void *where)
{
    enum { DIGITS = 2 * sizeof where };
    char line[128] = "hardened: ", *end = line + strlen(line);

    end = (char *)memcpy(end, what, strlen(what)) + strlen(what);
    end = (char *)memcpy(end, ": 0x", 4) + 4;
    for (int i = DIGITS; i > 0; i--)
        *end++ = "0123456789abcdef"[(uintptr_t)where >> 4 * (i - 1) & 15];
    *end++ = '\n';
    (void)!write(STDERR_FILENO, line, (size_t)(end - line));
    abort();
}

/* ---- Random numbers: xorshift64*, S. Vigna, 2016. ---- */

static uint64_t random_number(void)
{
    heap.random ^= heap.random >> 12;
    heap.random ^= heap.random << 25;
    heap.random ^= heap.random >> 27;
    return heap.random * 0x2545f4914f6cdd1d;
}

/*
 * The kernel gives each process 16 random bytes; in the lab the addresses of
 * the heap do not change. No byte of a canary is 0, a letter or 0xff.
 */
static void seed_random(void)
{
    uint64_t words[2] = {0};
    const void *kernels =
        heap.can_deny ? (const void *)getauxval(AT_RANDOM) : NULL;

    if (kernels)
        memcpy(words, kernels, sizeof words);
    heap.random =
        (words[0] ^ words[1] * 0x9e3779b97f4a7c15 ^ (uintptr_t)heap.map) | 1;
    for (int i = 0; i < 8; i++)
        heap.canary = random_number();
    heap.canary = (heap.canary & 0x3f3f3f3f3f3f3f3f) | 0x8080808080808080;
}

/* ---- Memory. ---- */

static size_t page_size(void)
{
    return (size_t)1 << heap.page_bits;
}

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) & -unit;
}

/* Metadata of that many bytes, zero; it is never given back. NULL: refused. */
static void *metadata_new(size_t bytes)
{
    bytes = round_up(bytes, GRANULE);
    if (bytes > (size_t)(heap.metadata_end - heap.metadata)) {
        size_t more = round_up(bytes, page_size());
        char *start = mem_sbrk((intptr_t)more);

        if (start == (void *)-1)
            return NULL;
        if (start != heap.metadata_end)
            heap.metadata = start;
        heap.metadata_end = start + more;
    }
    heap.metadata += bytes;
    return heap.metadata - bytes;
}

/*
 * Close whole pages: nobody can access them, and what they held is lost. False
 * where that is impossible, or too many are closed already.
 */
static bool deny(char *start, char *end)
{
    if (!heap.can_deny || heap.denied >= MAX_DENIED ||
        !mem_deny(start, (size_t)(end - start)))
        return false;
    heap.denied++;
    return true;
}

/* Open pages, closed or not; those that were closed are zero. */
static bool allow(char *start, char *end, size_t runs)
{
    if (!heap.can_deny)
        return true;
    if (!mem_allow(start, (size_t)(end - start)))
        return false;
    heap.denied -= runs < heap.denied ? runs : heap.denied;
    return true;
}

/* ---- The page map. ---- */

/* The entry of the page with that address in it. */
static size_t page_of(const void *ptr)
{
    return (size_t)(heap.top - 1 - (const char *)ptr) >> heap.page_bits;
}

/* The region with that address in it; NULL: none. */
static struct region *region_at(const void *ptr)
{
    size_t page = page_of(ptr);

    return page < heap.map_pages ? heap.map[page] : NULL;
}

/* Have a map with that entry. False: refused. */
static bool map_reach(size_t page)
{
    size_t pages = heap.map_pages ? 2 * heap.map_pages : 256;

    if (page < heap.map_pages)
        return true;
    pages = pages > page ? pages : page + 1;
    struct region **map = metadata_new(pages * sizeof *map);
    if (!map)
        return false;
    if (heap.map_pages)
        memcpy(map, heap.map, heap.map_pages * sizeof *map);
    heap.map = map;
    heap.map_pages = pages;
    return true;
}

/* Let the pages of a mapping be those of a region, or of none. */
static void map_set(const char *start, const char *end, struct region *region)
{
    for (; start < end; start += page_size())
        heap.map[page_of(start)] = region;
}

/* ---- Size classes. ---- */

/* The class for that many bytes and one byte of canary, up to MAX_SLOT. */
static unsigned class_of(size_t size)
{
    size_t last = size / GRANULE; /* the granule of the canary's first byte */

    if (last < EXACT)
        return (unsigned)last;
    unsigned log2 = 31 - (unsigned)__builtin_clz((unsigned)last);
    return EXACT + (log2 - EXACT_LOG2) * 4 + (last >> (log2 - 2) & 3);
}

/* Bytes of a slot of that class. */
static size_t slot_bytes(unsigned class)
{
    unsigned above = class - EXACT;

    if (class < EXACT)
        return (class + 1) * GRANULE;
    return (size_t)(above % 4 + 5) << (above / 4 + EXACT_LOG2 - 2) << 4;
}

/* ---- Contents: canaries and zeros. ---- */

static void fill_canary(char *at, const char *end)
{
    for (; at < end && (uintptr_t)at % 8 != 0; at++)
        *at = (char)(heap.canary >> (uintptr_t)at % 8 * 8);
    for (; at < end; at += 8)
        memcpy(at, &heap.canary, 8);
}

/* The first byte of [at, end) that is not the canary's; NULL: none. */
static const char *not_canary(const char *at, const char *end)
{
    for (; at < end; at++)
        if (*at != (char)(heap.canary >> (uintptr_t)at % 8 * 8))
            return at;
    return NULL;
}

/* The first byte of [at, end) that is not zero; NULL: none. */
static const char *not_zero(const char *at, const char *end)
{
    uint64_t word, all = 0;

    for (const char *p = at; p < end; p += 8) {
        memcpy(&word, p, 8);
        all |= word;
    }
    while (all && at < end && !*at)
        at++;
    return all ? at : NULL;
}

static void expect_canary(const char *at, const char *end)
{
    const char *wrong = not_canary(at, end);

    if (wrong)
        fault("a block was written to beyond its end", wrong);
}

static void expect_zero(const char *at, const char *end)
{
    const char *wrong = not_zero(at, end);

    if (wrong)
        fault("a free block was written to", wrong);
}

/* ---- Slots. ---- */

static char *slot_start(const struct region *region, unsigned slot)
{
    return region->first + slot * slot_bytes(region->class);
}

static char *slot_end(const struct region *region, unsigned slot)
{
    return slot_start(region, slot) + slot_bytes(region->class);
}

static bool slot_is_used(const struct region *region, unsigned slot)
{
    return region->sizes[slot] != FREED;
}

/* Expect that the bytes next to a slot are as they were left. */
static void check_neighbours(const struct region *region, unsigned slot)
{
    const char *start = slot_start(region, slot);
    const char *end = slot_end(region, slot);
    size_t near = NEAR < end - start ? NEAR : (size_t)(end - start);

    if (slot > 0 && !slot_is_used(region, slot - 1))
        expect_zero(start - near, start);
    if (slot > 0 && slot_is_used(region, slot - 1))
        expect_canary(start - 1, start);
    if (slot + 1 < region->slots && !slot_is_used(region, slot + 1))
        expect_zero(end, end + near);
}

/* A free slot at random; there is one. */
static unsigned random_slot(const struct region *region)
{
    uint64_t random = random_number();
    unsigned words = (region->slots + WORD - 1) / WORD;
    unsigned word = (unsigned)(random >> 32) % words, turn = random % WORD;

    while (region->free_bits[word] == 0)
        word = word + 1 < words ? word + 1 : 0;
    uint64_t bits = region->free_bits[word];
    uint64_t turned = bits >> turn | bits << (WORD - turn) % WORD;
    return word * WORD + (turn + (unsigned)__builtin_ctzll(turned)) % WORD;
}

static void flip_free_bit(struct region *region, unsigned slot)
{
    region->free_bits[slot / WORD] ^= (uint64_t)1 << slot % WORD;
}

/* ---- Slabs. ---- */

static bool flush_large(size_t most);

/* Map whole pages, if need be those of large blocks in quarantine. */
static char *pages_new(size_t bytes)
{
    char *start = mem_map(bytes);

    return start || !flush_large(0) ? start : mem_map(bytes);
}

/* Map bytes between two guards of that size; false: refused. */
static bool region_map(struct region *region, size_t bytes, size_t guard)
{
    size_t whole = round_up(bytes, page_size()) + 2 * guard;
    char *start = pages_new(whole);

    if (!start)
        return false;
    if (!heap.top)
        heap.top = start + whole;
    if (!map_reach(page_of(start))) {
        mem_unmap(start, whole);
        return false;
    }
    region->start = start;
    region->end = start + whole;
    region->guard = guard;
    map_set(start, region->end, region);
    return true;
}

/* Map bytes with guards, in a process that has addresses enough. */
static bool region_map_guarded(struct region *region, size_t bytes)
{
    size_t guard = round_up(GUARD, page_size());

    if (!heap.can_deny || !region_map(region, bytes, guard))
        return region_map(region, bytes, 0);
    deny(region->start, region->start + guard);
    deny(region->end - guard, region->end);
    return true;
}

static char *inner_start(const struct region *region)
{
    return region->start + region->guard;
}

static char *inner_end(const struct region *region)
{
    return region->end - region->guard;
}

static void slab_push(struct region *slab)
{
    slab->next = heap.first[slab->class];
    heap.first[slab->class] = slab;
}

/* A new slab, first of its class; NULL: refused. */
static struct region *slab_make(unsigned class)
{
    size_t least = slot_bytes(class) * MIN_SLOTS;
    size_t bytes = round_up(least > SLAB ? least : SLAB, page_size());
    unsigned slots = (unsigned)(bytes / slot_bytes(class));
    size_t words = (slots + WORD - 1) / WORD;
    struct region *slab = metadata_new(sizeof *slab + words * 8 + slots * 2);

    if (!slab)
        return NULL;
    if (!region_map_guarded(slab, bytes)) {
        heap.metadata = (char *)slab; /* it was the last to be made */
        return NULL;
    }
    slab->first = inner_start(slab);
    slab->class = class;
    slab->slots = slab->free = slots;
    slab->free_bits = (uint64_t *)(slab + 1);
    slab->sizes = (uint16_t *)(slab->free_bits + words);
    for (unsigned slot = 0; slot < slots; slot++) {
        flip_free_bit(slab, slot);
        slab->sizes[slot] = FREED;
    }
    slab_push(slab);
    return slab;
}

/* A slab of that class with a free slot, accessible; NULL: refused. */
static struct region *slab_with_free_slot(unsigned class)
{
    struct region *slab = heap.first[class];

    if (!slab)
        return slab_make(class);
    if (slab->closed && !allow(inner_start(slab), inner_end(slab), 1))
        return slab_make(class);
    slab->closed = slab->idle = false;
    return slab;
}

/* Close an empty slab, unless it is the first of its class. Where too many are
 * closed, at least the system has its pages, which are zero. */
static void slab_close_if_empty(struct region *slab)
{
    char *start = inner_start(slab), *end = inner_end(slab);

    if (slab->free < slab->slots || slab == heap.first[slab->class] ||
        slab->idle)
        return;
    slab->closed = deny(start, end);
    if (!slab->closed && heap.can_deny)
        mem_discard(&(struct mem_range){start, (size_t)(end - start)}, 1);
    slab->idle = true;
}

/* Expect zeros in the block of the class that was freed last. */
static void check_newest(const struct ring *ring)
{
    const struct freed *last = &ring->blocks[(ring->next + RING - 1) % RING];

    if (ring->count > 0)
        expect_zero(slot_start(last->region, last->slot),
                    slot_end(last->region, last->slot));
}

static void *slot_new(unsigned class, size_t size)
{
    struct region *slab = slab_with_free_slot(class);

    if (!slab)
        return NULL;
    unsigned slot = random_slot(slab);
    char *start = slot_start(slab, slot);
    check_newest(&heap.rings[class]);
    expect_zero(start, slot_end(slab, slot));
    flip_free_bit(slab, slot);
    if (--slab->free == 0)
        heap.first[class] = slab->next;
    slab->sizes[slot] = (uint16_t)size;
    fill_canary(start + size, slot_end(slab, slot));
    return start;
}

/* A slot leaves quarantine. */
static void slot_release(struct region *slab, unsigned slot)
{
    expect_zero(slot_start(slab, slot), slot_end(slab, slot));
    flip_free_bit(slab, slot);
    if (slab->free++ == 0)
        slab_push(slab);
    slab_close_if_empty(slab);
    if (slab->next) /* it may have been the first */
        slab_close_if_empty(slab->next);
}

static void slot_check(const struct region *slab, unsigned slot)
{
    expect_canary(slot_start(slab, slot) + slab->sizes[slot],
                  slot_end(slab, slot));
    check_neighbours(slab, slot);
}

/* ---- Large blocks. ---- */

/* The end of the block's last page: alignment may leave pages behind it. */
static char *canary_end(const struct region *region)
{
    uintptr_t end = (uintptr_t)(region->first + region->large_size);

    return (char *)((end + page_size() - 1) & -(uintptr_t)page_size());
}

static void large_release(struct region *region)
{
    size_t bytes = (size_t)(region->end - region->start);

    if (!region->closed)
        expect_zero(inner_start(region), inner_end(region));
    if (!allow(region->start, region->end, 3))
        return;
    map_set(region->start, region->end, NULL);
    mem_unmap(region->start, bytes);
    heap.quarantined -= bytes;
    region->next = heap.unused;
    heap.unused = region;
}

/* ---- Quarantine. ---- */

/* The block that was freed first leaves the ring, which is not empty. */
static void ring_pop(struct ring *ring)
{
    size_t first = (ring->next + RING - ring->count--) % RING;
    struct region *region = ring->blocks[first].region;

    if (region->class == LARGE)
        large_release(region);
    else
        slot_release(region, ring->blocks[first].slot);
}

static void ring_push(struct ring *ring, struct region *region, unsigned slot)
{
    if (ring->count == RING)
        ring_pop(ring);
    ring->blocks[ring->next].region = region;
    ring->blocks[ring->next].slot = slot;
    ring->next = (ring->next + 1) % RING;
    ring->count++;
}

/* Let large blocks leave quarantine until they have at most that many bytes. */
static bool flush_large(size_t most)
{
    struct ring *ring = &heap.rings[LARGE];
    bool any = false;

    for (; ring->count > 0 && heap.quarantined > most; any = true)
        ring_pop(ring);
    return any;
}

/* ---- Large blocks are made and freed. ---- */

static struct region *descriptor_new(void)
{
    struct region *region = heap.unused;

    if (!region)
        return metadata_new(sizeof *region);
    heap.unused = region->next;
    return region;
}

/* A block of its own pages at a multiple of align; NULL: refused. */
static void *large_new(size_t align, size_t size)
{
    struct region *region = descriptor_new();
    size_t page = page_size(), more = align > page ? align : 0;

    if (!region)
        return NULL;
    if (!region_map_guarded(region, size + more)) {
        region->next = heap.unused;
        heap.unused = region;
        return NULL;
    }
    region->class = LARGE;
    region->closed = false;
    region->large_size = size;
    region->first =
        (char *)((uintptr_t)(inner_end(region) - size) & -(uintptr_t)align);
    fill_canary(region->first + size, canary_end(region));
    return region->first;
}

static void large_check(const struct region *region)
{
    size_t before = (size_t)(region->first - inner_start(region));

    before = before < page_size() ? before : page_size();
    expect_canary(region->first + region->large_size, canary_end(region));
    expect_zero(region->first - before, region->first);
}

static void large_free(struct region *region)
{
    large_check(region);
    region->closed = deny(inner_start(region), inner_end(region));
    if (!region->closed)
        memset(region->first, 0, (size_t)(canary_end(region) - region->first));
    region->large_size = SIZE_MAX;
    heap.quarantined += (size_t)(region->end - region->start);
    ring_push(&heap.rings[LARGE], region, 0);
    flush_large(MAX_LARGE_QUARANTINE);
}

/* Is a small block to be treated as a large one? */
static bool is_fenced(void)
{
    return heap.can_deny && heap.denied < MAX_DENIED / 2 &&
           (heap.requests++ < FENCED_FIRST ||
            random_number() % FENCED_PART == 0);
}

/* ---- The contract of mm.h. ---- */

/*
 * The region of a block in use, and its slot (0 for a large one). Ends the
 * program where no such block begins at ptr.
 */
static struct region *find_used(const void *ptr, unsigned *slot)
{
    struct region *region = region_at(ptr);
    size_t offset = region ? (size_t)((const char *)ptr - region->first) : 0;

    *slot = 0;
    if (!region)
        fault("this is no block of the heap", ptr);
    if (region->class != LARGE) {
        *slot = (unsigned)offset / (unsigned)slot_bytes(region->class);
        offset -= *slot * slot_bytes(region->class);
    }
    if (offset != 0 || (region->class != LARGE && *slot >= region->slots))
        fault("no block begins here", ptr);
    if (region->class == LARGE ? region->large_size == SIZE_MAX
                               : !slot_is_used(region, *slot))
        fault("this block is free already", ptr);
    return region;
}

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    heap.page_bits = (unsigned)__builtin_ctzl(mem_pagesize());
    heap.rings = metadata_new((LARGE + 1) * sizeof *heap.rings);
    if (!heap.rings || !map_reach(0))
        return -1;
    char *page = mem_map(page_size());
    if (!page)
        return -1;
    heap.can_deny = mem_deny(page, page_size()) && mem_allow(page, page_size());
    mem_unmap(page, page_size());
    seed_random();
    return 0;
}

void *mm_memalign(size_t align, size_t size)
{
    unsigned class = size < MAX_SLOT ? class_of(size) : LARGE;

    if (size > PTRDIFF_MAX / 2 || align > PTRDIFF_MAX / 4)
        return NULL;
    align = align > GRANULE ? align : GRANULE;
    if (align > page_size())
        class = LARGE;
    while (class < LARGE && slot_bytes(class) % align != 0)
        class ++;
    return class == LARGE || is_fenced() ? large_new(align, size)
                                         : slot_new(class, size);
}

void *mm_malloc(size_t size)
{
    return mm_memalign(GRANULE, size);
}

/* A new block is zero: its slot was, or its pages are new. */
void *mm_calloc(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL
                                                       : mm_malloc(bytes);
}

void mm_free(void *ptr)
{
    unsigned slot;

    if (!ptr)
        return;
    struct region *region = find_used(ptr, &slot);
    if (region->class == LARGE) {
        large_free(region);
        return;
    }
    slot_check(region, slot);
    memset(ptr, 0, slot_bytes(region->class));
    region->sizes[slot] = FREED;
    ring_push(&heap.rings[region->class], region, slot);
}

size_t mm_usable_size(void *ptr)
{
    unsigned slot;
    struct region *region = ptr ? find_used(ptr, &slot) : NULL;

    if (!region)
        return 0;
    return region->class == LARGE ? region->large_size : region->sizes[slot];
}

size_t mm_good_size(size_t size)
{
    return size;
}

/* Whether a block keeps its slot; then it has the new size. */
static bool resize_in_slot(char *ptr, size_t size)
{
    unsigned slot;
    struct region *slab = find_used(ptr, &slot);

    if (slab->class == LARGE) {
        large_check(slab);
        return false;
    }
    slot_check(slab, slot);
    if (size >= MAX_SLOT || class_of(size) != slab->class)
        return false;
    if (size > slab->sizes[slot])
        memset(ptr + slab->sizes[slot], 0, size - slab->sizes[slot]);
    slab->sizes[slot] = (uint16_t)size;
    fill_canary(ptr + size, slot_end(slab, slot));
    return true;
}

void *mm_realloc(void *ptr, size_t size)
{
    size_t old = mm_usable_size(ptr);

    if (ptr && size == 0) {
        mm_free(ptr);
        return NULL;
    }
    if (ptr && resize_in_slot(ptr, size))
        return ptr;
    void *new = mm_malloc(size);
    if (ptr && new) {
        memcpy(new, ptr, old < size ? old : size);
        mm_free(ptr);
    }
    return new || !ptr || size > old ? new : ptr;
}

/* ---- The audit. Its functions return the invariant broken, or 0. ---- */

static int audit_large(const struct region *region, size_t *waiting)
{
    bool freed = region->large_size == SIZE_MAX;

    *waiting += freed;
    if (region->closed)
        return freed ? 0 : 2;
    if (freed)
        return not_zero(inner_start(region), inner_end(region)) ? 3 : 0;
    return not_canary(region->first + region->large_size, canary_end(region))
               ? 3
               : 0;
}

static int audit_slot(const struct region *slab, unsigned slot, bool is_free)
{
    const char *start = slot_start(slab, slot), *end = slot_end(slab, slot);

    if (!slot_is_used(slab, slot))
        return not_zero(start, end) ? 3 : 0;
    if (is_free)
        return 2;
    return not_canary(start + slab->sizes[slot], end) ? 3 : 0;
}

static int audit_slab(const struct region *slab, size_t *waiting)
{
    unsigned free = 0;
    bool listed = false;

    for (struct region *r = heap.first[slab->class]; r && !listed; r = r->next)
        listed = r == slab;
    for (unsigned slot = 0; slot < slab->slots; slot++) {
        bool is_free = slab->free_bits[slot / WORD] >> slot % WORD & 1;
        int broken = slab->closed ? 0 : audit_slot(slab, slot, is_free);

        if (broken)
            return broken;
        free += is_free;
        *waiting += !is_free && !slot_is_used(slab, slot);
    }
    return free != slab->free || listed != (free > 0) ||
                   (slab->closed && free < slab->slots)
               ? 2
               : 0;
}

int mm_audit(void)
{
    size_t waiting = 0;
    int broken = 0;

    for (size_t page = 0; page < heap.map_pages && !broken; page++) {
        struct region *region = heap.map[page];
        size_t last = region ? page_of(region->start) : page;

        if (region && page != page_of(region->end - 1))
            return 1;
        broken = !region                  ? 0
                 : region->class == LARGE ? audit_large(region, &waiting)
                                          : audit_slab(region, &waiting);
        for (; page < last; page++)
            if (heap.map[page + 1] != region)
                return 1;
    }
    for (unsigned class = 0; class <= LARGE; class ++)
        waiting -= heap.rings[class].count;
    return broken ? broken : waiting != 0 ? 4 : 0;
}
