/*
 * size_text.c - a number and a unit.
 */
#include "size_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool size_read(const char *text, size_t *size)
{
    static const char units[] = "KMG";
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit =
        *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    int shift = unit ? 10 * (int)(unit - units + 1) : 0;

    if (!isdigit((unsigned char)text[0]) || (*end && (!unit || end[1])) ||
        value > (1ull << 46) >> shift || value << shift < 65536)
        return false;
    *size = (size_t)(value << shift);
    return true;
}
