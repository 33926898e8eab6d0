/*
 * csv.c - fields as RFC 4180 has them.
 */
#include "csv.h"

#include <string.h>

void csv_text(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

void csv_value(FILE *file, struct value value, const char *format,
               enum csv_quoting quoting)
{
    if (value.type == VALUE_TEXT && quoting == CSV_QUOTED)
        csv_text(file, value.text);
    else if (value.type == VALUE_TEXT)
        fputs(value.text, file);
    else if (value.type == VALUE_COUNT)
        fprintf(file, "%llu", (unsigned long long)value.count);
    else if (value.type == VALUE_NUMBER)
        fprintf(file, format, value.number);
}
