/*
 * csv.c - write fields as RFC 4180 defines them.
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

static const char *name_of(enum column_id id, enum csv_form form)
{
    return form == CSV_TABS ? columns[id].tsv : columns[id].csv;
}

static void write_value(FILE *file, enum csv_form form, enum column_id id,
                        const struct row *row)
{
    struct value v = column_value(id, row);
    const char *format =
        form == CSV_TABS ? columns[id].tsv_format : columns[id].csv_format;

    if (v.type == VALUE_TEXT && form == CSV_COMMAS)
        csv_text(file, v.text);
    else if (v.type == VALUE_TEXT)
        fputs(v.text, file);
    else if (v.type == VALUE_COUNT)
        fprintf(file, "%llu", (unsigned long long)v.count);
    else if (v.type == VALUE_NUMBER)
        fprintf(file, format, v.number);
}

/* Write the values of a row, or the columns' names if row is NULL. */
static void write_line(FILE *file, enum csv_form form, const struct row *row)
{
    const char *before = "", *separator = form == CSV_TABS ? "\t" : ",";

    for (enum column_id id = 0; id < COLUMNS; id++) {
        if (!name_of(id, form))
            continue;
        fputs(before, file);
        before = separator;
        if (row)
            write_value(file, form, id, row);
        else
            fputs(name_of(id, form), file);
    }
    fputc('\n', file);
}

void csv_results(FILE *file, enum csv_form form, const struct benchmark *b,
                 unsigned align)
{
    write_line(file, form, NULL);
    for (size_t a = 0; a < b->allocator_count; a++)
        for (size_t i = 0; i < b->trace_count; i++) {
            struct row row = row_of(b, a, i, align);

            write_line(file, form, &row);
        }
}
