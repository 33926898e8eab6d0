/*
 * output.idea.c - the string that tables print of each allocator has bytes that
 * are no UTF-8, quotes, and a newline.
 *
 * Now: it is escaped in the tables and in JSON.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: -l */
/* before: stdout has control characters, or no UTF-8 */
#include "sound.h"

const char mm_idea[] = "\xff\xfe\"}]\ncorrect:999\n\xc3\x28 \xed\xa0\x80";
