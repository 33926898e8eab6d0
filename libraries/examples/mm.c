/*
 * mm.c - mm.h over the operating system: the lab's contract, in a program.
 *
 *     cc mm.c $(pkg-config --cflags --libs mm)
 *
 * The same mm.c that mdriver judges, on memory of the system. The contract is
 * the lab's: mm_init first, one thread. (libmm_malloc has it as malloc, with a
 * lock, for programs that know nothing of it.)
 */
#include "mm.h"

#include <stdio.h>
#include <string.h>

int main(void)
{
    if (mm_init() != 0)
        return 1;
    char *words = mm_malloc(13);
    if (!words)
        return 1;
    strcpy(words, "a small word");
    printf("%s, in at least 13 bytes: %s\n", words,
           mm_usable_size(words) >= 13 ? "yes" : "no");
    char *more = mm_realloc(words, 1 << 20);
    if (!more)
        return 1;
    printf("%s, in a megabyte now\n", more);
    mm_free(more);
    printf("the heap is %s\n", mm_audit() == 0 ? "sound" : "broken");
    return 0;
}
