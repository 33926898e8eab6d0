/*
 * misuse.c - programs that misuse malloc, one per run.
 *
 *     misuse                  list them: KIND TAB SIZE TAB mm's message, if any
 *     misuse KIND SIZE [used] run one
 *     misuse --each [used]    run each in a process of its own, whose heap is
 *                             hardly used yet, or is in use: KIND TAB SIZE TAB
 *                             1 if it was caught, else 0
 *
 * SIZE is small, medium, large, a number of bytes, or - where a kind has no
 * size. A misuse is caught if its process is ended by a signal, at the misuse
 * or in what an ordinary program does next, or if it has no effect: what a
 * program reads without right is not what another block held, an impossible
 * request fails. A run prints "no effect" or "went through", if it is not
 * ended.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECRET = 'S', OTHERS = 8, FAR = 64 << 10, NO_EFFECT = 1, ABSENT = 2 };

/* The compiler must not draw conclusions from the addresses of these blocks. */
static char *volatile block, *volatile other;
static volatile char sink;

/* ---- What programs do before and after. ---- */

static void *filled(size_t size, int byte)
{
    void *new = malloc(size);

    return new ? memset(new, byte, size) : NULL;
}

/* Use the heap: blocks of many sizes, every second of which is freed again. */
static void use_heap(void)
{
    enum { BLOCKS = 4000 };
    static void *blocks[BLOCKS];
    uint32_t random = 1;

    for (size_t i = 0; i < BLOCKS; i++) {
        random = random * 1664525 + 1013904223;
        blocks[i] = filled(random >> (i % 100 == 0 ? 14 : 23), 'u');
    }
    for (size_t i = 0; i < BLOCKS; i += 2)
        free(blocks[i]);
}

/* Allocate and free some blocks of that size. */
static void go_on(size_t size)
{
    void *blocks[OTHERS];

    for (int i = 0; i < OTHERS; i++)
        blocks[i] = filled(size, 'o');
    for (int i = 0; i < OTHERS; i++)
        free(blocks[i]);
}

/* The same, so often that a block which waits for its reuse is used again. */
static void go_on_for_long(size_t size)
{
    void *blocks[OTHERS];

    for (int i = 0; i < 300; i++)
        free(malloc(size));
    for (int i = 0; i < OTHERS; i++)
        blocks[i] = malloc(size);
    for (int i = 0; i < OTHERS; i++)
        free(blocks[i]);
}

static void no_effect_if(bool none)
{
    if (none) {
        puts("no effect");
        fflush(stdout);
        _exit(NO_EFFECT);
    }
}

