/*
 * frame.h - a picture made of characters, before it is shown or printed.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdio.h>

enum { FRAME_ROWS = 60, FRAME_COLUMNS = 80 };

enum colour {
    COLOUR_PLAIN,
    COLOUR_LIVE,
    COLOUR_OVERHEAD,
    COLOUR_HOLE,
    COLOURS
};

struct glyph {
    char text[4];         /* one character, in UTF-8 */
    unsigned char colour; /* enum colour */
};

struct frame {
    int rows, columns;
    bool unicode; /* set by the caller; false: ASCII only */
    struct glyph glyphs[FRAME_ROWS][FRAME_COLUMNS];
};

/* Make the frame blank, at most FRAME_ROWS by FRAME_COLUMNS. */
void frame_clear(struct frame *f, int rows, int columns);

/*
 * Print text, cut at the frame's edges; returns the column behind it.
 * Characters that are not printable ASCII become '?'.
 */
int frame_print(struct frame *f, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Draw how full a cell is, from 0, a dot, to LEVELS, a full block. */
enum { LEVELS = 8 };
void frame_put_level(struct frame *f, int row, int column, int level,
                     enum colour colour);

/* Write the frame as lines of text, without trailing blanks. */
void frame_write(FILE *out, const struct frame *f);

#endif
