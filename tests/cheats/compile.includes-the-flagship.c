/*
 * compile.includes-the-flagship.c - the same by an absolute name: the working
 * directory of the compiler is beside the lab.
 *
 * Now: the file is not to be seen while it is compiled.
 */
/* honest: naive */
/* expect: refused */
/* before: utilization 75.6 for 16.4 % */
#include "/proc/self/cwd/../lab/variants/segregated.c"
