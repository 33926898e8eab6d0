/*
 * trace_forms.h - what the files of this room share. Which file calls which:
 *
 *     trace.c           load, verify, measure   --> the next three
 *     trace_text.c      the text form
 *     trace_binary.c    the binary form
 *     trace_describe.c  lines and texts for messages   --> trace_text
 *     trace_made.c      traces of trace_new     --> trace, trace_describe
 *     trace_perturb.c   perturbed traces        --> trace
 *     trace_twin.c      twins                   --> trace, trace_perturb
 *
 * A reader sets weight, id_count, op_count, slot_count, threaded and ops. It
 * exits with a message if the file is malformed. trace.c computes the peaks.
 */
#ifndef TRACE_FORMS_H
#define TRACE_FORMS_H

#include "trace.h"

/* Read the text form from trace->text. Returns the peak payload in bytes that
 * the header declares, or 0 if it declares none. */
uint64_t trace_read_text(struct trace *trace);

/* The text of operation number op, for messages; *line is set to its line. */
const char *trace_find_text(const struct trace *trace, uint64_t op,
                            unsigned long *line);

bool trace_is_binary(const char *bytes, size_t size);

/* Read the binary form from trace->storage. */
void trace_read_binary(struct trace *trace);

/* Write op as a text trace has it, on the block with that id, into buffer. */
void trace_format(struct op op, uint64_t id, char *buffer, size_t size);

/* Of a copy of a trace, whose text and memory it does not share. */
void trace_forget_stacks(struct trace *trace);

/* The sign of rows of call stacks, and of their numbers in operations. */
#define STACK_SIGN '@'

enum { MADE_HEADER_LINES = 4 };

/* The length of a trace's name without its ending, such as .rep.gz. */
size_t trace_stem_length(const char *name);

/* Give each of the slots another number, at random. */
void rename_slots(struct op *ops, uint64_t count, uint32_t slot_count,
                  uint64_t *state);

/* Verify the operations and compute the peaks. */
void trace_measure(struct trace *trace);

#endif
