/*
 * compile.includes-another-student.c - includes what another student has handed
 * in, as text that does not compile: the compiler's messages quote it.
 *
 * Now: other hand-ins are not to be seen while it is compiled.
 */
/* honest: naive */
/* expect: refused */
/* before: no gain */
int quote =
#include "/proc/self/cwd/alice/mm.c"
#error stop here
;
