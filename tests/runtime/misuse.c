/*
 * misuse.c - programs that misuse malloc, one per run.
 *
 *     misuse            list them: NAME TAB the message expected TAB from whom
 *     misuse NAME       run one; it prints "unnoticed" if it is not ended
 *
 * A malloc that keeps its metadata apart from payloads can detect each of them.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <malloc.h>
#include <sys/mman.h>

/* The compiler must not draw conclusions from the addresses of these blocks. */
static void *volatile block, *volatile other;

static char *middle(size_t offset)
{
    return (char *)block + offset;
}

static void twice_small(void)
{
    block = malloc(40);
    free(block);
    free(block);
}

static void twice_with_others_between(void)
{
    block = malloc(40);
    other = malloc(40);
    free(block);
    free(other);
    free(block);
}

static void twice_medium(void)
{
    block = malloc(1000);
    other = malloc(1000);
    free(block);
    free(block);
}

static void twice_large(void)
{
    block = malloc(300000);
    other = malloc(16);
    free(block);
    free(block);
}

static void twice_after_merging(void)
{
    void *first = malloc(2000);

    block = malloc(2000);
    other = malloc(2000);
    free(first);
    free(block);
    free(block);
}

static void twice_at_the_top(void)
{
    block = malloc(1 << 20);
    free(block);
    free(block);
}

static void after_realloc_moved_it(void)
{
    block = malloc(1000);
    other = malloc(16);
    (void)!realloc(block, 100000);
    free(block);
}

static void inside_small(void)
{
    block = malloc(100);
    free(middle(16));
}

static void inside_unaligned(void)
{
    block = malloc(100);
    free(middle(8));
}

static void inside_by_one(void)
{
    block = malloc(100);
    free(middle(1));
}

static void inside_large(void)
{
    block = malloc(100000);
    for (size_t at = 16; at < 4096; at += 16)
        if (malloc_usable_size(block) > at && at == 33 * 16)
            free(middle(at));
}

static void inside_aligned(void)
{
    block = aligned_alloc(4096, 4096);
    free(middle(2048));
}

static void twice_huge(void)
{
    block = malloc((size_t)100 << 20);
    other = malloc((size_t)100 << 20);
    free(block);
    free(block);
}

static void inside_huge(void)
{
    block = malloc((size_t)100 << 20);
    free(middle(1 << 20));
}

static void realloc_of_free_huge(void)
{
    block = malloc((size_t)100 << 20);
    free(block);
    block = realloc(block, 1000);
}

static void on_the_stack(void)
{
    _Alignas(16) char here[64];

    block = here;
    free(block);
}

static void in_static_data(void)
{
    static _Alignas(16) char here[64];

    block = here;
    free(block);
}

static void mapped_by_hand(void)
{
    block = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    free(block);
}

static void never_allocated(void)
{
    block = malloc(100);
    free(middle((size_t)1 << 30));
}

static void any_number(void)
{
    block = (void *)(uintptr_t)0x1230;
    free(block);
}

static void realloc_of_free(void)
{
    block = malloc(100);
    free(block);
    block = realloc(block, 200);
}

static void realloc_inside(void)
{
    block = malloc(100);
    block = realloc(middle(32), 200);
}

static void size_of_free(void)
{
    block = malloc(600);
    other = malloc(600);
    free(block);
    printf("%zu\n", malloc_usable_size(block));
}

static void *idle(void *unused)
{
    return unused;
}

/* Run a second thread to its end, so that malloc uses magazines. */
static void with_threads(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, idle, NULL);
    pthread_join(thread, NULL);
}

static void twice_with_threads(void)
{
    with_threads();
    twice_small();
}

static void inside_with_threads(void)
{
    with_threads();
    inside_small();
}

static void *frees(void *unused)
{
    free(block);
    return unused;
}

static void once_in_each_thread(void)
{
    pthread_t thread;

    block = malloc(40);
    pthread_create(&thread, NULL, frees, NULL);
    pthread_join(thread, NULL);
    free(block);
}

/* ---- Faults that only a hardened malloc detects. ---- */

static void written_after_free(void)
{
    block = malloc(100);
    free(block);
    middle(0)[50] = 1;
    block = malloc(100);
}

