/*
 * The audit reads through NULL. Must be found: crashed.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: mm_audit */
#include "sound.h"

static int *volatile nowhere;

int mm_audit(void)
{
    return *nowhere;
}
