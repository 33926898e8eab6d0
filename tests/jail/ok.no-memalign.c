/*
 * Has the four functions that every lab asks for, and no other. Must be found:
 * ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_CALLOC
#define OWN_MEMALIGN
#include "../bad/sound.h"
