/*
 * plain_text.h - text of others, made fit for a terminal, JSON and CSV.
 */
#ifndef PLAIN_TEXT_H
#define PLAIN_TEXT_H

#include <stdint.h>

/*
 * Bytes of the character in UTF-8 at text, and the character; 0: it is none. The
 * text ends with a byte of value 0.
 */
int read_utf8(const char *text, uint32_t *character);

/*
 * Replace, in place, each byte that is no part of a character in UTF-8, each
 * control character and each that changes the direction of text by '?', except
 * the control characters in `kept`. A character cut off at the end goes.
 */
void plain_text(char *text, const char *kept);

#endif