/* How much of a secret is in size bytes at `at`. */
static size_t secret_bytes(const char *at, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += at[i] == SECRET;
    return count;
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

/* ---- Accesses beyond the block. ---- */

/* A block between two others; its first byte behind its end. */
static char *end_of_block(size_t size)
{
    other = filled(size, SECRET);
    block = filled(size, 'b');
    other = filled(size, SECRET);
    return block + malloc_usable_size(block);
}

static void write_at(char *at, size_t bytes, size_t size)
{
    memset(at, 'w', bytes);
    free(block);
    go_on(size);
}

static void read_at(const char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        sink = at[i];
}

static void write_1_past(size_t size)
{
    write_at(end_of_block(size), 1, size);
}

static void write_32_past(size_t size)
{
    write_at(end_of_block(size), 32, size);
}

static void write_next(size_t size)
{
    write_at(end_of_block(size), size, size);
}

static void write_far(size_t size)
{
    write_at(end_of_block(size) + FAR, 1, size);
}

static void write_all_far(size_t size)
{
    write_at(end_of_block(size), FAR, size);
}

static void write_zero_past(size_t size)
{
    *end_of_block(size) = 0;
    free(block);
    go_on(size);
}

static void write_past_grown(size_t size)
{
    block = filled(size / 2, 'b');
    other = filled(size, SECRET);
    block = realloc(block, size);
    write_at(block + malloc_usable_size(block), 8, size);
}

static void write_past_and_realloc(size_t size)
{
    memset(end_of_block(size), 'w', 8);
    block = realloc(block, 2 * size);
    go_on(size);
}

static void write_1_under(size_t size)
{
    end_of_block(size);
    write_at(block - 1, 1, size);
}

static void write_16_under(size_t size)
{
    end_of_block(size);
    write_at(block - 16, 16, size);
}

static void write_far_under(size_t size)
{
    end_of_block(size);
    write_at(block - FAR, 1, size);
}

static void read_1_past(size_t size)
{
    read_at(end_of_block(size), 1);
}

static void read_32_past(size_t size)
{
    read_at(end_of_block(size), 32);
}

static void read_next(size_t size)
{
    read_at(end_of_block(size), size);
}

static void read_far(size_t size)
{
    read_at(end_of_block(size) + FAR, 1);
}

static void read_1_under(size_t size)
{
    end_of_block(size);
    read_at(block - 1, 1);
}

static void read_16_under(size_t size)
{
    end_of_block(size);
    read_at(block - 16, 16);
}

static void read_far_under(size_t size)
{
    end_of_block(size);
    read_at(block - FAR, 1);
}

/* Compilers warn of a 0 that they see. */
static volatile const size_t zero = 0;

static void write_zero_size(size_t size)
{
    block = malloc(zero);
    *block = (char)size;
    free(block);
}

static void read_zero_size(size_t size)
{
    (void)size;
    block = malloc(zero);
    sink = *block;
}

static void write_zero_calloc(size_t size)
{
    block = calloc(0, size);
    *block = 1;
    free(block);
}

static void write_zero_realloc(size_t size)
{
    block = realloc(NULL, 0);
    block[0] = (char)size;
    free(block);
}

/* ---- Accesses after free. ---- */

static void read_after_free(size_t size)
{
    block = filled(size, SECRET);
    other = filled(size, 'o');
    free(block);
    no_effect_if(secret_bytes(block, size) <= size / 8);
}

static void read_after_realloc(size_t size)
{
    block = filled(size, SECRET);
    other = filled(size, 'o');
    char *moved = realloc(block, 4 * size);
    no_effect_if(moved == block || secret_bytes(block, size) <= size / 8);
}

/* Another block's contents, through a pointer to a block that was freed. */
static void read_after_reuse(size_t size)
{
    block = filled(size, 'b');
    free(block);
    other = filled(size, SECRET);
    no_effect_if(secret_bytes(block, size) <= size / 8);
}

static void write_after_free(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    block[size / 2] = 'w';
    go_on(size);
}

static void write_after_free_for_long(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    block[size / 2] = 'w';
    go_on_for_long(size);
}

/* The link of a free block becomes the address that malloc returns next. */
static void link_overwritten(size_t size)
{
    static _Alignas(64) char target[64];

    block = malloc(size);
    other = malloc(size);
    free(other);
    free(block);
    *(void **)block = target;
    for (int i = 0; i < OTHERS; i++)
        *(char *)filled(size, 'o') = 'o';
}

static void write_after_free_at_start(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    memset(block, 0x41, 16);
    go_on(size);
}

static void write_after_reuse(size_t size)
{
    block = malloc(size);
    free(block);
    other = filled(size, 'o');
    block[size / 2] = 'w';
    free(other);
    go_on(size);
}

/* ---- Addresses that are no blocks. ---- */

static void free_unset(size_t size)
{
    void *addresses[4];

    memset(addresses, 0x41, sizeof addresses);
    block = addresses[size % 4];
    free(block);
}

static void free_small_number(size_t size)
{
    block = (char *)(uintptr_t)(0x1230 + size / 16 * 16);
    free(block);
}

static void free_never_allocated(size_t size)
{
    block = malloc(size);
    free(block + ((size_t)1 << 30));
}

static void free_stack(size_t size)
{
    _Alignas(16) char here[64] = {(char)size};

    block = here;
    free(block);
}

static void free_static(size_t size)
{
    static _Alignas(16) char here[64];

    here[0] = (char)size;
    block = here;
    free(block);
}

/* As an attacker would, with what looks like a header of glibc before it. */
static void free_forged(size_t size)
{
    static _Alignas(16) size_t here[1 << 16];

    here[1] = ((size & ~(size_t)15) + 16) | 1;
    here[1 + here[1] / sizeof(size_t)] = 0x21;
    block = (char *)&here[2];
    free(block);
    other = malloc(size);
    no_effect_if(other != block);
}

static void free_mapped(size_t size)
{
    block = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    free(block);
}

static void free_inside(size_t size)
{
    block = filled(size, 'b');
    other = filled(size, 'o');
    free(block + 16);
}

static void free_middle(size_t size)
{
    block = filled(size, 0);
    free(block + size / 2 / 16 * 16);
}

static void free_unaligned(size_t size)
{
    block = filled(size, 'b');
    free(block + 8);
}

static void free_one_off(size_t size)
{
    block = filled(size, 'b');
    free(block + 1);
}

static void free_behind(size_t size)
{
    block = filled(size, 'b');
    free(block + size / 16 * 16 + 16);
}

static void free_inside_aligned(size_t size)
{
    block = aligned_alloc(4096, (size / 4096 + 1) * 4096);
    memset(block, 0, (size / 4096 + 1) * 4096);
    free(block + 2048);
}

/* ---- Blocks freed twice. ---- */

static void free_twice(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    free(block);
}

static void free_twice_at_top(size_t size)
{
    block = malloc(size);
    free(block);
    free(block);
}

static void free_twice_interleaved(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    free(other);
    free(block);
}

static void free_twice_much_later(size_t size)
{
    block = malloc(size);
    void *blocks[100];
    for (int i = 0; i < 100; i++)
        blocks[i] = malloc(size);
    free(block);
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    free(block);
}

static void free_twice_merged(size_t size)
{
    void *first = malloc(size);

    block = malloc(size);
    other = malloc(size);
    free(first);
    free(block);
    free(block);
}

/* The second free may give away the block of somebody else. */
static void free_twice_reused(size_t size)
{
    block = malloc(size);
    free(block);
    other = malloc(size);
    free(block);
    char *third = malloc(size);
    no_effect_if(third != other);
}

static void *frees(void *unused)
{
    free(block);
    return unused;
}

static void free_twice_by_threads(size_t size)
{
    pthread_t thread;

    block = malloc(size);
    other = malloc(size);
    pthread_create(&thread, NULL, frees, NULL);
    pthread_join(thread, NULL);
    free(block);
}

static void free_twice_with_threads(size_t size)
{
    with_threads();
    free_twice(size);
}

static void free_inside_with_threads(size_t size)
{
    with_threads();
    free_inside(size);
}

static void free_after_realloc(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    char *moved = realloc(block, 4 * size);
    no_effect_if(moved == block);
    free(block);
}

/* ---- Other calls with what is no block. ---- */

static void realloc_freed(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    block = realloc(block, 2 * size);
}

static void realloc_inside(size_t size)
{
    block = filled(size, 'b');
    block = realloc(block + 16, 2 * size);
}

static void realloc_unaligned(size_t size)
{
    block = filled(size, 'b');
    block = realloc(block + 1, size);
}

static void size_of_freed(size_t size)
{
    block = malloc(size);
    other = malloc(size);
    free(block);
    no_effect_if(malloc_usable_size(block) == 0);
}

static void size_of_inside(size_t size)
{
    block = filled(size, 0);
    no_effect_if(malloc_usable_size(block + 16) == 0);
}

static void size_of_unaligned(size_t size)
{
    block = filled(size, 'b');
    no_effect_if(malloc_usable_size(block + 1) == 0);
}

static void size_of_static(size_t size)
{
    static _Alignas(16) char here[64] = "not of the heap, for sure";

    here[63] = (char)size;
    no_effect_if(malloc_usable_size(here + 16) == 0);
}

/* ---- Sizes and types that are not the block's. ---- */

/* A function of C++ or of C23, the preloaded one before the library's. */
static void *function(const char *name)
{
    dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL);
    void *found = dlsym(RTLD_DEFAULT, name);
    if (!found)
        _exit(ABSENT);
    return found;
}

