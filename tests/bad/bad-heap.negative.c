/*
 * The audit answers -1, as one that knows no numbers. Must be found:
 * bad-heap: only 0 is sound.
 */
/* trace: small.rep */
/* options: -d 2 */
#include "sound.h"

int mm_audit(void)
{
    return -1;
}
