/*
 * name_list_test.c - names on lines of 100 columns.
 */
#include "../check.h"

#include "output/name_list.h"

static char text[4096];

/* Print a list of `count` names, each of that length, behind the title. */
static void print_list(const char *title, int count, int length)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    struct name_list r = {.out = out, .title = title};
    char name[64] = "";

    CHECK(out != NULL);
    memset(name, 'n', (size_t)length);
    for (int i = 0; i < count; i++)
        name_list_add(&r, name);
    name_list_end(&r);
    CHECK(fclose(out) == 0);
}

static void no_names(void)
{
    print_list("none", 0, 1);
    CHECK(text[0] == '\0');
}

static void few_names(void)
{
    print_list("one", 1, 2);
    CHECK(strcmp(text, "one: nn\n") == 0);
    print_list("three", 3, 1);
    CHECK(strcmp(text, "three: n, n, n\n") == 0);
}

static void many_names(void)
{
    for (int length = 1; length < 40; length++) {
        int names = 0;

        print_list("a title", 50, length);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            CHECK(strlen(line) <= 100);
            CHECK(strncmp(line, names ? "    n" : "a title: n", 5) == 0);
            for (char *p = line; (p = strstr(p, " n")); p++)
                names++;
        }
        CHECK(names == 50);
    }
}

static const struct test tests[] = {
    {"no-names", no_names},
    {"few-names", few_names},
    {"many-names", many_names},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
