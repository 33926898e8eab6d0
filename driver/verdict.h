/*
 * verdict.h - what is said of an allocator on a trace.
 *
 * The names are a contract: reports, graders and tests read them.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdint.h>

enum verdict {
    VERDICT_OK,
    VERDICT_LOAD_FAILED,   /* not a shared object with the functions of mm.h */
    VERDICT_INIT_FAILED,   /* mm_init said so */
    VERDICT_NO_MEMORY,     /* NULL, and the heap's limit justifies it */
    VERDICT_NULL,          /* NULL although memory is left */
    VERDICT_MISALIGNED,
    VERDICT_OUT_OF_HEAP,   /* a block in memory that nobody gave */
    VERDICT_OVERLAP,       /* a block over another live one */
    VERDICT_DATA_LOST,     /* contents of a live block changed */
    VERDICT_NOT_ZEROED,    /* calloc returned other bytes than zeros */
    VERDICT_BAD_HEAP,      /* mm_audit found an invariant broken */
    VERDICT_CRASHED,
    VERDICT_HUNG,          /* an operation did not return */
    VERDICT_TOO_SLOW,      /* the trace did not end within the time limit */
    VERDICT_EXITED,
    VERDICT_WROTE_PAST_HEAP,
    VERDICT_TAMPERED,      /* it meddled with what is the driver's */
    VERDICT_NOT_RUN,       /* interrupted before its turn */
    VERDICTS
};

const char *verdict_name(enum verdict verdict);

/*
 * What was found, in numbers; the sentence is written by finding_describe.
 * Fields that a verdict has no use for are 0, operations NO_OP.
 */
#define NO_OP UINT64_MAX

struct finding {
    enum verdict verdict;
    uint64_t op;            /* the operation in which it showed */
    uint64_t address, size; /* of the block in question */
    uint64_t birth;         /* operation that gave that block its place */
    uint64_t other_op;      /* the block collided with: who placed it, */
    uint64_t other_address, other_size; /* where, how large */
    uint64_t offset;        /* of the byte in question, into the block */
    uint64_t value, expected;
    uint64_t culprit;       /* operation that did the damage */
    int loading;            /* it showed before mm_init was called */
    const char *pass;       /* "" or "in a timed pass" and the like */
    char detail[1024];      /* what needs words: crash, exit, tampering */
};

#endif
