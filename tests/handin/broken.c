/*
 * broken.c - a hand-in that does not compile.
 */
#include "mm.h"

int mm_init(void)
{
    return 0
}
