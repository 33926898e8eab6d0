/*
 * Room base: what every room may need
 * May include: nothing of the driver.
 *
 * fatal.h - messages about wrong input, and the exit codes.
 */
#ifndef FATAL_H
#define FATAL_H

/* Exit codes of the driver. */
enum {
    EXIT_ALL_RIGHT = 0,
    EXIT_BAD_VERDICT = 1,
    EXIT_NOT_JUDGED = 2,
    EXIT_INTERRUPTED = 130
};

/*
 * Called before a message is printed, where it is not NULL: it makes the
 * terminal ready for lines of text (watch/screen.h).
 */
extern void (*before_message)(void);

/*
 * Print `path:line: sentence` (line 0: `path: sentence`) on stderr and exit
 * with EXIT_NOT_JUDGED. For wrong input that has a path.
 */
_Noreturn void fatal(const char *path, unsigned long line, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* The same without a path, for wrong options: `mdriver: sentence`. */
_Noreturn void fatal_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Print `path:line: note: sentence` on stderr and go on. */
void warn(const char *path, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Check the driver's own allocations: returns ptr, or ends the program by
 * fatal_usage where it is NULL.
 */
void *check_alloc(void *ptr);

#endif
