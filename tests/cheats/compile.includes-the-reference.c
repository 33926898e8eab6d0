/*
 * compile.includes-the-reference.c - the hand-in is one line, which takes in
 * the lab's own best allocator.
 *
 * Now: nothing but mm.h, memlib.h and compat is on the compiler's path.
 */
/* honest: naive */
/* expect: refused */
/* before: utilization 75.6 for 16.4 % */
#include "variants/treap.c"