static void written_past_its_end_into_a_free_one(void)
{
    char *blocks[3];

    for (int i = 0; i < 3; i++) /* the second and third lie side by side */
        blocks[i] = malloc(64);
    free(blocks[2]);
    block = blocks[1];
    memset(block, 1, 64 + 16);
    block = malloc(64);
}

static void link_overwritten(void)
{
    block = malloc(100);
    free(block);
    *(void **)block = (char *)block + 4096;
    block = malloc(100);
}

static void links_of_a_hole_overwritten(void)
{
    block = malloc(1000);
    other = malloc(1000);
    free(block);
    memset(block, 0x41, 16);
    block = malloc(1000);
}

/* After 400 of 608 bytes are taken, the rest fits the next request exactly. */
static void slot_of_an_exact_hole_overwritten(void)
{
    block = malloc(600);
    other = malloc(600);
    free(block);
    other = malloc(400);
    memset(middle(400 + 4), 0, 4);
    block = malloc(200);
}

#define FREE_ALREADY "this block is free already"
#define NO_BLOCK "no block begins here"
#define NOT_OURS "this is no block of the heap"
#define WRITTEN "a free block was written to"
#define LINK "the link of a free block was overwritten"

static const struct {
    const char *name, *message;
    void (*happens)(void);
    bool hardened;
} cases[] = {
    {"twice_small", FREE_ALREADY, twice_small, false},
    {"twice_with_others_between", FREE_ALREADY, twice_with_others_between,
     false},
    {"twice_medium", FREE_ALREADY, twice_medium, false},
    {"twice_large", FREE_ALREADY, twice_large, false},
    {"twice_after_merging", NO_BLOCK, twice_after_merging, false},
    {"twice_at_the_top", NOT_OURS, twice_at_the_top, false},
    {"after_realloc_moved_it", FREE_ALREADY, after_realloc_moved_it, false},
    {"inside_small", NO_BLOCK, inside_small, false},
    {"inside_unaligned", NOT_OURS, inside_unaligned, false},
    {"inside_by_one", NOT_OURS, inside_by_one, false},
    {"inside_large", NO_BLOCK, inside_large, false},
    {"inside_aligned", NO_BLOCK, inside_aligned, false},
    {"twice_huge", NOT_OURS, twice_huge, false},
    {"inside_huge", NOT_OURS, inside_huge, false},
    {"realloc_of_free_huge", NOT_OURS, realloc_of_free_huge, false},
    {"on_the_stack", NOT_OURS, on_the_stack, false},
    {"in_static_data", NOT_OURS, in_static_data, false},
    {"mapped_by_hand", NOT_OURS, mapped_by_hand, false},
    {"never_allocated", NOT_OURS, never_allocated, false},
    {"any_number", NOT_OURS, any_number, false},
    {"realloc_of_free", FREE_ALREADY, realloc_of_free, false},
    {"realloc_inside", NO_BLOCK, realloc_inside, false},
    {"size_of_free", FREE_ALREADY, size_of_free, false},
    {"twice_with_threads", FREE_ALREADY, twice_with_threads, false},
    {"inside_with_threads", NO_BLOCK, inside_with_threads, false},
    {"once_in_each_thread", FREE_ALREADY, once_in_each_thread, false},
    {"written_after_free", WRITTEN, written_after_free, true},
    {"written_past_its_end_into_a_free_one", WRITTEN,
     written_past_its_end_into_a_free_one, true},
    {"link_overwritten", LINK, link_overwritten, true},
    {"links_of_a_hole_overwritten", LINK, links_of_a_hole_overwritten, true},
    {"slot_of_an_exact_hole_overwritten", LINK,
     slot_of_an_exact_hole_overwritten, true},
};

int main(int count, char **words)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (count < 2)
            printf("%s\t%s\t%s\n", cases[i].name, cases[i].message,
                   cases[i].hardened ? "mm_hardened" : "mm");
        else if (strcmp(cases[i].name, words[1]) == 0)
            cases[i].happens();
    }
    if (count > 1)
        puts("unnoticed");
    return 0;
}
