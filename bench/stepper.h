/*
 * stepper.h - run a subject instruction by instruction, and count.
 */
#ifndef STEPPER_H
#define STEPPER_H

#include "mark.h"
#include "subject.h"

enum step_outcome {
    STEP_DONE,
    STEP_REFUSED,  /* an operation got NULL */
    STEP_CRASHED,  /* by signal `status` */
    STEP_EXITED,   /* with exit status `status` */
    STEP_ENDLESS,  /* an operation took `limit` instructions and went on */
    STEP_UNLOADED, /* see mark->text */
    STEP_UNTRACED, /* likewise: no ptrace here */
};

struct stepping {
    enum step_outcome outcome;
    int status;
    uint64_t op; /* the operation under way, where the outcome is of one */

    /* By operation: instructions from the call to the return; 0: not stepped.
     * The caller frees them. */
    uint32_t *instructions;
};

/* Step the subject's operations, each for at most limit instructions. */
struct stepping stepper_run(const struct subject *subject, uint32_t limit);

#endif
