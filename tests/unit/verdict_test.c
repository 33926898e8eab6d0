/*
 * verdict_test.c - the names of verdicts, which programs and people read.
 */
#include "../check.h"

#include "check/verdict.h"

static enum verdict nth(int i)
{
    return (enum verdict)i;
}

static void each_has_a_name(void)
{
    for (int i = 0; i < VERDICTS; i++) {
        CHECK(verdict_name(nth(i)));
        CHECK(verdict_name(nth(i))[0]);
    }
}

/* Words and hyphens can stand in tables, file names and CSV. */
static void names_are_words(void)
{
    for (int i = 0; i < VERDICTS; i++) {
        const char *name = verdict_name(nth(i));

        CHECK(strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name));
    }
}

static void names_are_unique(void)
{
    for (int i = 0; i < VERDICTS; i++)
        for (int j = 0; j < i; j++)
            CHECK(strcmp(verdict_name(nth(i)), verdict_name(nth(j))) != 0);
}

static void names_of_the_output_formats(void)
{
    CHECK(strcmp(verdict_name(VERDICT_OK), "ok") == 0);
    CHECK(strcmp(verdict_name(VERDICT_OVERLAP), "overlap") == 0);
    CHECK(strcmp(verdict_name(VERDICT_DATA_LOST), "data-lost") == 0);
    CHECK(strcmp(verdict_name(VERDICT_NO_MEMORY), "no-memory") == 0);
    CHECK(strcmp(verdict_name(VERDICT_NOT_RUN), "not-run") == 0);
}

static const struct test tests[] = {
    {"each-has-a-name", each_has_a_name},
    {"names-are-words", names_are_words},
    {"names-are-unique", names_are_unique},
    {"names-of-the-output-formats", names_of_the_output_formats},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
