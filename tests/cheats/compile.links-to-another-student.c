/*
 * compile.links-to-another-student.c - a header of the hand-in's folder is a
 * symbolic link to another student's file.
 *
 * Now: links that lead out of the folder are not followed.
 */
/* honest: twin.sound */
/* expect: refused */
/* beside: link other.h ../alice/mm.c */
/* before: stderr has what another student wrote */
#include "harm.h"

#include <stdio.h>

__asm__(".section .rodata\nother: .incbin \"other.h\"\n.byte 0\n.text");
extern const char other[] __attribute__((visibility("hidden")));

static void harm(void)
{
    puts(other);
}
