/*
 * output.no-utf-8.c - prints every byte there is, and overlong and cut forms of
 * UTF-8: a reader of the judge's output must not fail.
 *
 * Now: such bytes are escaped.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: stderr has control characters, or no UTF-8 */
#include "harm.h"

#include <stdio.h>

static void harm(void)
{
    for (int i = 1; i < 256; i++)
        putchar(i);
    printf("\xc0\xaf \xe2\x82 \xf8\x88\x80\x80\x80 \xed\xa0\x80\n");
}
