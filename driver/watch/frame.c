/*
 * frame.c - a grid of glyphs. Glyphs outside the frame are not drawn.
 */
#include "frame.h"

#include <stdarg.h>
#include <string.h>

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

void frame_clear(struct frame *f, int rows, int columns)
{
    f->rows = clamp(rows, 1, FRAME_ROWS);
    f->columns = clamp(columns, 1, FRAME_COLUMNS);
    for (int row = 0; row < f->rows; row++)
        for (int column = 0; column < f->columns; column++)
            f->glyphs[row][column] = (struct glyph){" ", COLOUR_PLAIN};
}

static void put(struct frame *f, int row, int column, const char *text,
                enum colour colour)
{
    if (row < 0 || row >= f->rows || column < 0 || column >= f->columns)
        return;
    struct glyph *g = &f->glyphs[row][column];

    strncpy(g->text, text, sizeof g->text - 1);
    g->text[sizeof g->text - 1] = '\0';
    g->colour = (unsigned char)colour;
}

int frame_print(struct frame *f, int row, int column, const char *format, ...)
{
    char text[4 * FRAME_COLUMNS];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (const char *at = text; *at; at++) {
        bool printable = *at >= ' ' && *at <= '~';

        put(f, row, column++, (char[]){printable ? *at : '?', '\0'},
            COLOUR_PLAIN);
    }
    return column;
}

void frame_put_level(struct frame *f, int row, int column, int level,
                     enum colour colour)
{
    static const char *const blocks[LEVELS + 1] = {"·", "▁", "▂", "▃", "▄",
                                                   "▅", "▆", "▇", "█"};
    static const char *const ascii[LEVELS + 1] = {".", ":", "-", "=", "+",
                                                  "*", "#", "%", "@"};

    level = clamp(level, 0, LEVELS);
    put(f, row, column, f->unicode ? blocks[level] : ascii[level], colour);
}

static int length_of(const struct frame *f, int row)
{
    int length = f->columns;

    while (length > 0 && strcmp(f->glyphs[row][length - 1].text, " ") == 0)
        length--;
    return length;
}

void frame_write(FILE *out, const struct frame *f)
{
    for (int row = 0; row < f->rows; row++) {
        int length = length_of(f, row);

        for (int column = 0; column < length; column++)
            fputs(f->glyphs[row][column].text, out);
        fputc('\n', out);
    }
}
