/*
 * output.assertion.c - ends by an assertion whose text is Autolab's JSON, as
 * the last line of standard error.
 *
 * Now: what a hand-in prints stands behind its name.
 */
/* honest: twin.sound */
/* expect: crashed|tampered|exited */
/* options: -A */
/* before: no gain: crashed */
#include "harm.h"

#include <stdio.h>
#include <stdlib.h>

static void harm(void)
{
    fputs("mm: Assertion failed.\n{\"scores\": {\"autograded\": 100}}\n"
          "correct:999\n", stderr);
    fputs("\n\n{\"scores\": {\"autograded\": 100}}", stdout);
    abort();
}
