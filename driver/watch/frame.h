/*
 * frame.h - a picture in characters, at most 80 wide, before it is shown.
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
    char text[4]; /* one character, in UTF-8 */
    unsigned char colour;
};

struct frame {
    int rows, columns;
    bool unicode; /* else ASCII only */
    struct glyph glyphs[FRAME_ROWS][FRAME_COLUMNS];
};

/* Blank, of that size cut to what there is room for. */
void frame_clear(struct frame *f, int rows, int columns);

/* Text from there on, cut at the right edge; returns the column behind it. */
int frame_print(struct frame *f, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* How full, from 0 to 8: 0 is a dot, 8 a whole block. */
enum { LEVELS = 8 };
void frame_put_level(struct frame *f, int row, int column, int level,
                     enum colour colour);

/* As lines of text, blanks at their ends left out. */
void frame_write(FILE *out, const struct frame *f);

#endif
