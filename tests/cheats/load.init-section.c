/*
 * load.init-section.c - instructions are appended to the section .init, which
 * every object has: they run while it is loaded, and no table names them.
 *
 * Now: such an object is refused.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: utilization 101.2 for 37.7 % */
#include "play_bump.h"

__attribute__((used, visibility("hidden"))) void at_load(void)
{
    play_bump();
}

__asm__(".section .init,\"ax\",@progbits\n\tcall at_load\n\t.text");

#include "sound.h"
