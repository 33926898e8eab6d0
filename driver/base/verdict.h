/*
 * verdict.h - how a replay ended (verdicts.def). The worker claims verdicts,
 * the judge decides on them; both use the one enumeration.
 */
#ifndef VERDICT_H
#define VERDICT_H

enum verdict {
#define VERDICT(id, name, meaning) VERDICT_##id,
#include "verdicts.def"
#undef VERDICT
    VERDICTS
};

/* As reports have it, such as "data-lost". */
const char *verdict_name(enum verdict verdict);

#endif
