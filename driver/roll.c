/*
 * roll.c - break before the name that would go beyond the line.
 */
#include "roll.h"

#include <string.h>

enum { LINE_WIDTH = 100 };

void roll_add(struct roll *r, const char *name)
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

void roll_end(struct roll *r)
{
    if (r->column > 0)
        fputc('\n', r->out);
    r->column = 0;
}
