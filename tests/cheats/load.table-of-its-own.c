/*
 * load.table-of-its-own.c - the assembler adds entries to the table for the
 * loader. They name relocations in writable data, and the first relocation makes
 * a call of a function out of the second while the loader reads them: it runs
 * while files can still be opened.
 *
 * Now: tables for the loader lie in memory that nobody writes to, and no
 * relocation changes one.
 */
/* honest: twin.sound */
/* expect: refused|load-failed */
/* before: its like, with addresses in place of symbols, ran code before mm_init;
   this read the assignment with its seed */
#include "sound.h"

__asm__(".section .dynamic,\"aw\"\n"
        ".dc.a 7, table, 8, 48, 9, 24\n"
        ".text");

__attribute__((visibility("hidden"))) void early(void)
{
}

__attribute__((used, visibility("hidden"))) struct {
    unsigned long place, info;
    void (*addend)(void);
} table[] = {{0, 33, early}, {0, 0, early}};
