/*
 * name_list.c - begin a new line before a name that does not fit.
 */
#include "name_list.h"

#include <string.h>

enum { LINE_WIDTH = 100 };

void name_list_add(struct name_list *r, const char *name)
{
    int width = (int)strlen(name) + 1;

    if (r->column == 0)
        r->column = fprintf(r->out, "%s:", r->title);
    else
        r->column += fprintf(r->out, ",");
    if (r->column + width + 1 > LINE_WIDTH) /* a comma may follow */
        r->column = fprintf(r->out, "\n   ") - 1;
    r->column += fprintf(r->out, " %s", name);
}

void name_list_end(struct name_list *r)
{
    if (r->column > 0)
        fputc('\n', r->out);
    r->column = 0;
}
