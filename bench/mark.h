/*
 * mark.h - what a stepped process tells the process that steps it.
 *
 * Both have this page. The subject raises `counting` before a call into the
 * allocator and lowers it after; while it leaves the allocator for the system
 * (memlib, copying), it lowers it too and runs freely, see mark_leave.
 */
#ifndef MARK_H
#define MARK_H

#include <stddef.h>
#include <stdint.h>

/* How a subject ends, as its exit status. */
enum mark_end {
    END_DONE = 0,
    END_REFUSED = 3,  /* a request, `op`, was answered with NULL */
    END_UNLOADED = 4, /* not an allocator: see text */
    END_UNTRACED = 5, /* ptrace is not permitted: see text */
};

struct mark {
    volatile uint32_t counting; /* 1: what runs is the operation's */
    volatile uint32_t active;   /* an operation is stepped */
    volatile uint64_t op;       /* its number, or one of a calibration */
    volatile uint64_t moved;    /* bytes that it has copied or set so far */
    volatile uint64_t max_moved, max_moved_op; /* the most by one operation */
    char text[256];
};

extern struct mark *mark;

/* Ask the stepping process to step from here on; it does until counting is
 * lowered. Only for a subject. */
void mark_step(void);

/*
 * Around work that is not counted. leave returns whether it has to be followed
 * by mark_return: not where nothing is being counted.
 */
int mark_leave(void);
void mark_return(void);

#endif
