/*
 * load.preinit-by-the-linker.c - a pointer is put into .init_array by assembly,
 * not by an attribute.
 *
 * Now: an object with entries of its own in .init_array is refused.
 */
/* honest: twin.sound */
/* expect: refused|load-failed|tampered */
/* before: utilization 101.2 for 37.7 % */
#include "play_bump.h"

__attribute__((used)) static void at_load(void)
{
    play_bump();
}

__asm__(".section .init_array.00001,\"aw\",@init_array\n"
        "\t.quad at_load\n\t.text");

#include "sound.h"
