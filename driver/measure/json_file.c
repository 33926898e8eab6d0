/*
 * json_file.c - JSON to the letter: no comments, nothing after the object.
 */
#include "json_file.h"

#include "base/fatal.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const char *path, size_t most, size_t *size)
{
    char *text = check_alloc(malloc(most + 1));
    FILE *file = fopen(path, "r");

    if (!file)
        fatal(path, 0, "cannot read it: %s", strerror(errno));
    *size = fread(text, 1, most + 1, file);
    if (ferror(file))
        fatal(path, 0, "cannot read it: %s", strerror(errno));
    fclose(file);
    if (*size > most)
        fatal(path, 0, "it has more than %zu bytes", most);
    text[*size] = '\0';
    return text;
}

static unsigned long line_at(const char *text, size_t size, size_t offset)
{
    unsigned long line = 1;

    for (size_t i = 0; i < offset && i < size; i++)
        line += text[i] == '\n';
    return line;
}

/* Does a number begin with this zero? Not in 10, 1.05, 1e0 or 1e-05. */
static bool begins_number(const char *text, const char *zero)
{
    const char *before = zero - 1;

    if (before > text && (*before == '-' || *before == '+'))
        return before[-1] != 'e' && before[-1] != 'E';
    return zero == text || !strchr("0123456789.eE", *before);
}

/*
 * What json-c takes and is no JSON: 016, 2. and half a surrogate pair; NULL
 * where there is none. The text ends with a byte of value 0.
 */
static const char *first_flaw(const char *text)
{
    bool quoted = false;

    for (const char *c = text; *c; c++) {
        if (*c == '"')
            quoted = !quoted;
        else if (*c == '\\' && quoted && c[1])
            c++;
        if ((unsigned char)c[0] == 0xED && (unsigned char)c[1] >= 0xA0)
            return c;
        if (!quoted && *c == '.' && !isdigit((unsigned char)c[1]))
            return c;
        if (!quoted && *c == '0' && isdigit((unsigned char)c[1]) &&
            begins_number(text, c))
            return c;
    }
    return NULL;
}

static const char *error_of(struct json_tokener *t)
{
    enum json_tokener_error error = json_tokener_get_error(t);

    if (error == json_tokener_continue)
        return "the JSON text is cut short";
    return json_tokener_error_desc(error);
}

struct json_object *json_file_read(const char *path, size_t most,
                                   const char *what)
{
    size_t size;
    char *text = read_text(path, most, &size);
    const char *flaw = strlen(text) < size ? strchr(text, 0) : first_flaw(text);
    struct json_tokener *t = check_alloc(json_tokener_new());

    if (flaw)
        fatal(path, line_at(text, size, (size_t)(flaw - text)),
              "this is no JSON");
    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(t, text, (int)size);
    if (json_tokener_get_error(t) != json_tokener_success)
        fatal(path, line_at(text, size, json_tokener_get_parse_end(t)), "%s",
              error_of(t));
    if (!json_object_is_type(root, json_type_object))
        fatal(path, 1, "expected an object with %s", what);
    json_tokener_free(t);
    free(text);
    return root;
}
