/*
 * source.c - count lines of code, file by file.
 *
 * Comments are blanked first, in place: a line that is not blank then is code,
 * and an include found then is one that the compiler sees as well.
 *
 *     // its links             -->
 *     #include "list.h"        -->    #include "list.h"
 *     // #include "tree.h"     -->
 *     puts("// no comment");   -->    puts("// no comment");
 */
#define _GNU_SOURCE
#include "source.h"

#include "base/fatal.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Comments. ---- */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_comment(const char *p)
{
    return starts_with(p, "//") || starts_with(p, "/*");
}

/* A line that ends with a backslash goes on. */
static char *line_comment_end(char *p)
{
    while (*p && *p != '\n')
        p += starts_with(p, "\\\n") ? 2 : 1;
    return p;
}

static char *block_comment_end(char *p)
{
    char *end = strstr(p + 2, "*/");

    return end ? end + 2 : p + strlen(p);
}

/* Of a string or a character. A quote that stays alone ends with its line. */
static char *literal_end(char *p)
{
    char quote = *p++;

    while (*p && *p != quote && *p != '\n')
        p += *p == '\\' && p[1] ? 2 : 1;
    return *p == quote ? p + 1 : p;
}

static char *token_end(char *p)
{
    if (starts_with(p, "//"))
        return line_comment_end(p);
    if (starts_with(p, "/*"))
        return block_comment_end(p);
    if (*p == '"' || *p == '\'')
        return literal_end(p);
    return p + 1;
}

static void blank(char *from, const char *to)
{
    for (char *p = from; p < to; p++)
        if (*p != '\n')
            *p = ' ';
}

static void blank_comments(char *text)
{
    char *end;

    for (char *p = text; *p; p = end) {
        end = token_end(p);
        if (is_comment(p))
            blank(p, end);
    }
}

/* ---- The idea. ---- */

static size_t length_without_blanks_behind(const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return length;
}

/* What a first comment `name.c - idea` says, or NULL. */
static char *idea_of(const char *text)
{
    const char *name = text + strspn(text, "/* \t\r\n");
    const char *idea = name + strcspn(name, " \t\r\n");

    if (!is_comment(text) || idea - name < 2 || !starts_with(idea - 2, ".c - "))
        return NULL;
    idea += strlen(" - ");
    const char *line_end = idea + strcspn(idea, "\n");
    const char *comment_end = strstr(idea, "*/");
    const char *end =
        comment_end && comment_end < line_end ? comment_end : line_end;
    size_t length = length_without_blanks_behind(idea, (size_t)(end - idea));
    return length > 0 ? check_alloc(strndup(idea, length)) : NULL;
}

/* ---- Files: those read, and those still to read. ---- */

struct reading {
    char **paths; /* absolute */
    size_t count;
    size_t lines;
};

static bool is_of_the_house(const char *path)
{
    const char *name = basename(path);

    return strcmp(name, "mm.h") == 0 || strcmp(name, "memlib.h") == 0 ||
           strcmp(name, "os.h") == 0;
}

static bool is_listed(const struct reading *r, const char *path)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->paths[i], path) == 0)
            return true;
    return false;
}

/* 0 too where it is none: a folder, a pipe. */
static size_t file_size(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode) ? (size_t)s.st_size : 0;
}

static void add_file(struct reading *r, const char *path)
{
    char *full = realpath(path, NULL);

    if (!full || file_size(full) == 0 || is_of_the_house(full) ||
        is_listed(r, full)) {
        free(full);
        return;
    }
    r->paths =
        check_alloc(realloc(r->paths, (r->count + 1) * sizeof *r->paths));
    r->paths[r->count++] = full;
}

static void add_include(struct reading *r, const char *from, const char *name)
{
    int folder = (int)(basename(from) - from);
    char *path = NULL;

    if (asprintf(&path, "%.*s%s", folder, from, name) < 0)
        check_alloc(NULL);
    add_file(r, path);
    free(path);
}

static void read_line(struct reading *r, const char *from, const char *line)
{
    char *name = NULL, quote;

    if (line[strspn(line, " \t\r\f\v")] != '\0')
        r->lines++;
    if (sscanf(line, " # include \"%m[^\"]%c", &name, &quote) == 2)
        add_include(r, from, name);
    free(name);
}

/* "" where it cannot be read. */
static char *text_of(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = file_size(path);
    char *text = check_alloc(calloc(1, size + 1));

    if (!file)
        return text;
    text[fread(text, 1, size, file)] = '\0';
    fclose(file);
    return text;
}

/* Returns the idea that the file tells. */
static char *read_file(struct reading *r, const char *path)
{
    char *text = text_of(path), *rest = text, *line;
    char *idea = idea_of(text);

    blank_comments(text);
    while ((line = strsep(&rest, "\n")) != NULL)
        read_line(r, path, line);
    free(text);
    return idea;
}

struct source source_read(const char *path)
{
    struct reading r = {0};
    struct source source = {0};

    add_file(&r, path);
    for (size_t i = 0; i < r.count; i++) {
        char *idea = read_file(&r, r.paths[i]);

        if (i == 0)
            source.idea = idea;
        else
            free(idea);
    }
    source.lines = r.lines;
    for (size_t i = 0; i < r.count; i++)
        free(r.paths[i]);
    free(r.paths);
    return source;
}

void source_free(struct source *source)
{
    free(source->idea);
    *source = (struct source){0};
}
