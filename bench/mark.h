/*
 * mark.h - the page that the stepped process and its tracer share.
 *
 * The stepped process, called the subject, sets `counting` before a call of the
 * allocator and clears it after. It also clears it while the allocator's call
 * is in memlib, or copies or sets bytes: that is not counted, see mark_leave.
 */
#ifndef MARK_H
#define MARK_H

#include <stddef.h>
#include <stdint.h>

/* How a subject ends, as its exit status. */
enum mark_end {
    END_DONE = 0,
    END_REFUSED = 3,  /* operation `op` returned NULL */
    END_UNLOADED = 4, /* not an allocator: see text */
    END_UNTRACED = 5, /* ptrace is not permitted: see text */
};

struct mark {
    volatile uint32_t counting; /* 1: instructions count for the operation */
    volatile uint32_t active;   /* an operation is stepped */
    volatile uint64_t op;       /* its number, or one of a calibration */
    volatile uint64_t moved;    /* bytes that it has copied or set so far */
    volatile uint64_t max_moved, max_moved_op; /* the largest, and whose */
    char text[256];
};

extern struct mark *mark;

/* Called by the subject: let the tracer step it from here on, until counting
 * is cleared. */
void mark_step(void);

/*
 * Called before and after work that does not count. mark_leave returns whether
 * mark_return has to follow: only where instructions were being counted.
 */
int mark_leave(void);
void mark_return(void);

#endif
