/*
 * plain_text.h - text of others, made fit for a terminal, JSON and CSV.
 */
#ifndef PLAIN_TEXT_H
#define PLAIN_TEXT_H

/*
 * Replace, in place, each byte that is no part of a character in UTF-8, each
 * control character and each that changes the direction of text by '?', except
 * the control characters in `kept`. A character cut off at the end goes.
 */
void plain_text(char *text, const char *kept);

#endif
