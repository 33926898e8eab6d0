/*
 * channel.looks-ahead.c - the operations of the coming batch lie in the
 * channel. At its first operation this allocator packs all of them: the largest
 * blocks first, each as low as the lifetimes allow.
 *
 * Now: the checked pass has batches of at most 64 operations.
 */
/* honest: twin.no-look-ahead */
/* expect: no-gain */
/* before: utilization 94.6 for 91.0 % */

#include "channel_view.h"

#define LOOK_AHEAD
#include "pack_ahead.h"
