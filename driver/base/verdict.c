/*
 * verdict.c - the verdicts' names.
 */
#include "verdict.h"

static const char *const names[VERDICTS] = {
#define VERDICT(id, name, meaning) [VERDICT_##id] = name,
#include "verdicts.def"
#undef VERDICT
};

const char *verdict_name(enum verdict verdict)
{
    return names[verdict];
}
