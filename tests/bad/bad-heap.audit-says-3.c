/*
 * The audit finds invariant 3 broken from the start. Must be found: bad-heap,
 * with the number, at debug level 2.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: \b3\b */
#include "sound.h"

int mm_audit(void)
{
    return 3;
}
