/*
 * plain_text.c - walk over UTF-8, as RFC 3629 defines it.
 */
#include "plain_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int read_utf8(const char *text, uint32_t *character)
{
    const unsigned char *p = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = *p < 0x80   ? 1
                 : *p < 0xc0 ? 0
                 : *p < 0xe0 ? 2
                 : *p < 0xf0 ? 3
                 : *p < 0xf8 ? 4
                             : 0;
    uint32_t c = length == 1 ? *p : *p & (0x7fu >> length);

    for (int i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    *character = c;
    return length > 0 && c >= least[length] && c <= 0x10ffff &&
                   (c < 0xd800 || c > 0xdfff)
               ? length
               : 0;
}

static bool is_plain(uint32_t c)
{
    return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x61c &&
           (c < 0x200e || c > 0x200f) && (c < 0x2028 || c > 0x202e) &&
           (c < 0x2066 || c > 0x2069);
}

void plain_text(char *text, const char *kept)
{
    char *from = text, *to = from;
    uint32_t c;

    while (*from) {
        int length = read_utf8(from, &c);

        if (length > 0 && (is_plain(c) || (c < 0x20 && strchr(kept, (int)c)))) {
            memmove(to, from, (size_t)length);
            to += length;
        } else {
            *to++ = '?';
        }
        from += length > 0 ? length : 1;
    }
    *to = '\0';
}
