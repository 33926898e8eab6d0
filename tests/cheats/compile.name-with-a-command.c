/*
 * compile.name-with-a-command.c - the file's name holds a command in
 * backquotes, one after a semicolon, and a newline.
 *
 * Now: names are never part of a command, and are escaped in messages.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* name: `touch pwned`;touch pwned;\ncorrect:999.c */
/* before: stdout has a forged line */
#include "sound.h"
