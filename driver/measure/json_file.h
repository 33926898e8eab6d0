/*
 * json_file.h - files that a user writes in JSON.
 */
#ifndef JSON_FILE_H
#define JSON_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/*
 * The object that the file is, of at most so many bytes. Complains with path
 * and line where it is something else, or where a key stands twice in one
 * object: what says what was expected.
 */
struct json_object *json_file_read(const char *path, size_t most,
                                   const char *what);

/* The line on which the value begins; 0 for null, which json-c does not
 * keep. */
unsigned long json_line(struct json_object *value);

/* Is it a number, with a fraction or without? */
bool json_is_number(struct json_object *value);

/* What a person writes is not longer. */
enum { MOST_BY_HAND = 1 << 20 };

#endif
