/*
 * source_test.c - lines counted in sources whose lines are known.
 *
 * Each test writes its files into a folder of its own.
 */
#include "../check.h"

#include "check/source.h"

#include <sys/stat.h>

static char folder[] = "/tmp/source_test.XXXXXX";
static char command[64];

static void remove_folder(void)
{
    if (system(command) != 0)
        puts("# the folder is left behind");
}

/* The first file makes the folder. */
static const char *path_of(const char *name)
{
    static char path[256];

    if (!command[0]) {
        CHECK(mkdtemp(folder) != NULL);
        snprintf(command, sizeof command, "rm -r %s", folder);
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");

    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

static struct source read_file(const char *name)
{
    return source_read(path_of(name));
}

static size_t lines_of_file(const char *name)
{
    struct source s = read_file(name);
    size_t lines = s.lines;

    source_free(&s);
    return lines;
}

static size_t lines_of(const char *text)
{
    write_file("mm.c", text);
    return lines_of_file("mm.c");
}

static bool idea_is(const char *text, const char *idea)
{
    write_file("mm.c", text);
    struct source s = read_file("mm.c");
    bool is = idea ? s.idea && strcmp(s.idea, idea) == 0 : !s.idea;

    source_free(&s);
    return is;
}

/* ---- Lines of code. ---- */

static void blank_lines(void)
{
    CHECK(lines_of("") == 0);
    CHECK(lines_of("\n\n") == 0);
    CHECK(lines_of(" \t\n\f\v\r\n") == 0);
    CHECK(lines_of("int x;\n\n  int y;\n") == 2);
    CHECK(lines_of("int x;\r\n\r\nint y;\r\n") == 2);
}

static void last_line_without_an_end(void)
{
    CHECK(lines_of("int x;") == 1);
    CHECK(lines_of("int x;\n// y") == 1);
    CHECK(lines_of("int x;\n/* y") == 1);
    CHECK(lines_of("int x; /* y\n and no end") == 1);
}

static void comment_lines(void)
{
    CHECK(lines_of("/* one */\n  // two\n/* three\n * four\n */\n") == 0);
    CHECK(lines_of("/**/ /***/ /*/ still */\n") == 0);
    CHECK(lines_of("/* one */ /* two\n */ // three\n") == 0);
}

static void comments_beside_code(void)
{
    CHECK(lines_of("int x; // x\nint y; /* y */\n/* z */ int z;\n") == 3);
    CHECK(lines_of("int x; /* from here\n on\n to here */ int y;\n") == 2);
    CHECK(lines_of("/* from here\n to here */ int y;\n") == 1);
    CHECK(lines_of("x = y /*/ 2 /*/ ; z();\n") == 1);
    CHECK(lines_of("x = a / b;\ny = a */* times */ b;\n") == 2);
}

/* Each of the two kinds hides the beginning of the other. */
static void comments_in_comments(void)
{
    CHECK(lines_of("// a /* b\nint x;\n") == 1);
    CHECK(lines_of("/* a // b */ int x;\n") == 1);
    CHECK(lines_of("/* a /* b */ int x;\n") == 1);
}

static void continued_lines(void)
{
    CHECK(lines_of("// a comment \\\nint x;\nint y;\n") == 1);
    CHECK(lines_of("// a \\\n b \\\n c\n") == 0);
    CHECK(lines_of("// a backslash \\ inside\nint x;\n") == 1);
    CHECK(lines_of("#define TWO(x) \\\n    ((x) + \\\n     (x))\n") == 3);
}

static void literals(void)
{
    CHECK(lines_of("puts(\"/*\");\nint x;\nputs(\"*/\");\n") == 3);
    CHECK(lines_of("puts(\"a // b\");\n") == 1);
    CHECK(lines_of("puts(\"\\\"/*\");\nint x;\n") == 2);
    CHECK(lines_of("puts(\"\\\\\"); /* \" */\n// \"\nint x;\n") == 2);
    CHECK(lines_of("char c = '\"'; /*\n\" */\nint x;\n") == 2);
    CHECK(lines_of("char c = '\\''; /*\n' */\nint x;\n") == 2);
    CHECK(lines_of("puts(\"a \\\n/* b\");\nint x;\n") == 3);
}

/* As in #error, where an apostrophe is no quote: it ends with its line. */
static void lonely_quotes(void)
{
    CHECK(lines_of("#error can't\n/* comment\n */\nint x;\n") == 2);
    CHECK(lines_of("#error \"\n// comment\nint x;\n") == 2);
    CHECK(lines_of("char *s = \"no end") == 1);
    CHECK(lines_of("char *s = \"no end\\") == 1);
}

/* ---- Includes. ---- */

static void includes(void)
{
    write_file("list.h", "#include \"node.h\"\nint list;\n");
    write_file("node.h", "// a node\nint node;\nint next;\n");
    CHECK(lines_of("#include \"list.h\"\nint x;\n") == 6);
    CHECK(lines_of("  #  include\t\"node.h\" // here\n") == 3);
    CHECK(lines_of("#include\"node.h\"\n") == 3);
    CHECK(lines_of("\n#include \"node.h\"\n\n#include \"list.h\"\n") == 6);
}

static void files_once(void)
{
    write_file("node.h", "int node;\n");
    write_file("list.h", "#include \"node.h\"\n");
    CHECK(lines_of("#include \"node.h\"\n#include \"list.h\"\n"
                   "#include \"./node.h\"\n") == 5);
}

static void cycles(void)
{
    write_file("a.h", "#include \"b.h\"\n#include \"a.h\"\n");
    write_file("b.h", "#include \"a.h\"\n#include \"mm.c\"\n");
    CHECK(lines_of("#include \"a.h\"\n") == 5);
}

static void siblings(void)
{
    CHECK(mkdir(path_of("lab"), 0700) == 0);
    write_file("pool.h", "int header;\n");
    write_file("pool.c", "#include \"pool.h\"\nint pool;\n");
    write_file("lab/pool.c", "#include \"os.h\"\n#include \"../pool.c\"\n");
    write_file("lab/os.h", "int os;\n");
    CHECK(lines_of_file("lab/pool.c") == 5);
}

static void what_is_not_there(void)
{
    CHECK(mkdir(path_of("folder"), 0700) == 0);
    write_file("empty.h", "");
    CHECK(lines_of("#include \"none.h\"\n#include \"folder\"\n"
                   "#include \"empty.h\"\nint x;\n") == 4);
}

/* Neither the system's headers nor the house's. */
static void others_headers(void)
{
    write_file("mm.h", "int mm;\n");
    write_file("memlib.h", "int memlib;\n");
    write_file("stddef.h", "int stddef;\n");
    CHECK(lines_of("#include <stddef.h>\n#include \"mm.h\"\n"
                   "#include \"memlib.h\"\n") == 3);
}

static void includes_that_are_none(void)
{
    write_file("node.h", "int node;\n");
    CHECK(lines_of("// #include \"node.h\"\n") == 0);
    CHECK(lines_of("/*\n#include \"node.h\"\n*/\n") == 0);
    CHECK(lines_of("puts(\"#include \\\"node.h\\\"\");\n") == 1);
    CHECK(lines_of("#include \"node.h\n#include\n#include \"\"\n") == 3);
    CHECK(lines_of("#includes \"node.h\"\n") == 1);
}

/* ---- Ideas. ---- */

static void ideas(void)
{
    CHECK(idea_is("/*\n * mm.c - best fit in a treap\n *\n */\n",
                  "best fit in a treap"));
    CHECK(idea_is("/* mm-naive.c - never frees */\n", "never frees"));
    CHECK(idea_is("/* mm.c - never frees */ int x; /* y */", "never frees"));
    CHECK(idea_is("// mm.c - first fit, last in - first out  \r\n",
                  "first fit, last in - first out"));
    CHECK(idea_is("/*\n * mm.c - no end", "no end"));
}

static void no_ideas(void)
{
    CHECK(idea_is("", NULL));
    CHECK(idea_is("int x; /* mm.c - too late */\n", NULL));
    CHECK(idea_is("/* Copyright */\n/* mm.c - too late */\n", NULL));
    CHECK(idea_is("/*\n * mm.c: first fit\n */\n", NULL));
    CHECK(idea_is("/*\n * mm.c - \n */\n", NULL));
    CHECK(idea_is("/* mm.c - */\n", NULL));
    CHECK(idea_is("/*\n * - an item\n */\n", NULL));
    CHECK(idea_is("/*", NULL));
}

/* Of the source, not of what it includes. */
static void whose_idea(void)
{
    write_file("other.h", "/* other.c - another idea */\n");
    CHECK(idea_is("#include \"other.h\"\n", NULL));
    CHECK(idea_is("/* mm.c - mine */\n#include \"other.h\"\n", "mine"));
}

static void no_source(void)
{
    struct source s = read_file("none.c");

    CHECK(!s.idea && s.lines == 0);
    source_free(&s);
    s = source_read(folder);
    CHECK(!s.idea && s.lines == 0);
    source_free(&s);
}

static const struct test tests[] = {
    {"blank-lines", blank_lines},
    {"last-line-without-an-end", last_line_without_an_end},
    {"comment-lines", comment_lines},
    {"comments-beside-code", comments_beside_code},
    {"comments-in-comments", comments_in_comments},
    {"continued-lines", continued_lines},
    {"literals", literals},
    {"lonely-quotes", lonely_quotes},
    {"includes", includes},
    {"files-once", files_once},
    {"cycles", cycles},
    {"siblings", siblings},
    {"what-is-not-there", what_is_not_there},
    {"others-headers", others_headers},
    {"includes-that-are-none", includes_that_are_none},
    {"ideas", ideas},
    {"no-ideas", no_ideas},
    {"whose-idea", whose_idea},
    {"no-source", no_source},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
