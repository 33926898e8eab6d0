/*
 * json_file.h - files that a user writes in JSON.
 */
#ifndef JSON_FILE_H
#define JSON_FILE_H

struct json_object;

/*
 * The object that the file is, of at most 64 MiB. Complains with path and
 * line where it is something else: what says what was expected.
 */
struct json_object *json_file_read(const char *path, const char *what);

#endif
