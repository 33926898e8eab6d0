/*
 * outside_test.c - which bytes outside memlib count.
 */
#include "../check.h"

#include "check/outside.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct outside none;

static uint64_t counted(struct outside now, size_t declared)
{
    struct object_facts object = {.static_bytes = declared};

    return outside_counted(&none, &now, &object);
}

static void small_variables_are_free(void)
{
    CHECK(counted((struct outside){.variables = 8192}, 1600) == 0);
    CHECK(counted((struct outside){.variables = 8192}, 2048) == 0);
    CHECK(counted((struct outside){.variables = 8192}, 2100) == 52);
}

static void large_tables_cost_what_is_touched(void)
{
    CHECK(counted((struct outside){.variables = 12288}, 1 << 20) ==
          12288 - STATIC_ALLOWANCE);
    CHECK(counted((struct outside){.variables = 1 << 20}, 1 << 20) ==
          (1 << 20) - STATIC_ALLOWANCE);
}

static void pages_of_the_loader_are_free(void)
{
    struct object_facts object = {.static_bytes = 1 << 20};
    struct outside start = {.variables = 4096}, now = {.variables = 12288};

    CHECK(outside_counted(&start, &now, &object) == 8192 - STATIC_ALLOWANCE);
    start.variables = now.variables = 1 << 20; /* touched by relocations */
    CHECK(outside_counted(&start, &now, &object) ==
          (1 << 20) - LOADED_ALLOWANCE - STATIC_ALLOWANCE);
}

static void constants_are_not_written(void)
{
    CHECK(counted((struct outside){.constants = 8192}, 100) ==
          8192 - STATIC_ALLOWANCE);
}

static void others_may_grow_a_little(void)
{
    struct object_facts object = {.static_bytes = 0};
    struct outside start = {.others = 100000};
    struct outside now = {.others = 100000 + OTHERS_ALLOWANCE};

    CHECK(outside_counted(&start, &now, &object) == 0);
    now.others += 4096;
    CHECK(outside_counted(&start, &now, &object) == 4096);
    CHECK(outside_counted(&now, &start, &object) == 0);
}

/* Of this very process: a mapping of its own, as if an object lay there. */
static void pages_are_counted_by_place(void)
{
    enum { PAGES = 8 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
    struct process self = {.pid = getpid()};
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct object_facts object = {
        .segment_count = 2,
        .segments = {{0, 2 * page, false}, {2 * page, size, true}}};

    CHECK(p != MAP_FAILED);
    if (access("/proc/self/smaps", R_OK) != 0)
        check_skip("/proc is not mounted");
    struct outside before =
        outside_measure(&self, &object, (uint64_t)(uintptr_t)p);
    CHECK(before.constants == 0 && before.variables == 0);
    CHECK(before.others > 0);
    memset(p, 1, 4 * page);
    struct outside now =
        outside_measure(&self, &object, (uint64_t)(uintptr_t)p);
    CHECK(now.constants + now.variables == 4 * page);
    CHECK(now.constants == 2 * page);
}

static const struct test tests[] = {
    {"small-variables-are-free", small_variables_are_free},
    {"large-tables-cost-what-is-touched", large_tables_cost_what_is_touched},
    {"pages-of-the-loader-are-free", pages_of_the_loader_are_free},
    {"constants-are-not-written", constants_are_not_written},
    {"others-may-grow-a-little", others_may_grow_a_little},
    {"pages-are-counted-by-place", pages_are_counted_by_place},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
