/*
 * finding.c - set the fields of a finding.
 */
#include "finding.h"

#include <stdio.h>

struct finding finding_none(void)
{
    return (struct finding){.verdict = VERDICT_OK,
                            .op = NO_OP,
                            .placed = NO_OP,
                            .other_op = NO_OP,
                            .culprit = NO_OP,
                            .pass = ""};
}

bool finding_set(struct finding *f, enum verdict verdict, uint64_t op)
{
    f->verdict = verdict;
    f->op = op;
    return false;
}

bool finding_at(struct finding *f, enum verdict verdict, enum moment moment,
                const char *detail)
{
    f->moment = moment;
    return finding_text(f, verdict, NO_OP, detail);
}

bool finding_text(struct finding *f, enum verdict verdict, uint64_t op,
                  const char *detail)
{
    snprintf(f->detail, sizeof f->detail, "%s", detail);
    return finding_set(f, verdict, op);
}

bool finding_in_block(struct finding *f, enum verdict verdict, uint64_t op,
                      const struct live *block, uint64_t offset, uint64_t value)
{
    f->address = block->address;
    f->size = block->size;
    f->placed = block->placed;
    f->offset = offset;
    f->value = value;
    return finding_set(f, verdict, op);
}
