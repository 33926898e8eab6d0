/* realloc.c - the old block is freed before it is copied */
#define REALLOC_LOSES_DATA
#include "student.h"
