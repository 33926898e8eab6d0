/*
 * finding.h - what was found wrong, in numbers; describe.h makes the sentence.
 */
#ifndef FINDING_H
#define FINDING_H

#include "live.h"
#include "base/verdict.h"

#include <stdbool.h>
#include <stdint.h>

#define NO_OP UINT64_MAX

/* When it showed. */
enum moment {
    AT_OPERATION, /* op says in which */
    AT_LOADING,
    AT_INIT,
    AT_END /* when all operations were done */
};

/* Fields that a verdict has no use for are 0, operations NO_OP. */
struct finding {
    enum verdict verdict;
    enum moment moment;
    uint64_t op;            /* the operation in which it showed */
    uint64_t address, size; /* of the block in question */
    uint64_t placed;        /* operation that gave that block its place */
    uint64_t other_op;      /* the block collided with: who placed it, */
    uint64_t other_address, other_size; /* where, how large */
    uint64_t offset; /* of the byte in question, into the block */
    uint64_t value, expected;
    uint64_t culprit;  /* operation that did the damage */
    const char *pass;  /* "", or "in a timed pass" and the like */
    char detail[1024]; /* what needs words: crash, exit, tampering */
};

/* Nothing is wrong. */
struct finding finding_none(void);

/* Each returns false, so that a check can return it for its own result. */
bool finding_set(struct finding *f, enum verdict verdict, uint64_t op);
bool finding_at(struct finding *f, enum verdict verdict, enum moment moment,
                const char *detail);
bool finding_text(struct finding *f, enum verdict verdict, uint64_t op,
                  const char *detail);
bool finding_in_block(struct finding *f, enum verdict verdict, uint64_t op,
                      const struct live *block, uint64_t offset,
                      uint64_t value);

#endif
