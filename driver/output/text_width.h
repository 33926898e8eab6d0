/*
 * text_width.h - how wide a text is in a table: a column for each character.
 *
 * Names of files may be of any language, and printf pads to bytes. The bytes
 * of UTF-8 that go on with a character begin with the bits 10.
 */
#ifndef TEXT_WIDTH_H
#define TEXT_WIDTH_H

#include <string.h>

/* Of a text in UTF-8; the wide characters of East Asia count as one, too. */
static inline int columns_of(const char *text)
{
    int columns = 0;

    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* For printf's `%-*s`, to pad the text to so many columns. */
static inline int padded_to(int columns, const char *text)
{
    return columns + (int)strlen(text) - columns_of(text);
}

#endif
