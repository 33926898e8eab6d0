/*
 * memlib.h - the simulated heap: all of the operating system that an
 * allocator sees.
 *
 *     lo                    brk                                  lo + limit
 *      |  heap, from mem_sbrk  |  ...  |  map  |   |  map  |  map  |
 *      +-----------------------+-------+-------+---+-------+-------+
 *        grows upwards -->               <-- mem_map places downwards
 *
 * One region of address space, reserved at a fixed low address (so that the
 * same trace gets the same addresses in every run, and a pointer fits into
 * four bytes) as long as the limit allows. The heap grows from its lower end,
 * mappings are placed from its upper end down. Both count as footprint.
 *
 * Memory from mem_sbrk and mem_map is zero, as the operating system's is, also
 * where it was given back before and is handed out again.
 */
#ifndef MEMLIB_H
#define MEMLIB_H

#include <stddef.h>
#include <stdint.h>

/* ---- For allocators. ---- */

/*
 * Move the break by increment bytes, up or down, and return its old place:
 * where memory was asked for, the start of the new area. (void *)-1 with
 * errno ENOMEM when the limit is reached (or the break would meet a mapping),
 * EINVAL when the break would fall below mem_heap_lo().
 */
void *mem_sbrk(intptr_t increment);

void *mem_heap_lo(void);   /* first byte of the heap */
void *mem_heap_hi(void);   /* last byte of the heap: the break - 1 */
size_t mem_heapsize(void); /* bytes from the one to the other, 0 at the start */
size_t mem_pagesize(void); /* the system's page size, bytes, a power of two */

/*
 * Map size bytes, rounded up to whole pages, apart from the heap. The mapping
 * starts at a page boundary and is the caller's until mem_unmap. NULL with
 * errno ENOMEM when the limit is reached, EINVAL for 0.
 */
void *mem_map(size_t size);

/*
 * The same at a multiple of align, a power of two (else EINVAL). What lies
 * between such places costs nothing, as addresses that are not used cost
 * nothing in a process.
 */
void *mem_map_aligned(size_t align, size_t size);

/*
 * Give back the pages of [ptr, ptr + size), all of them mapped, from one
 * mem_map or several; ptr at a page boundary, size rounded up. 0, or -1 with
 * errno EINVAL and nothing changed.
 */
int mem_unmap(void *ptr, size_t size);

/*
 * Resize the mapped pages [ptr, ptr + old_size) to new_size, moving them where
 * they cannot grow in place; the sizes are rounded up to whole pages. They may
 * come from one mem_map or several. The result is their start. Their first
 * min(old, new) bytes keep their contents, the others are zero. The footprint
 * is that of the larger of both, not of their sum. NULL with nothing changed:
 * with errno ENOMEM when the limit is reached; EINVAL for a size of 0, and for
 * pages that are not mapped.
 */
void *mem_remap(void *ptr, size_t old_size, size_t new_size);

/* size bytes from start on. */
struct mem_range {
    void *start;
    size_t size;
};

/*
 * Say that the contents of these ranges are not needed: whole pages of the heap
 * or of mappings, each from a page boundary on. They stay the allocator's, and
 * part of the footprint, but the system may take their pages until they are
 * touched again; their contents are undefined then. One call for many ranges
 * takes far less time than a call for each. errno stays as it was.
 */
void mem_discard(const struct mem_range *ranges, size_t count);

/*
 * Close the pages of [ptr, ptr + size), all of them mapped: what they hold is
 * lost, and an access ends the program, until mem_allow opens them again, zero.
 * Pages are opened before mem_unmap. False where nothing was done: always in
 * the lab, and where the system refuses. errno stays as it was.
 */
_Bool mem_deny(void *ptr, size_t size);
_Bool mem_allow(void *ptr, size_t size);

/* ---- For the program that runs the heap: the driver, a test. ---- */

