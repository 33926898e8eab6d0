/*
 * exports.define-alignment.c - the same by a single line that the compiler
 * never uses: "#define ALIGNMENT 8".
 *
 * Now: lab and alignment are the assignment's.
 */
/* honest: twin.sixteen */
/* expect: no-gain */
/* lab: csapp 16 */
/* before: utilization 74.2 for 72.3 % */
#define ALIGNMENT 8
#define STEP ALIGNMENT
#include "header_of_eight.h"
