/*
 * live.h - what the oracle records of the block in a slot.
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>

struct live {
    uint64_t address, size;
    uint64_t birth;  /* the operation that allocated it */
    uint64_t placed; /* the operation that gave it its present address */
    bool in_use;
    bool refused; /* its allocation was refused: operations on it are skipped */
};

#endif
