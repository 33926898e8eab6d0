/*
 * describe.h - a finding in words that lead its author to the bug.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "finding.h"
#include "oracle.h"
#include "sandbox.h"
#include "trace/trace.h"

#include <stddef.h>

/*
 * One sentence into buffer: where in the trace, which operation, what went
 * wrong, with which addresses, and which earlier operation it collides with.
 */
void describe_finding(const struct finding *f, const struct trace *trace,
                      const struct oracle *oracle, char *buffer, size_t size);

/* Write into f->detail what is known of a crash: signal, place, address. */
void describe_crash(struct finding *f, const struct ending *ending,
                    const struct trace *trace, const struct oracle *oracle);

/*
 * One sentence into buffer on an allocator that reads past the end of its heap,
 * whose region begins at base. The worker's word: no verdict depends on it.
 */
void describe_overreach(const struct overreach *claim,
                        const struct trace *trace, uint64_t base, char *buffer,
                        size_t size);

#endif
