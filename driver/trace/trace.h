/*
 * Room trace: traces in memory, and the files that they are read from
 * May include: base.
 *
 * trace.h - an allocation trace in memory.
 *
 * trace_load checks every operation: its kind is known, its slot is live or
 * free as its kind demands, and its size is within the limits. Nobody checks
 * them again. A malformed file ends the program with `path:line: sentence` and
 * exit code 2. Only trace.c computes the peaks.
 */
#ifndef TRACE_H
#define TRACE_H

#include "op.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a trace counts for in the score, with the numbers of later hand-outs. */
enum trace_weight { WEIGHT_NONE, WEIGHT_BOTH, WEIGHT_MEMORY, WEIGHT_SPEED };

/* Traces of files are public; their twins, of which files know nothing, are
 * secret. BOTH is of what takes traces of either. */
enum trace_set { SET_BOTH, SET_PUBLIC, SET_SECRET };

enum trace_form { FORM_TEXT, FORM_BINARY, FORM_MADE /* by trace_new */ };

enum { TRACE_SEGMENTS = 256 };

struct trace {
    char *path;       /* as the user gave it, or as trace_list found it */
    const char *name; /* the last part of path; see trace_twin */
    enum trace_set set;
    enum trace_form form;
    enum trace_weight weight;
    bool threaded;     /* at least one operation has a thread other than 0 */
    uint64_t id_count; /* distinct ids that the file declares */
    uint64_t op_count;
    uint32_t slot_count; /* most slots in use at once */
    const struct op *ops;

    /* Call stacks, which mdriver carries from file to file. By operation, the
     * number of its stack, 0 for none; NULL if the trace has no stacks. */
    const uint32_t *stack_of;
    const char *stack_rows; /* their table: lines, without the last end */
    size_t stack_rows_size;
    uint32_t stack_count;

    uint64_t peak_payload;  /* most bytes of live payload */
    uint64_t peak_op;       /* the operation after which it is reached */
    uint64_t aligned8_peak; /* peak payload with sizes rounded up to 8 */
    uint64_t aligned16_peak;

    /* The operation of highest payload in each of segment_count equal parts. */
    uint64_t segment_peak[TRACE_SEGMENTS];
    uint32_t segment_count;

    /* Private: the memory of ops, the text that messages quote, and the memory
     * of stack_of, if it is not in one of these. */
    void *storage;
    size_t storage_size;
    bool storage_mapped;
    char *text;
    size_t text_size;
    bool text_mapped;
    uint32_t *stacks_owned;
};

/* Read the text or binary trace at path. Never NULL; the caller deletes it. */
struct trace *trace_load(const char *path);

void trace_delete(struct trace *trace);

/*
 * Give the pages of operations [first, end) back to the system, if they are
 * mapped from a binary file; a later access reads them again. A trace may be
 * larger than memory if every loop over its operations calls this.
 */
void trace_release_pages(const struct trace *trace, uint64_t first,
                         uint64_t end);

enum { TRACE_RELEASED_OPS = 1 << 16 };

/* For a loop over all operations, which is at op: release pages before op. */
static inline void trace_release_before(const struct trace *trace, uint64_t op)
{
    if (op > 0 && op % TRACE_RELEASED_OPS == 0)
        trace_release_pages(trace, op - TRACE_RELEASED_OPS, op);
}

/*
 * A copy of the trace with slots renamed at random, and all sizes of a block
 * multiplied by the same factor of 0.96 to 1.04. The caller deletes it.
 */
struct trace *trace_perturb(const struct trace *trace, uint64_t seed);

/*
 * The twin of the trace by a seed, which is any text: with other sizes, another
 * order, blocks and slots, of the same character. Its path is the trace's with
 * TWIN_ENDING, its name the trace's with that in place of its ending. The
 * caller deletes it.
 */
struct trace *trace_twin(const struct trace *trace, const char *seed);

#define TWIN_ENDING "~secret"

/* Write the binary form (.repb) to path; on failure exit with a message. */
void trace_pack(const struct trace *trace, const char *path);

/*
 * A new trace named path, without operations, whose slots are [0, slot_count).
 * Messages number its lines as trace_write does. The caller deletes it.
 */
struct trace *trace_new(const char *path, uint32_t slot_count);

/* Append an operation that is correct after the operations before it. */
void trace_add(struct trace *trace, struct op op);

/* Compute the peaks, after the last trace_add. */
void trace_close(struct trace *trace);

/* Write the text form (.rep) to path; on failure exit with a message. */
void trace_write(const struct trace *trace, const char *path);

/*
 * The line of the text file that holds operation number op (from 0); for a
 * binary file, op + 1.
 */
unsigned long trace_line(const struct trace *trace, uint64_t op);

/*
 * Write operation number op as a text trace has it, such as "a 5 100", into
 * buffer, and return buffer.
 */
char *trace_text(const struct trace *trace, uint64_t op, char *buffer,
                 size_t size);

/*
 * The operation as C, such as "p5 = malloc(100)", with the ids of the trace's
 * file; in buffer. Returns buffer.
 */
char *trace_call(const struct trace *trace, uint64_t op, char *buffer,
                 size_t size);

/* The peak payload with sizes rounded up to align, which is 8 or 16. */
uint64_t trace_aligned_peak(const struct trace *trace, unsigned align);

#endif
