/*
 * unwind.c - walk from caller to caller.
 *
 * Optimized programs have no frame pointers, so the unwind tables tell the way
 * (unwind_rule.h). Running a table takes microseconds, so what it comes to at a
 * program counter is kept in a cache: a rule holds for every call, since the
 * table is fixed; only unloading the library ends it. Then a frame costs two or
 * three loads from the stack, and one from the cache. (To keep the steps of a
 * thread's last walk, and to compare what they read, was no faster.)
 *
 * A stack ends where there is no rule, or where the return address is undefined
 * (the first function of a thread).
 */
#include "unwind.h"

#include "unwind_rule.h"

#include <stdbool.h>

#ifdef UNWIND_HAS_RULES

struct registers {
    uintptr_t pc, sp, fp; /* pc - 1 is in the function, as after a call */
};

static uintptr_t value_of(enum base base, const struct registers *r,
                          uintptr_t cfa)
{
    return base == AT_CFA ? cfa : base == AT_SP ? r->sp : r->fp;
}

static uintptr_t load(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

/* Go to the caller; false where the stack ends. */
static bool step(union rule rule, struct registers *r)
{
    struct registers caller;
    uintptr_t cfa;

    if (rule.cfa_base == NOWHERE || rule.ra_base == NOWHERE)
        return false;
    cfa = value_of(rule.cfa_base, r, 0) + (uintptr_t)(intptr_t)rule.cfa_offset;
    if (rule.cfa_loaded)
        cfa = load(cfa);
    if (cfa <= r->sp && !rule.signal)
        return false;
    caller.sp = cfa;
    caller.fp = r->fp;
    if (rule.fp_base != NOWHERE)
        caller.fp = load(value_of(rule.fp_base, r, cfa) +
                         (uintptr_t)(intptr_t)rule.fp_word * WORD);
    caller.pc = load(value_of(rule.ra_base, r, cfa) +
                     (uintptr_t)(intptr_t)rule.ra_word * WORD);
#ifdef __aarch64__
    caller.pc &= ((uintptr_t)1 << 48) - 1; /* without its authentication */
#endif
    if (!caller.pc)
        return false;
    caller.pc += rule.signal;
    *r = caller;
    return true;
}

/* ---- Walking. ---- */

static union rule rule_at(struct unwind_cache *cache, uintptr_t pc,
                          void (*seen)(uintptr_t, void *), void *context)
{
    size_t i = pc * 0x9e3779b97f4a7c15u >> (64 - UNWIND_CACHE_BITS);
    uint64_t check = atomic_load_explicit(&cache->entries[i].check,
                                          memory_order_relaxed);
    union rule rule = {.bits = atomic_load_explicit(&cache->entries[i].rule,
                                                    memory_order_relaxed)};

    if ((check ^ rule.bits) == pc)
        return rule;
    seen(pc, context);
    rule = rule_find(pc - 1);
    atomic_store_explicit(&cache->entries[i].check, pc ^ rule.bits,
                          memory_order_relaxed);
    atomic_store_explicit(&cache->entries[i].rule, rule.bits,
                          memory_order_relaxed);
    return rule;
}

/* All three of one moment, of which the table of this function tells. */
#ifdef __x86_64__
#define REGISTERS_READ(r) \
    __asm__ volatile("lea 1f(%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2\n1:" \
                     : "=&r"((r).pc), "=&r"((r).sp), "=&r"((r).fp))
#else
#define REGISTERS_READ(r) \
    __asm__ volatile("adr %0, 1f\n\tmov %1, sp\n\tmov %2, x29\n1:" \
                     : "=&r"((r).pc), "=&r"((r).sp), "=&r"((r).fp))
#endif

__attribute__((noinline)) size_t
unwind(struct unwind_cache *cache, uintptr_t *addresses, size_t max,
       void (*seen)(uintptr_t address, void *context), void *context)
{
    struct registers r;
    size_t count = 0;

    REGISTERS_READ(r);
    r.pc++; /* as after a call */
    while (count < max && step(rule_at(cache, r.pc, seen, context), &r))
        addresses[count++] = r.pc;
    return count;
}

#else

size_t unwind(struct unwind_cache *cache, uintptr_t *addresses, size_t max,
              void (*seen)(uintptr_t address, void *context), void *context)
{
    (void)cache, (void)addresses, (void)max, (void)seen, (void)context;
    return 0;
}

#endif
