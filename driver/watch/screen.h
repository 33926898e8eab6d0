/*
 * screen.h - the terminal while it shows frames.
 *
 * If a signal, a fatal message or an assertion ends the program between
 * screen_open and screen_close, the terminal is restored first.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "frame.h"

/*
 * Prepare the terminal; screen_close restores it. A terminal that is not known
 * or cannot place a cursor is a usage error (fatal.h).
 */
void screen_open(void);
void screen_close(void);

/* The terminal's present size. */
void screen_size(int *rows, int *columns);

/* Show the frame; what does not fit the terminal is cut. */
void screen_show(const struct frame *f);

enum { NO_KEY = -1 };

/* Can keys be read, that is, is standard input a terminal? */
bool screen_has_keys(void);

/*
 * Wait so long for a key and return it; NO_KEY if none was pressed. Without
 * keys this waits for the whole time.
 */
int screen_key(int milliseconds);

#endif
