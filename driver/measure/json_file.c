/*
 * json_file.c - JSON to the letter: no comments, nothing after the object.
 */
#define _GNU_SOURCE /* mempcpy */
#include "json_file.h"

#include "base/fatal.h"
#include "base/plain_text.h"

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
 * What json-c takes and is no JSON: 016, 2. and bytes that are no UTF-8; NULL
 * where there is none. The text ends with a byte of value 0.
 */
static const char *first_flaw(const char *text)
{
    bool quoted = false;
    uint32_t code;
    int length;

    for (const char *c = text; *c; c += length) {
        length = read_utf8(c, &code);
        if (length == 0)
            return c;
        if (*c == '"')
            quoted = !quoted;
        else if (*c == '\\' && quoted && c[1])
            length = 2;
        if (!quoted && *c == '.' && !isdigit((unsigned char)c[1]))
            return c;
        if (!quoted && *c == '0' && isdigit((unsigned char)c[1]) &&
            begins_number(text, c))
            return c;
    }
    return NULL;
}

/* ---- What json-c 0.18 refuses where it is strict: characters beyond ASCII,
 * and integers beyond 64 bits. They become escapes, and numbers with a
 * fraction. ---- */

static char *put_escape(char *to, unsigned code)
{
    if (code < 0x10000)
        return to + sprintf(to, "\\u%04x", code);
    code -= 0x10000;
    return to + sprintf(to, "\\u%04x\\u%04x", 0xD800 | code >> 10,
                        0xDC00 | (code & 0x3FF));
}

static bool fits_64_bits(const char *number, size_t length)
{
    bool negative = number[0] == '-';
    const char *most =
        negative ? "-9223372036854775808" : "18446744073709551615";

    return length < strlen(most) ||
           (length == strlen(most) && strncmp(number, most, length) <= 0);
}

/* Copy a number, or at least a byte of what is none. Returns its bytes. */
static size_t copy_number(const char *from, char **to)
{
    size_t length = strspn(from, "+-.eE0123456789");

    if (length == 0) {
        *(*to)++ = *from;
        return 1;
    }
    bool whole = strcspn(from, ".eE") >= length;
    *to = mempcpy(*to, from, length);
    if (whole && !fits_64_bits(from, length))
        *to = mempcpy(*to, ".0", 2);
    return length;
}

/* Copy what stands within a string: a byte, an escape or a character. */
static size_t copy_quoted(const char *from, char **to)
{
    uint32_t code;
    int length = read_utf8(from, &code);

    if (length > 1) {
        *to = put_escape(*to, code);
        return (size_t)length;
    }
    length = *from == '\\' && from[1] ? 2 : 1;
    *to = mempcpy(*to, from, (size_t)length);
    return (size_t)length;
}

/* The same JSON, for any json-c. The caller frees it. */
static char *respell(const char *text, size_t *size)
{
    char *all = check_alloc(malloc(3 * *size + 1)), *to = all;
    bool quoted = false;

    for (const char *end = text + *size; text < end;) {
        quoted ^= *text == '"';
        text += quoted ? copy_quoted(text, &to) : copy_number(text, &to);
    }
    *to = '\0';
    *size = (size_t)(to - all);
    return all;
}

static const char *error_of(struct json_tokener *t)
{
    enum json_tokener_error error = json_tokener_get_error(t);

    if (error == json_tokener_continue)
        return "the JSON text is cut short";
    return json_tokener_error_desc(error);
}

/* ---- Lines, and keys that stand twice: json-c keeps neither. ---- */

/* It goes through the text, which is JSON, beside what json-c made of it. */
struct walk {
    const char *path, *at;
    unsigned long line;
};

static void skip_space(struct walk *w)
{
    for (; *w->at && strchr(" \t\r\n", *w->at); w->at++)
        w->line += *w->at == '\n';
}

/* Is there another part before the end of the array or object? */
static bool next_part(struct walk *w, char end)
{
    skip_space(w);
    if (*w->at == ',') {
        w->at++;
        skip_space(w);
    }
    if (*w->at != end)
        return true;
    w->at++;
    return false;
}

static void skip_string(struct walk *w)
{
    for (w->at++; *w->at != '"'; w->at++)
        w->at += *w->at == '\\';
    w->at++;
}

/* The caller drops it by json_object_put. */
static struct json_object *read_key(struct walk *w)
{
    const char *from = w->at;
    struct json_tokener *t = check_alloc(json_tokener_new());

    skip_string(w);
    struct json_object *key =
        json_tokener_parse_ex(t, from, (int)(w->at - from));
    json_tokener_free(t);
    skip_space(w);
    w->at++; /* the colon */
    return key;
}

static void walk_value(struct walk *w, struct json_object *value);

static void walk_array(struct walk *w, struct json_object *array)
{
    for (size_t i = 0; next_part(w, ']'); i++)
        walk_value(w, array ? json_object_array_get_idx(array, i) : NULL);
}

static void walk_object(struct walk *w, struct json_object *object)
{
    struct json_object *seen = check_alloc(json_object_new_object());

    while (next_part(w, '}')) {
        unsigned long line = w->line;
        struct json_object *text = read_key(w);
        const char *key = json_object_get_string(text);

        if (json_object_object_get_ex(seen, key, NULL))
            fatal(w->path, line, "the key \"%s\" stands twice", key);
        json_object_object_add(seen, key, NULL);
        walk_value(w, object ? json_object_object_get(object, key) : NULL);
        json_object_put(text);
    }
    json_object_put(seen);
}

/* Where a key stands twice, the value may be another's: NULL, then. */
static void walk_value(struct walk *w, struct json_object *value)
{
    skip_space(w);
    if (value)
        json_object_set_serializer(value, NULL, (void *)w->line, NULL);
    switch (*w->at) {
    case '{':
        w->at++;
        walk_object(w, json_object_is_type(value, json_type_object) ? value
                                                                    : NULL);
        break;
    case '[':
        w->at++;
        walk_array(w,
                   json_object_is_type(value, json_type_array) ? value : NULL);
        break;
    case '"':
        skip_string(w);
        break;
    default:
        w->at += strcspn(w->at, ",]} \t\r\n");
    }
}

bool json_is_number(struct json_object *value)
{
    return json_object_is_type(value, json_type_int) ||
           json_object_is_type(value, json_type_double);
}

unsigned long json_line(struct json_object *value)
{
    return value ? (unsigned long)json_object_get_userdata(value) : 0;
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
    char *spelled = respell(text, &size);
    free(text);
    json_tokener_set_flags(t, JSON_TOKENER_STRICT);
    struct json_object *root = json_tokener_parse_ex(t, spelled, (int)size);
    if (json_tokener_get_error(t) != json_tokener_success)
        fatal(path, line_at(spelled, size, json_tokener_get_parse_end(t)), "%s",
              error_of(t));
    if (!json_object_is_type(root, json_type_object))
        fatal(path, 1, "expected an object with %s", what);
    json_tokener_free(t);
    walk_value(&(struct walk){path, spelled, 1}, root);
    free(spelled);
    return root;
}
