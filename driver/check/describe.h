/*
 * describe.h - a finding as a sentence that leads the student to the bug.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "finding.h"
#include "oracle.h"
#include "sandbox.h"
#include "trace/trace.h"

#include <stddef.h>

/*
 * Write one sentence into buffer: the line of the trace, the operation, what is
 * wrong, the addresses, and the earlier operation that it collides with.
 */
void describe_finding(const struct finding *f, const struct trace *trace,
                      const struct oracle *oracle, char *buffer, size_t size);

/*
 * Describe a crash in f->detail: its signal, its line of code, the call in the
 * allocator that led there if it lies elsewhere, and the address.
 */
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