static void *new_one(size_t size)
{
    return ((void *(*)(size_t))function("_Znwm"))(size);
}

static void delete_sized(void *ptr, size_t size)
{
    ((void (*)(void *, size_t))function("_ZdlPvm"))(ptr, size);
}

static void delete_larger(size_t size)
{
    block = new_one(size);
    delete_sized(block, 2 * size);
    go_on(size);
}

static void delete_smaller(size_t size)
{
    block = new_one(size);
    delete_sized(block, size / 2);
    go_on(size);
}

/* A struct with one more pointer in it. */
static void delete_of_type(size_t size)
{
    block = new_one(size);
    delete_sized(block, size + 8);
    go_on(size);
}

static void delete_array_sized(size_t size)
{
    block = ((void *(*)(size_t))function("_Znam"))(size);
    ((void (*)(void *, size_t))function("_ZdaPvm"))(block, 4 * size);
    go_on(size);
}

static void delete_misaligned(size_t size)
{
    block = new_one(size);
    other = new_one(size);
    block = (uintptr_t)block % 64 ? block : other;
    no_effect_if((uintptr_t)block % 64 == 0);
    ((void (*)(void *, size_t, size_t))function("_ZdlPvmSt11align_val_t"))(
        block, size, 64);
}

static void free_sized_larger(size_t size)
{
    block = malloc(size);
    ((void (*)(void *, size_t))function("free_sized"))(block, 2 * size);
}

static void free_sized_smaller(size_t size)
{
    block = malloc(size);
    ((void (*)(void *, size_t))function("free_sized"))(block, size / 2);
}

/* ---- Requests. ---- */

