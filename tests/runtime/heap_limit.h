/* heap_limit.h - before oslib.c and its test: a limit that each test sets. */
#ifndef HEAP_LIMIT_H
#define HEAP_LIMIT_H

#include <stddef.h>

#define HEAP_LIMIT heap_limit

extern size_t heap_limit;

#endif
