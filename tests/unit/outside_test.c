/*
 * outside_test.c - which bytes outside memlib count.
 */
#include "../check.h"

#include "check/outside.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct outside none;
static const struct outside_use nothing;

static uint64_t counted_since(struct outside start, struct outside now,
                              size_t declared)
{
    struct object_facts object = {.static_bytes = declared};

    return outside_counted(outside_used(&start, &now, &object), nothing);
}

static uint64_t counted(struct outside now, size_t declared)
{
    return counted_since(none, now, declared);
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
    struct outside start = {.variables = 4096}, now = {.variables = 12288};

    CHECK(counted_since(start, now, 1 << 20) == 8192 - STATIC_ALLOWANCE);
    start.variables = now.variables = 1 << 20; /* touched by relocations */
    CHECK(counted_since(start, now, 1 << 20) ==
          (1 << 20) - LOADED_ALLOWANCE - STATIC_ALLOWANCE);
}

static void constants_are_not_written(void)
{
    CHECK(counted((struct outside){.constants = 8192}, 100) ==
          8192 - STATIC_ALLOWANCE);
}

static void others_may_grow_a_little(void)
{
    struct outside start = {.others = 100000};
    struct outside now = {.others = 100000 + OTHERS_ALLOWANCE};

    CHECK(counted_since(start, now, 0) == 0);
    now.others += 4096;
    CHECK(counted_since(start, now, 0) == 4096);
    CHECK(counted_since(now, start, 0) == 0);
}

static void what_is_known_does_not_count_again(void)
{
    struct outside_use used = {.object = 100000, .others = 50000};

    CHECK(outside_counted(used, used) == 0);
    CHECK(outside_counted(used, (struct outside_use){100000, 0}) ==
          50000 - OTHERS_ALLOWANCE);
    CHECK(outside_counted(used, (struct outside_use){40000, 60000}) ==
          60000 - STATIC_ALLOWANCE);
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
        outside_measure(&self, &object, (uint64_t)(uintptr_t)p, NULL);
    CHECK(before.constants == 0 && before.variables == 0);
    CHECK(before.others > 0);
    memset(p, 1, 4 * page);
    struct outside now =
        outside_measure(&self, &object, (uint64_t)(uintptr_t)p, NULL);
    CHECK(now.constants + now.variables == 4 * page);
    CHECK(now.constants == 2 * page);
    CHECK(now.others > 0);
    /* Were all of it valgrind's own: */
    struct counter_range all[COUNTER_RANGES] = {{0, UINT64_MAX}};
    now = outside_measure(&self, &object, (uint64_t)(uintptr_t)p, all);
    CHECK(now.constants + now.variables + now.others == 0);
}

static const struct test tests[] = {
    {"small-variables-are-free", small_variables_are_free},
    {"large-tables-cost-what-is-touched", large_tables_cost_what_is_touched},
    {"pages-of-the-loader-are-free", pages_of_the_loader_are_free},
    {"constants-are-not-written", constants_are_not_written},
    {"others-may-grow-a-little", others_may_grow_a_little},
    {"what-is-known-does-not-count-again", what_is_known_does_not_count_again},
    {"pages-are-counted-by-place", pages_are_counted_by_place},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
