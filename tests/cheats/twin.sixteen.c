/*
 * twin.sixteen.c - the allocator of parts/header_of_eight.h with payloads at
 * multiples of 16.
 */
#define STEP 16
#include "header_of_eight.h"
