/*
 * finding.h - a fault in numbers; describe.h makes a sentence of it.
 */
#ifndef FINDING_H
#define FINDING_H

#include "live.h"
#include "base/verdict.h"

#include <stdbool.h>
#include <stdint.h>

#define NO_OP UINT64_MAX

/* When a check found the fault. */
enum moment {
    AT_OPERATION, /* finding.op */
    AT_LOADING,
    AT_INIT,
    AT_END /* after all operations */
};

/* Fields that a verdict does not use are 0; operations are then NO_OP. */
struct finding {
    enum verdict verdict;
    enum moment moment;
    uint64_t op;            /* the operation after which it was found */
    uint64_t address, size; /* of the block at fault, or address of a byte */
    uint64_t placed;        /* the operation that gave that block its address */
    uint64_t other_op;      /* VERDICT_OVERLAP: the same for the older block */
    uint64_t other_address, other_size;
    uint64_t offset;          /* of the wrong byte, from the block's address */
    uint64_t value, expected; /* of that byte; or expected: an alignment */
    uint64_t culprit;         /* the operation that wrote the wrong byte */
    const char *pass;         /* "", or words such as "in a timed pass" */
    char detail[1024];        /* words on a crash, an exit, tampering */
};

/* The finding whose verdict is VERDICT_OK. */
struct finding finding_none(void);

/* Set *f. Each returns false, which a check can return as its own result. */
bool finding_set(struct finding *f, enum verdict verdict, uint64_t op);
bool finding_at(struct finding *f, enum verdict verdict, enum moment moment,
                const char *detail);
bool finding_text(struct finding *f, enum verdict verdict, uint64_t op,
                  const char *detail);
bool finding_in_block(struct finding *f, enum verdict verdict, uint64_t op,
                      const struct live *block, uint64_t offset,
                      uint64_t value);

#endif
