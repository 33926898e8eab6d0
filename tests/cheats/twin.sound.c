/* twin.sound.c - the allocator of tests/bad/sound.h. */
#include "sound.h"
