/*
 * screen.h - the terminal while it shows frames.
 *
 * Whatever ends the program between screen_open and screen_close (a signal, a
 * complaint, an assertion) leaves the terminal as it was.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "frame.h"

/* Take the terminal; complains where it cannot. */
void screen_open(void);
void screen_close(void);

/* Its size now. */
void screen_size(int *rows, int *columns);

void screen_show(const struct frame *f);

enum { NO_KEY = -1 };

/* Does it have keys: is standard input a terminal? */
bool screen_has_keys(void);

/* Wait that long for a key, or for nothing where there are none. */
int screen_key(int milliseconds);

#endif
