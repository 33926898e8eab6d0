/*
 * compile.embeds-another-student.c - the assembler embeds another student's
 * file, and mm_init prints it.
 *
 * Now: other hand-ins are not to be seen while it is compiled.
 */
/* honest: twin.sound */
/* expect: refused */
/* before: stderr has what another student wrote */
#include "harm.h"

#include <stdio.h>

__asm__(".section .rodata\nother: .incbin \"/proc/self/cwd/alice/mm.c\"\n"
        ".byte 0\n.text");
extern const char other[] __attribute__((visibility("hidden")));

static void harm(void)
{
    puts(other);
}
