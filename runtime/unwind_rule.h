/*
 * unwind_rule.h - from a function's registers to its caller's: what the unwind
 * tables say at a program counter, in 64 bits.
 *
 *        |  caller's frame    |
 *        +--------------------+ <-- CFA, the caller's stack pointer
 *        |  return address    |     at an offset from the CFA
 *        |  frame pointer     |     at an offset, if it was saved
 *        |  ...               |
 *        +--------------------+ <-- stack pointer
 *
 * Of the registers three are followed: the stack pointer, the frame pointer,
 * the program counter.
 */
#ifndef UNWIND_RULE_H
#define UNWIND_RULE_H

#include <stdint.h>

#if defined __x86_64__ || defined __aarch64__
#define UNWIND_HAS_RULES 1
#endif

/* Where a value is. The first is NOWHERE for the CFA and the return address,
 * for the frame pointer it is that the function has not changed it. */
enum base { NOWHERE, AT_CFA, AT_SP, AT_FP };

union rule {
    struct {
        unsigned cfa_base : 2; /* AT_SP or AT_FP: register + offset */
        unsigned cfa_loaded : 1; /* the CFA is what lies there */
        unsigned signal : 1; /* the caller was interrupted: its pc is exact */
        int cfa_offset : 28;
        unsigned ra_base : 2;
        int ra_word : 14;
        unsigned fp_base : 2;
        int fp_word : 14;
    };
    uint64_t bits;
};

_Static_assert(sizeof(union rule) == 8, "a rule is 64 bits");

enum { WORD = sizeof(uintptr_t) };

/*
 * The rule at pc, of the library that is loaded there; all zero, which ends the
 * stack, if there is none or if it does not fit into one. libgcc may allocate,
 * and take a lock, for code that a program registered by __register_frame.
 */
__attribute__((visibility("hidden"))) union rule rule_find(uintptr_t pc);

#endif
