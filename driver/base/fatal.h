/*
 * Room base: what every room may need
 * May include: nothing of the driver.
 *
 * fatal.h - what to say, and how to end, when the user's input is wrong.
 */
#ifndef FATAL_H
#define FATAL_H

/* Exit codes of the driver. */
enum { EXIT_ALL_RIGHT = 0, EXIT_BAD_VERDICT = 1, EXIT_NOT_JUDGED = 2 };

/* Called before anything is printed, where it is not NULL: leave the screen. */
extern void (*before_message)(void);

/*
 * Print `path:line: sentence` (line 0: `path: sentence`) on stderr and exit
 * with EXIT_NOT_JUDGED.
 */
_Noreturn void fatal(const char *path, unsigned long line, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* The same for what has no file: `mdriver: sentence`. */
_Noreturn void fatal_usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Print `path:line: note: sentence` on stderr and go on. */
void warn(const char *path, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* malloc and calloc of the driver itself: out of memory is its end. */
void *check_alloc(void *ptr);

#endif
