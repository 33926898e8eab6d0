/*
 * size_text.h - sizes as users write them: 100M.
 */
#ifndef SIZE_TEXT_H
#define SIZE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* What size_read takes, for messages. */
#define SIZE_RANGE "a size from 64K to 65536G"

/* Bytes, with K, M or G after them; false where text is no such size. */
bool size_read(const char *text, size_t *size);

#endif
