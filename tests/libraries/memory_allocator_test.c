/*
 * memory_allocator_test.c - memalloc and its kin keep what memory_allocator.h
 * promises.
 */
#define _GNU_SOURCE
#include "memory_allocator.h"

enum { LARGE = MMAP_THRESHOLD };

#include "mappings.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

const volatile struct subject subject = {
    .allocate = memalloc,
    .allocate_zeroed = defalloc,
    .resize = memresize,
    .release = memfree,
    MAPPINGS_SUBJECT,
};

/* ---- memdup. ---- */

static void memdup_copies(void)
{
    for (unsigned i = 0; i < size_count(); i++) {
        unsigned char *source = at_the_edge(sizes[i]), *copy;

        fill(source, sizes[i], i);
        errno = NEVER;
        copy = memdup(source, sizes[i]);
        CHECK(is_aligned(copy, ALIGN) && copy != source && errno == NEVER);
        CHECK(filled(copy, sizes[i], i));
        memset(copy, 0, sizes[i]);
        CHECK(filled(source, sizes[i], i));
        memfree(copy);
    }
}

static void memdup_of_own_blocks(void)
{
    unsigned char *p = fresh(100, 1), *copy = memdup(p, 50);

    CHECK(copy && copy != p);
    memset(p, 0, 100);
    CHECK(filled(copy, 50, 1));
    copy = memresize(copy, 3000);
    CHECK(copy && filled(copy, 50, 1));
}

static void memdup_refuses(void)
{
    size_t size = 1000;
    unsigned char *p = last_block(&size, 1);

    errno = NEVER;
    CHECK(null_without_error(memdup(p, 0)));
    CHECK(!memdup(NULL, 10) && errno == EINVAL);
    errno = NEVER;
    CHECK(!memdup(NULL, SIZE_MAX) && errno == EINVAL);
    CHECK(no_memory(memdup(p, SIZE_MAX)) && no_memory(memdup(p, PTRDIFF_MAX)));
    shortage_begins();
    CHECK(no_memory(memdup(p, 100)) && no_memory(memdup(p, LARGE)));
    shortage_ends();
    CHECK(filled(p, size, 1));
}

/* ---- memoryset. ---- */

/* memoryset of bytes[from..from + size): that, and nothing beside it? */
static bool sets(size_t from, size_t size, int value)
{
    static _Alignas(16) unsigned char bytes[160];

    memset(bytes, 0x5a, sizeof bytes);
    return memoryset(bytes + from, value, size) == bytes + from &&
           all_are(bytes, from, 0x5a) &&
           all_are(bytes + from, size, (unsigned char)value) &&
           all_are(bytes + from + size, sizeof bytes - from - size, 0x5a);
}

static void memoryset_sets_bytes(void)
{
    static const int values[] = {0, 1, 0x7f, 0x80, 0xff, -1, -2, 256, 0x1234};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t from = 0; from < 24; from++)
            for (size_t size = 0; size < 100; size++)
                CHECK(sets(from, size, values[i]));
}

static void memoryset_stops_at_the_edge(void)
{
    for (size_t size = 0; size < 3 * page_size(); size += 1 + size / 16) {
        unsigned char *p = at_the_edge(size);

        errno = NEVER;
        CHECK(memoryset(p, 0x77, size) == p && errno == NEVER);
        CHECK(all_are(p, size, 0x77));
    }
}

/* ---- Mappings. ---- */

static void mappings_shrink_in_place(void)
{
    unsigned char *p = fresh(10 * LARGE, 1);

    CHECK(memresize(p, 5 * LARGE) == p && filled(p, 5 * LARGE, 1));
    CHECK(is_there(p + 5 * LARGE - 1) && !is_there(p + 6 * LARGE));
    CHECK(!is_there(p + 10 * LARGE - 1));
    CHECK(memresize(p, LARGE) == p && filled(p, LARGE, 1));
    CHECK(!is_there(p + 5 * LARGE - 1));
    memfree(p);
    CHECK(!is_there(p) && !is_there(p + LARGE - 1));
}

/* From here on munmap fails, as where a process has too many mappings. */
static void refuse_unmaps(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_munmap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    void *page =
        mmap(NULL, page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        check_skip("no filter of system calls");
    CHECK(munmap(page, page_size()) == -1 && errno == ENOMEM);
}

static void refused_unmaps_go_unnoticed(void)
{
    unsigned char *a = fresh(4 * LARGE, 1), *b = fresh(LARGE, 2);

    refuse_unmaps();
    errno = NEVER;
    CHECK(memresize(a, 2 * LARGE) == a && filled(a, 2 * LARGE, 1));
    CHECK((b = memresize(b, 100)) && filled(b, 100, 2));
    /* It has kept the pages that the system did not take. */
    CHECK(memresize(a, 4 * LARGE) == a && filled(a, 4 * LARGE, 1));
    memfree(a);
    CHECK(errno == NEVER);
    _exit(0); /* a sanitizer's own exit unmaps */
}

static const struct test tests[] = {
    CONFORMANCE_TESTS,
    BREAK_TESTS,
    MAPPING_TESTS,
    {"memdup-copies", memdup_copies},
    {"memdup-of-own-blocks", memdup_of_own_blocks},
    {"memdup-refuses", memdup_refuses},
    {"memoryset-sets-bytes", memoryset_sets_bytes},
    {"memoryset-stops-at-the-edge", memoryset_stops_at_the_edge},
    {"mappings-shrink-in-place", mappings_shrink_in_place},
    {"refused-unmaps-go-unnoticed", refused_unmaps_go_unnoticed},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
