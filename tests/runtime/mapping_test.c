/*
 * mapping_test.c - mappings of the runtime keep their promises.
 */
#define _GNU_SOURCE
#include "family.h"

#include "../../runtime/mapping.h"

#include <sys/mman.h>

static const size_t most = PTRDIFF_MAX;

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

/* Whether writing ends a process. */
static bool is_closed(char *at)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile char *)at = 1;
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

static bool is_guarded(char *mapping, size_t size)
{
    return is_closed(mapping + mapping_size(size)) &&
           is_closed(mapping + mapping_size(size) + GUARD - 1);
}

static bool is_mapped(char *at)
{
    unsigned char in;

    return mincore(at, 1, &in) == 0;
}

static void has_whole_pages(void)
{
    char *mapping = mapping_new(1, PAGE + 1);

    CHECK(mapping_size(1) == PAGE && mapping_size(PAGE) == PAGE);
    CHECK(mapping_size(PAGE + 1) == 2 * PAGE && at_multiple(mapping, PAGE));
    CHECK(is_zero((unsigned char *)mapping, 2 * PAGE));
    fill(mapping, 2 * PAGE, 1);
    CHECK(is_guarded(mapping, PAGE + 1));
    mapping_delete(mapping, PAGE + 1);
    CHECK(!is_mapped(mapping) && !is_mapped(mapping + 2 * PAGE + GUARD - 1));
}

static void aligns(void)
{
    size_t highest = SIZE_MAX > UINT32_MAX ? (size_t)MIB << 12 : 256 * MIB;

    for (size_t align = 1; align <= highest; align *= 2) {
        size_t before = status_bytes("VmSize:");
        char *mapping = mapping_new(align, 3 * PAGE);
        CHECK(mapping && at_multiple(mapping, align));
        CHECK(status_bytes("VmSize:") == before + 3 * PAGE + GUARD);
        fill(mapping, 3 * PAGE, 1);
        CHECK(is_guarded(mapping, 3 * PAGE));
        mapping_delete(mapping, 3 * PAGE);
        CHECK(status_bytes("VmSize:") == before);
    }
}

/* Everything around it stays, and nothing is lost. */
static void resizes(void)
{
    static const size_t sizes[] = {1 << 20, 5 << 20,  3, 70000, 69000,
                                   1 << 17, 60 << 20, 1 << 20};
    size_t old = 100, before = status_bytes("VmSize:");
    char *mapping = mapping_new(1, old);

    fill(mapping, 100, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; old = sizes[i++]) {
        size_t kept = old < sizes[i] ? old : sizes[i];
        mapping = mapping_resize(mapping, old, sizes[i]);
        CHECK(mapping && holds(mapping, kept < 100 ? kept : 100, 1));
        fill(mapping, sizes[i], 1);
        CHECK(is_guarded(mapping, sizes[i]));
        CHECK(status_bytes("VmSize:") ==
              before + mapping_size(sizes[i]) + GUARD);
    }
    mapping_delete(mapping, old);
    CHECK(status_bytes("VmSize:") == before);
}

static void a_resize_copies_no_page(void)
{
    size_t size = 256 * MIB;
    char *mapping = mapping_new(1, size);

    mapping[0] = mapping[size - 1] = 1;
    size_t before = resident();
    CHECK((mapping = mapping_resize(mapping, size, 2 * size)));
    CHECK(mapping[0] == 1 && mapping[size - 1] == 1);
    CHECK(mapping[size] == 0 && mapping[2 * size - 1] == 0);
    CHECK(resident() < before + 8 * MIB);
    mapping_delete(mapping, 2 * size);
}

/* A process of 32 bits may get 2 GiB in one piece otherwise. */
static void use_up_addresses(void)
{
    int access = PROT_NONE, flags = MAP_PRIVATE | MAP_ANONYMOUS;

    while (mmap(NULL, 256 * MIB, access, flags, -1, 0) != MAP_FAILED)
        continue;
}

static void refuses_what_cannot_be(void)
{
    char *mapping = mapping_new(1, 100);

    fill(mapping, 100, 1);
    if (SIZE_MAX == UINT32_MAX)
        use_up_addresses();
    CHECK(!mapping_new(1, most) && !mapping_new(most / 2 + 1, 1));
    CHECK(!mapping_new(most / 4 + 1, most / 4 * 3));
    CHECK(!mapping_resize(mapping, 100, most));
    CHECK(holds(mapping, 100, 1) && is_guarded(mapping, 100));
    mapping_delete(mapping, 100);
}

/* Twice as much, where the system has no place for both at a time. */
static void grows_under_a_limit(void)
{
    size_t size = 64 * MIB;
    char *mapping = mapping_new(1, size);
    size_t space = status_bytes("VmSize:") + size + 4 * MIB;

    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){space, space}) == 0);
    fill(mapping, size, 1);
    CHECK(!mapping_new(1, 2 * size));
    CHECK((mapping = mapping_resize(mapping, size, 2 * size)));
    CHECK(holds(mapping, size, 1));
    CHECK(!mapping_resize(mapping, 2 * size, 3 * size));
    fill(mapping, 2 * size, 2);
}

static const struct test tests[] = {
    {"has-whole-pages", has_whole_pages},
    {"aligns", aligns},
    {"resizes", resizes},
    {"a-resize-copies-no-page", a_resize_copies_no_page},
    {"refuses-what-cannot-be", refuses_what_cannot_be},
    {"grows-under-a-limit", grows_under_a_limit},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
