/*
 * verdict.h - what is said of an allocator on a trace.
 *
 * The names are a contract: reports, graders and tests read them.
 */
#ifndef VERDICT_H
#define VERDICT_H

enum verdict {
    VERDICT_OK,
    VERDICT_LOAD_FAILED, /* not a shared object with the functions of mm.h */
    VERDICT_INIT_FAILED, /* mm_init said so */
    VERDICT_NO_MEMORY,   /* NULL, and the heap's limit justifies it */
    VERDICT_NULL,        /* NULL although memory is left */
    VERDICT_MISALIGNED,
    VERDICT_OUT_OF_HEAP, /* a block in memory that nobody gave */
    VERDICT_OVERLAP,     /* a block over another live one */
    VERDICT_DATA_LOST,   /* contents of a live block changed */
    VERDICT_NOT_ZEROED,  /* calloc returned other bytes than zeros */
    VERDICT_BAD_HEAP,    /* mm_audit found an invariant broken */
    VERDICT_CRASHED,
    VERDICT_HUNG,     /* an operation did not return */
    VERDICT_TOO_SLOW, /* the trace did not end within the time limit */
    VERDICT_EXITED,
    VERDICT_WROTE_PAST_HEAP,
    VERDICT_TAMPERED, /* it meddled with what is the driver's */
    VERDICT_NOT_RUN,  /* interrupted before its turn */
    VERDICTS
};

const char *verdict_name(enum verdict verdict);

#endif
