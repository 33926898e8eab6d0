/*
 * plain_text_test.c - what of a text is kept, and what becomes '?'.
 */
#include "../check.h"

#include "base/plain_text.h"

#include <string.h>

static bool becomes(const char *text, const char *kept, const char *expected)
{
    char buffer[64];

    snprintf(buffer, sizeof buffer, "%s", text);
    plain_text(buffer, kept);
    return strcmp(buffer, expected) == 0;
}

static void plain_text_is_kept(void)
{
    CHECK(becomes("", "", ""));
    CHECK(becomes("an allocator, 100 %", "", "an allocator, 100 %"));
    CHECK(becomes("Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80", "",
                  "Zo\xc3\xab \xe2\x82\xac \xf0\x9f\x98\x80"));
}

static void control_characters_go(void)
{
    CHECK(becomes("\033[2Ja\177b\r", "", "?[2Ja?b?"));
    CHECK(becomes("a\nb\tc", "", "a?b?c"));
    CHECK(becomes("a\nb\tc", "\n", "a\nb?c"));
    CHECK(becomes("\xc2\x9b" "31m", "", "?31m")); /* CSI in one character */
}

static void directions_go(void)
{
    CHECK(becomes("a\xe2\x80\xae" "b", "", "a?b"));
    CHECK(becomes("a\xe2\x81\xa6" "b", "", "a?b"));
}

static void what_is_no_utf_8_goes(void)
{
    CHECK(becomes("\xff\x80", "", "??"));
    CHECK(becomes("a\xe2\x82", "", "a??"));       /* cut off */
    CHECK(becomes("\xc0\xaf", "", "??"));         /* too long for its number */
    CHECK(becomes("\xed\xa0\x80", "", "???"));    /* half a surrogate pair */
    CHECK(becomes("\xf4\x90\x80\x80", "", "????")); /* beyond U+10FFFF */
}

static const struct test tests[] = {
    {"plain-text-is-kept", plain_text_is_kept},
    {"control-characters-go", control_characters_go},
    {"directions-go", directions_go},
    {"what-is-no-utf-8-goes", what_is_no_utf_8_goes},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
