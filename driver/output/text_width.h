/*
 * text_width.h - the width of a text in a table, in characters.
 *
 * Names of files may be in any language, but printf pads to bytes. In UTF-8 the
 * bytes of a character after its first begin with the bits 10.
 */
#ifndef TEXT_WIDTH_H
#define TEXT_WIDTH_H

#include <string.h>

/* The characters of a text in UTF-8; wide ones of East Asia count as one. */
static inline int columns_of(const char *text)
{
    int columns = 0;

    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* The width for printf's `%-*s` that pads the text to so many columns. */
static inline int padded_to(int columns, const char *text)
{
    return columns + (int)strlen(text) - columns_of(text);
}

#endif
