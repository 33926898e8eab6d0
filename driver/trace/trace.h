/*
 * Room trace: traces in memory, and the files that they are read from
 * May include: base.
 *
 * trace.h - an allocation trace in memory.
 *
 * Loaded whole and checked whole: once trace_load returns, every operation is
 * sound (its slot live or fresh as its kind demands, its size within limits),
 * and is not checked again. A file that is not sound ends
 * the program with `path:line: sentence` and exit code 2.
 *
 * The peaks are properties of the trace, computed here and nowhere else.
 */
#ifndef TRACE_H
#define TRACE_H

#include "op.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a trace counts for in the score, as the later hand-outs number it. */
enum trace_weight { WEIGHT_NONE, WEIGHT_BOTH, WEIGHT_MEMORY, WEIGHT_SPEED };

enum trace_form { FORM_TEXT, FORM_BINARY, FORM_MADE /* being made: below */ };

enum { TRACE_SEGMENTS = 256 };

struct trace {
    char *path;       /* as it was given or found */
    const char *name; /* the last part of path */
    enum trace_form form;
    enum trace_weight weight;
    bool threaded;     /* some operation has a thread other than 0 */
    uint64_t id_count; /* distinct ids that the file declares */
    uint64_t op_count;
    uint32_t slot_count; /* most slots in use at once */
    const struct op *ops;

    uint64_t peak_payload;  /* most bytes of live payload */
    uint64_t peak_op;       /* the operation after which it is reached */
    uint64_t aligned8_peak; /* the same with sizes rounded up to 8 */
    uint64_t aligned16_peak;

    /* Where payload is highest in each of so many equal parts, ascending. */
    uint64_t segment_peak[TRACE_SEGMENTS];
    uint32_t segment_count;

    /* What ops lies in, and the text that messages quote. Private. */
    void *storage;
    size_t storage_size;
    bool storage_mapped;
    char *text;
    size_t text_size;
    bool text_mapped;
};

/* Read the trace at path, in whatever of the known forms it is. */
struct trace *trace_load(const char *path);

void trace_delete(struct trace *trace);

/*
 * The caller does not need the operations from first up to end soon. Where they
 * are mapped from a binary file, their pages leave this process. A trace may be
 * longer than memory if every loop over it calls this on the way.
 */
void trace_release_pages(const struct trace *trace, uint64_t first,
                         uint64_t end);

enum { TRACE_STRETCH = 1 << 16 };

/* The same for a walk from the first operation on, which is at op now. */
static inline void trace_walk(const struct trace *trace, uint64_t op)
{
    if (op > 0 && op % TRACE_STRETCH == 0)
        trace_release_pages(trace, op - TRACE_STRETCH, op);
}

/*
 * A copy of the trace with sizes changed by up to 4 per cent each, growing and
 * shrinking reallocs still doing so, and slots renamed at random.
 */
struct trace *trace_perturb(const struct trace *trace, uint64_t seed);

/* Write the trace in the binary form; complains about path when it cannot. */
void trace_pack(const struct trace *trace, const char *path);

/*
 * A trace to be made here: empty, named by path, with room for that many live
 * blocks. Its lines are those of the file that trace_write makes of it.
 */
struct trace *trace_new(const char *path, uint32_t slot_count);

/* One more operation, which has to be sound. */
void trace_add(struct trace *trace, struct op op);

/* All are added: its peaks are to be had. */
void trace_close(struct trace *trace);

/* Write it as text, .rep; complains about path when it cannot. */
void trace_write(const struct trace *trace, const char *path);

/*
 * The line of the file that holds operation number op (from 0); in a binary
 * file, the operation's number counted from 1.
 */
unsigned long trace_line(const struct trace *trace, uint64_t op);

/*
 * The operation as its file has it, such as "a 5 100", in buffer; a binary
 * trace's is written anew. Returns buffer.
 */
char *trace_text(const struct trace *trace, uint64_t op, char *buffer,
                 size_t size);

/*
 * The operation as C, such as "p5 = malloc(100)", with the ids of the trace's
 * file; in buffer. Returns buffer.
 */
char *trace_call(const struct trace *trace, uint64_t op, char *buffer,
                 size_t size);

/* Round the peak up to align, 8 or 16. */
uint64_t trace_aligned_peak(const struct trace *trace, unsigned align);

#endif
