/*
 * compile.name-with-options.c - the file's name is an option of the compiler
 * that loads a plugin, and has the judge's separators = and , in it.
 *
 * Now: a name is never taken for an option.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* name: -fplugin=x,mm=libc.c */
/* before: no gain: ok */
#include "sound.h"
