/*
 * verdict.c - the verdicts' names.
 */
#include "verdict.h"

static const char *const names[VERDICTS] = {
    [VERDICT_OK] = "ok",
    [VERDICT_LOAD_FAILED] = "load-failed",
    [VERDICT_INIT_FAILED] = "init-failed",
    [VERDICT_NO_MEMORY] = "no-memory",
    [VERDICT_NULL] = "null",
    [VERDICT_MISALIGNED] = "misaligned",
    [VERDICT_OUT_OF_HEAP] = "out-of-heap",
    [VERDICT_OVERLAP] = "overlap",
    [VERDICT_DATA_LOST] = "data-lost",
    [VERDICT_NOT_ZEROED] = "not-zeroed",
    [VERDICT_BAD_HEAP] = "bad-heap",
    [VERDICT_CRASHED] = "crashed",
    [VERDICT_HUNG] = "hung",
    [VERDICT_TOO_SLOW] = "too-slow",
    [VERDICT_EXITED] = "exited",
    [VERDICT_WROTE_PAST_HEAP] = "wrote-past-heap",
    [VERDICT_TAMPERED] = "tampered",
    [VERDICT_NOT_RUN] = "not-run",
};

const char *verdict_name(enum verdict verdict)
{
    return names[verdict];
}
