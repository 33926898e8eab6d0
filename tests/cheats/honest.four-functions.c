/* honest.four-functions.c - exports only what it has to: no mm_calloc, no
 * mm_memalign. */
#define OWN_CALLOC
#define OWN_MEMALIGN
#include "sound.h"