static void calloc_overflows(size_t size)
{
    size_t count = SIZE_MAX / size + 2;

    block = calloc(count, size);
    no_effect_if(!block);
}

static void reallocarray_overflows(size_t size)
{
    block = reallocarray(malloc(16), SIZE_MAX / size + 2, size);
    no_effect_if(!block);
}

static void malloc_negative(size_t size)
{
    block = malloc(-size);
    no_effect_if(!block);
}

static void realloc_negative(size_t size)
{
    block = realloc(malloc(size), -size);
    no_effect_if(!block);
}

/* ---- Contents of other blocks. ---- */

static void read_unset(size_t size)
{
    size_t found = 0;

    block = filled(size, SECRET);
    other = malloc(size);
    free(block);
    for (int i = 0; i < OTHERS; i++)
        found += secret_bytes(malloc(size), size);
    no_effect_if(found <= size / 8);
}

static void read_unset_after_grown(size_t size)
{
    void *large = filled(4 * size, SECRET);

    block = filled(size, 'b');
    free(large);
    block = realloc(block, 4 * size);
    no_effect_if(secret_bytes(block + size, 3 * size) <= size / 8);
}

#define FREE_ALREADY "this block is free already"
#define NO_BLOCK "no block begins here"
#define NOT_OURS "this is no block of the heap"

/* message: of mm, which sees the misuse at once, whatever the size. */
struct misuse {
    const char *kind;
    void (*happens)(size_t);
    bool has_no_size;
    const char *message;
};

static const struct misuse misuses[] = {
    {"write 1 byte past the end", write_1_past, 0, ""},
    {"write a 0 past the end", write_zero_past, 0, ""},
    {"write 32 bytes past the end", write_32_past, 0, ""},
    {"write over the next block", write_next, 0, ""},
    {"write 64 KiB behind the end", write_far, 0, ""},
    {"write 64 KiB past the end", write_all_far, 0, ""},
    {"write past the end after realloc", write_past_grown, 0, ""},
    {"write past the end, realloc", write_past_and_realloc, 0, ""},
    {"write 1 byte under the start", write_1_under, 0, ""},
    {"write 16 bytes under the start", write_16_under, 0, ""},
    {"write 64 KiB under the start", write_far_under, 0, ""},
    {"read 1 byte past the end", read_1_past, 0, ""},
    {"read 32 bytes past the end", read_32_past, 0, ""},
    {"read the next block", read_next, 0, ""},
    {"read 64 KiB behind the end", read_far, 0, ""},
    {"read 1 byte under the start", read_1_under, 0, ""},
    {"read 16 bytes under the start", read_16_under, 0, ""},
    {"read 64 KiB under the start", read_far_under, 0, ""},
    {"write to malloc(0)", write_zero_size, 1, ""},
    {"read from malloc(0)", read_zero_size, 1, ""},
    {"write to calloc(0, n)", write_zero_calloc, 1, ""},
    {"write to realloc(NULL, 0)", write_zero_realloc, 1, ""},
    {"read after free", read_after_free, 0, ""},
    {"read after realloc", read_after_realloc, 0, ""},
    {"read after free and reuse", read_after_reuse, 0, ""},
    {"write after free", write_after_free, 0, ""},
    {"write after free, long ago", write_after_free_for_long, 0, ""},
    {"write to the start after free", write_after_free_at_start, 0, ""},
    {"write an address after free", link_overwritten, 0, ""},
    {"write after free and reuse", write_after_reuse, 0, ""},
    {"free an unset pointer", free_unset, 1, NOT_OURS},
    {"free a small number", free_small_number, 1, NOT_OURS},
    {"free what was never allocated", free_never_allocated, 1, NOT_OURS},
    {"free an address of the stack", free_stack, 1, NOT_OURS},
    {"free a static object", free_static, 1, NOT_OURS},
    {"free a forged block", free_forged, 0, NOT_OURS},
    {"free a mapping", free_mapped, 0, NOT_OURS},
    {"free 16 bytes inside", free_inside, 0, NO_BLOCK},
    {"free the middle", free_middle, 0, NO_BLOCK},
    {"free 8 bytes inside", free_unaligned, 0, NOT_OURS},
    {"free 1 byte inside", free_one_off, 0, NOT_OURS},
    {"free the end", free_behind, 0, ""},
    {"free inside an aligned block", free_inside_aligned, 0, NO_BLOCK},
    {"free twice", free_twice, 0, FREE_ALREADY},
    {"free the last block twice", free_twice_at_top, 0, ""},
    {"free twice, another between", free_twice_interleaved, 0, ""},
    {"free twice, many between", free_twice_much_later, 0, ""},
    {"free twice, merged between", free_twice_merged, 0, ""},
    {"free twice, reused between", free_twice_reused, 0, ""},
    {"free in two threads", free_twice_by_threads, 0, FREE_ALREADY},
    {"free twice, after threads", free_twice_with_threads, 0, FREE_ALREADY},
    {"free 16 bytes inside, after threads", free_inside_with_threads, 0,
     NO_BLOCK},
    {"free what realloc moved", free_after_realloc, 0, ""},
    {"realloc after free", realloc_freed, 0, FREE_ALREADY},
    {"realloc 16 bytes inside", realloc_inside, 0, NO_BLOCK},
    {"realloc 1 byte inside", realloc_unaligned, 0, NOT_OURS},
    {"malloc_usable_size after free", size_of_freed, 0, FREE_ALREADY},
    {"malloc_usable_size inside", size_of_inside, 0, NO_BLOCK},
    {"malloc_usable_size 1 byte inside", size_of_unaligned, 0, NOT_OURS},
    {"malloc_usable_size of a static object", size_of_static, 1, NOT_OURS},
    {"delete with a larger size", delete_larger, 0, ""},
    {"delete with a smaller size", delete_smaller, 0, ""},
    {"delete as a type 8 bytes larger", delete_of_type, 0, ""},
    {"delete[] with a larger size", delete_array_sized, 0, ""},
    {"delete with a larger alignment", delete_misaligned, 0, ""},
    {"free_sized with a larger size", free_sized_larger, 0, ""},
    {"free_sized with a smaller size", free_sized_smaller, 0, ""},
    {"calloc that overflows", calloc_overflows, 0, ""},
    {"reallocarray that overflows", reallocarray_overflows, 0, ""},
    {"malloc of a negative size", malloc_negative, 0, ""},
    {"realloc to a negative size", realloc_negative, 0, ""},
    {"read an old secret in a new block", read_unset, 0, ""},
    {"read an old secret after realloc", read_unset_after_grown, 0, ""},
};

