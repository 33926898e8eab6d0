/*
 * trace_forms.h - what the files of the trace share. Arrows go one way:
 *
 *     trace.c           load, verify, measure   --> all below but the last two
 *     trace_text.c      the text form
 *     trace_binary.c    the binary form
 *     trace_describe.c  lines and texts for messages   --> trace_text
 *     trace_made.c      traces made here        --> trace, trace_describe
 *     trace_perturb.c   other sizes             --> trace
 *
 * A reader fills in weight, id_count, op_count, slot_count and ops, and
 * complains about whatever it cannot make sense of. Sizes and peaks are
 * trace.c's.
 */
#ifndef TRACE_FORMS_H
#define TRACE_FORMS_H

#include "trace.h"

/* Read the text form out of trace->text; returns the peak of payload bytes
 * that the header declares, 0 where it declares none. */
uint64_t trace_read_text(struct trace *trace);

/* The text after which op number `op` begins, for messages. */
const char *trace_find_text(const struct trace *trace, uint64_t op,
                            unsigned long *line);

/* Is it the binary form; and read it, out of trace->storage. */
bool trace_is_binary(const char *bytes, size_t size);
void trace_read_binary(struct trace *trace);

/* The operation as a text file has it, of a block with that id. */
void trace_format(struct op op, uint64_t id, char *buffer, size_t size);

enum { MADE_HEADER_LINES = 4 };

/* Verify the operations, compute the peaks. */
void trace_measure(struct trace *trace);

#endif
