/*
 * compile.endless-device.c - includes a device that has no end: the compiler
 * takes all memory.
 *
 * Now: compiling has limits of memory and time, and the device is not there.
 */
/* honest: twin.sound */
/* expect: refused */
/* before: judged ok */
#include "/dev/zero"
#include "sound.h"
