/*
 * twin.no-look-ahead.c - parts/pack_ahead.h without the look into the channel:
 * best fit, the same books in the same place.
 */
#include "channel_view.h"
#include "pack_ahead.h"
