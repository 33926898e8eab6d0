/*
 * Does not define mm_free. Must be found: load-failed.
 */
/* trace: mixed.rep */
/* expect: mm_free */
#define OWN_FREE
#include "sound.h"
