/* cycle.c - a freed block is added to the list twice */
#define CYCLE
#include "student.h"
