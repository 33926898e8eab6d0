/*
 * stacks.h - the call stacks that a recording has, by number.
 *
 * For record.c: what of the recorder's own library is innermost in a stack, its
 * reader leaves out.
 */
#ifndef STACKS_H
#define STACKS_H

#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACKS_HIDDEN __attribute__((visibility("hidden")))

struct stacks;

/* Log words in events of their own: the first of a kind, others of more. False
 * if they cannot be logged. */
typedef bool stacks_log(void *session, const uintptr_t *words, size_t count,
                        enum record_kind kind, enum record_kind more,
                        uint32_t number);

/*
 * Stacks of so many frames at most, which are logged for the session. They are
 * not there in a forked child. NULL if frames is 0, or there is no memory.
 */
STACKS_HIDDEN struct stacks *stacks_new(size_t frames, stacks_log *log,
                                        void *session);

/*
 * The number of the stack of the calling functions, which is logged if it is
 * not known; 0 if there is none. The caller sees to it that a call from within,
 * of libgcc's for malloc or of a signal handler's, does not come here.
 */
STACKS_HIDDEN uint32_t stacks_number(struct stacks *stacks);

/* Forget what was known of libraries: one was unloaded. */
STACKS_HIDDEN void stacks_forget(struct stacks *stacks);

#endif