/*
 * Bytes of the smallest page there is. Every system's page size is a multiple
 * of it, so mappings start and end at multiples of it. The judge counts in this
 * unit and need not know the worker's page size, which may differ from its own
 * (an emulator chooses it).
 */
enum { MEM_UNIT = 4096 };

enum { MEM_EVENTS = 4096 }; /* how many an account holds */

enum mem_event_kind { MEM_BRK, MEM_MAP, MEM_UNMAP, MEM_REFUSED };

/* One change of the heap or of a mapping. */
struct mem_event {
    uint32_t step; /* account->step when it happened */
    uint32_t kind; /* enum mem_event_kind */
    uint64_t at;   /* offset from lo: the new break, or a mapping's start */
    uint64_t size; /* bytes: of the mapping, of the move, or of the request */
};

/*
 * The heap's account: its sizes, counts and events. The program that runs the
 * heap provides the memory, and may share it with another process: fixed
 * widths, 8-byte fields first. Sizes and offsets are bytes.
 */
struct mem_account {
    uint64_t limit;       /* bytes that heap and mappings may take together */
    uint64_t brk;         /* bytes of the heap now */
    uint64_t mapped;      /* bytes of all mappings now */
    uint64_t footprint;   /* peak of brk + mapped since the last reset */
    uint64_t heap_top;    /* highest break since the last reset */
    uint64_t map_floor;   /* lowest offset ever mapped since the last reset */
    uint64_t requests;    /* calls so far that asked for memory */
    uint64_t refused;     /* how many of them were refused */
    uint64_t fail_at;     /* refuse the request of this number; 0: none */
    uint64_t cleared; /* bytes zeroed in whole pages; its owner may reset it */
    uint32_t step;        /* the operation under way; copied into events */
    uint32_t event_count; /* events kept, at most MEM_EVENTS */
    struct mem_event events[MEM_EVENTS];
};

/* The default limit: 1 GiB of address space. */
#define MEM_DEFAULT_LIMIT ((size_t)1 << 30)

/*
 * Run the heap over [base, base + account->limit), already mapped and zero. The
 * caller has set the account's limit, which is rounded down to whole pages, and
 * its fail_at; both memories stay the caller's. drain is called when the event
 * buffer is full, and empties it; where drain is NULL, further events are
 * dropped.
 */
void mem_attach(void *base, struct mem_account *account, void (*drain)(void));

/*
 * The address for a heap of limit bytes: below 2 GiB where it fits there, else
 * a fixed high one.
 */
void *mem_preferred_base(size_t limit);

/*
 * The classic calls, for a heap in this process's own memory. mem_set_limit
 * comes before mem_init: bytes, rounded up to whole pages. mem_init reserves
 * the region, and ends the process with status 2 and one line on stderr where
 * there is no address space. mem_deinit releases the region. Where another
 * program runs the heap, as the driver does, mem_deinit gives the heap back to
 * it, and mem_init does nothing: an allocator may call both in mm_init.
 */
void mem_set_limit(size_t limit);
void mem_init(void);
void mem_deinit(void);

/* Empty and zero the heap and its mappings; the limit stays. */
void mem_reset_brk(void);

/* Bytes of heap and mappings together now, and at most since the last reset. */
size_t mem_footprint(void);
size_t mem_peak_footprint(void);

/*
 * While guarded, the pages between the break and the lowest mapping cannot be
 * accessed: an allocator that reads past the end of its heap gets SIGSEGV. For
 * the handler of that signal: mem_guard_hit says whether it was such a page; it
 * then ends the guard, so that the access is right when it is repeated.
 */
void mem_guard(_Bool on);
_Bool mem_is_guarded(void);
_Bool mem_guard_hit(const void *address);

/*
 * While poisoned, code that has the address sanitizer (MODE=san) is ended by it
 * at an access between the break and the end of its page. Other code is not.
 */
void mem_poison(_Bool on);

/* Refuse the n-th request for memory from now on (1: the next one); 0: none. */
void mem_fail_request(uint64_t n);

#endif