static const struct {
    const char *name;
    size_t bytes;
} sizes[] = {{"small", 40}, {"medium", 2000}, {"large", 200000}, {"-", 40}};

enum { MISUSES = sizeof misuses / sizeof *misuses, SIZES = 3, NO_SIZE = 3 };

/* ---- Runs. ---- */

/* Run one here. Its output is dropped. */
static _Noreturn void run_silently(void (*happens)(size_t), size_t size)
{
    int null = open("/dev/null", O_WRONLY);

    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    happens(size);
    _exit(0);
}

/* Run one in a process of its own. Without the function there is no line. */
static void run_in_child(const struct misuse *m, const char *name, size_t size)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        run_silently(m->happens, size);
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(3);
    if (WIFEXITED(status) && WEXITSTATUS(status) == ABSENT)
        return;
    printf("%s\t%s\t%d\n", m->kind, name,
           WIFSIGNALED(status) || WEXITSTATUS(status) == NO_EFFECT);
}

static void list_one(const struct misuse *m, const char *name, size_t size)
{
    (void)size;
    printf("%s\t%s\t%s\n", m->kind, name, m->message);
}

static void for_each(void (*call)(const struct misuse *, const char *, size_t))
{
    for (const struct misuse *m = misuses; m < misuses + MISUSES; m++)
        for (size_t i = m->has_no_size ? NO_SIZE : 0;
             i < (m->has_no_size ? NO_SIZE + 1 : SIZES); i++)
            call(m, sizes[i].name, sizes[i].bytes);
}

/* The bytes of a size, by its name or as a number. */
static size_t bytes_of(const char *name)
{
    for (int i = 0; i <= NO_SIZE; i++)
        if (strcmp(sizes[i].name, name) == 0)
            return sizes[i].bytes;
    return strtoul(name, NULL, 10);
}

static int run_here(const char *kind, const char *size)
{
    for (int i = 0; i < MISUSES; i++)
        if (strcmp(misuses[i].kind, kind) == 0) {
            misuses[i].happens(bytes_of(size));
            puts("went through");
            return 0;
        }
    return 3;
}

int main(int count, char **words)
{
    static char line[BUFSIZ]; /* so that stdio allocates nothing */

    setvbuf(stdout, line, _IOLBF, sizeof line);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (count < 2) {
        for_each(list_one);
    } else if (strcmp(words[1], "--each") == 0) {
        if (count > 2)
            use_heap();
        for_each(run_in_child);
    } else {
        if (count > 3)
            use_heap();
        return run_here(words[1], count > 2 ? words[2] : "-");
    }
    return 0;
}
