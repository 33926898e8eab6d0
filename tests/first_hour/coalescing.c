/* coalescing.c - a block that was merged stays in the free list */
#define WRONG_COALESCING
#include "student.h"
