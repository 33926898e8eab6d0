/*
 * new_delete.c - C++'s new and delete, by way of malloc and free.
 *
 * The recorder and each preloaded allocator contain this file. The new of the
 * C++ library calls malloc, and so the preloaded one. The new of jemalloc,
 * tcmalloc and mimalloc does not: in a program that is linked with one of
 * these, it would return blocks of that library, which the preloaded free does
 * not know. A preloaded library's new comes before both.
 *
 * A program may replace some of these functions by its own, and then the others
 * have to call the program's, as the C++ standard says of each. So each
 * function here calls another one through its exported name. The definitions
 * are libstdc++'s; without memory they call the next library's, which can
 * throw.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "misuse.h"

/* How size_t is mangled: as unsigned long, or as unsigned int. */
#if SIZE_MAX == UINT_MAX
#define N "j"
#else
#define N "m"
#endif
#define ALIGN "St11align_val_t"
#define NOTHROW "RKSt9nothrow_t"

struct nothrow; /* std::nothrow_t: it has no value */

void *new_one(size_t size) __asm__("_Znw" N);
void *new_array(size_t size) __asm__("_Zna" N);
void *new_one_aligned(size_t size, size_t align) __asm__("_Znw" N ALIGN);
void *new_array_aligned(size_t size, size_t align) __asm__("_Zna" N ALIGN);
void *try_one(size_t size, const struct nothrow *) __asm__("_Znw" N NOTHROW);
void *try_array(size_t size, const struct nothrow *) __asm__("_Zna" N NOTHROW);
void *try_one_aligned(size_t size, size_t align,
                      const struct nothrow *) __asm__("_Znw" N ALIGN NOTHROW);
void *try_array_aligned(size_t size, size_t align,
                        const struct nothrow *) __asm__("_Zna" N ALIGN NOTHROW);

void delete_one(void *ptr) __asm__("_ZdlPv");
void delete_array(void *ptr) __asm__("_ZdaPv");
void delete_one_sized(void *ptr, size_t size) __asm__("_ZdlPv" N);
void delete_array_sized(void *ptr, size_t size) __asm__("_ZdaPv" N);
void delete_one_aligned(void *ptr, size_t align) __asm__("_ZdlPv" ALIGN);
void delete_array_aligned(void *ptr, size_t align) __asm__("_ZdaPv" ALIGN);
void delete_one_sized_aligned(void *ptr, size_t size,
                              size_t align) __asm__("_ZdlPv" N ALIGN);
void delete_array_sized_aligned(void *ptr, size_t size,
                                size_t align) __asm__("_ZdaPv" N ALIGN);
void give_up_one(void *ptr, const struct nothrow *) __asm__("_ZdlPv" NOTHROW);
void give_up_array(void *ptr, const struct nothrow *) __asm__("_ZdaPv" NOTHROW);
void give_up_one_aligned(
    void *ptr, size_t align,
    const struct nothrow *) __asm__("_ZdlPv" ALIGN NOTHROW);
void give_up_array_aligned(
    void *ptr, size_t align,
    const struct nothrow *) __asm__("_ZdaPv" ALIGN NOTHROW);

/* ---- new: the two functions that get memory. ---- */

/* It may be the library of a plug-in, which RTLD_NEXT does not see. */
static void *next_of_plug_in(const char *name)
{
    static const char *const libraries[] = {"libstdc++.so.6", "libc++abi.so.1",
                                            "libc++.so.1"};
    void *library = NULL;

    for (size_t i = 0; !library && i < sizeof libraries / sizeof *libraries;
         i++)
        library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
    return library ? dlsym(library, name) : NULL;
}

/* The next library's function of that name; who calls new is in C++ and has
 * one. */
static void *next(const char *name)
{
    static const char message[] =
        "malloc lab: no memory, and no C++ library to say so\n";
    void *function = dlsym(RTLD_NEXT, name);

    if (!function)
        function = next_of_plug_in(name);
    if (!function) {
        (void)!write(STDERR_FILENO, message, sizeof message - 1);
        abort();
    }
    return function;
}

void *new_one(size_t size)
{
    void *block = malloc(size ? size : 1);

    if (block)
        return block;
    return ((void *(*)(size_t))next("_Znw" N))(size);
}

/* size as a multiple of align, as aligned_alloc demands; 0: it overflows. */
static size_t whole_size(size_t size, size_t align)
{
    return size ? (size + align - 1) & -align : align;
}

void *new_one_aligned(size_t size, size_t align)
{
    size_t whole = whole_size(size, align);
    void *block = whole ? aligned_alloc(align, whole) : NULL;

    if (block)
        return block;
    return ((void *(*)(size_t, size_t))next("_Znw" N ALIGN))(size, align);
}

/* ---- new: the functions that call one of these two. ---- */

void *new_array(size_t size)
{
    return new_one(size);
}

void *new_array_aligned(size_t size, size_t align)
{
    return new_one_aligned(size, align);
}

/*
 * These must catch what new throws, which C cannot. The two functions above do
 * not throw while there is memory. Where the program has replaced them, or
 * there is no memory, the next library's function is called.
 */
extern __typeof(new_one) own_one
    __attribute__((alias("_Znw" N), visibility("hidden")));
extern __typeof(new_one_aligned) own_aligned
    __attribute__((alias("_Znw" N ALIGN), visibility("hidden")));

void *try_one(size_t size, const struct nothrow *tag)
{
    void *block = new_one == own_one ? malloc(size ? size : 1) : NULL;

    if (block)
        return block;
    return ((void *(*)(size_t, const struct nothrow *))next("_Znw" N NOTHROW))(
        size, tag);
}

void *try_one_aligned(size_t size, size_t align, const struct nothrow *tag)
{
    size_t whole = whole_size(size, align);
    void *block = NULL;

    if (whole && new_one_aligned == own_aligned)
        block = aligned_alloc(align, whole);
    if (block)
        return block;
    return ((void *(*)(size_t, size_t, const struct nothrow *))next(
        "_Znw" N ALIGN NOTHROW))(size, align, tag);
}

void *try_array(size_t size, const struct nothrow *tag)
{
    return try_one(size, tag);
}

void *try_array_aligned(size_t size, size_t align, const struct nothrow *tag)
{
    return try_one_aligned(size, align, tag);
}

/*
 * ---- delete. ----
 *
 * A preloaded allocator has misuse_check_size, the recorder has not. It is
 * called only where new and delete are this file's, whose blocks are malloc's.
 */
#pragma weak misuse_check_size

#define OWN(function, symbol)                \
    extern __typeof(function) own_##function \
        __attribute__((alias(symbol), visibility("hidden")))
OWN(new_array, "_Zna" N);
OWN(delete_one, "_ZdlPv");
OWN(delete_array, "_ZdaPv");

static void check(void *ptr, size_t align, size_t size)
{
    if (misuse_check_size && new_one == own_one &&
        new_one_aligned == own_aligned && new_array == own_new_array &&
        delete_one == own_delete_one && delete_array == own_delete_array)
        misuse_check_size(ptr, align, size);
}

void delete_one(void *ptr)
{
    free(ptr);
}

void delete_one_aligned(void *ptr, size_t align)
{
    check(ptr, align, 0);
    free(ptr);
}

void delete_array(void *ptr)
{
    delete_one(ptr);
}

void delete_one_sized(void *ptr, size_t size)
{
    check(ptr, 1, size);
    delete_one(ptr);
}

void delete_array_sized(void *ptr, size_t size)
{
    check(ptr, 1, size);
    delete_array(ptr);
}

void give_up_one(void *ptr, const struct nothrow *tag)
{
    (void)tag;
    delete_one(ptr);
}

void give_up_array(void *ptr, const struct nothrow *tag)
{
    (void)tag;
    delete_array(ptr);
}

void delete_array_aligned(void *ptr, size_t align)
{
    delete_one_aligned(ptr, align);
}

void delete_one_sized_aligned(void *ptr, size_t size, size_t align)
{
    check(ptr, align, whole_size(size, align));
    delete_one_aligned(ptr, align);
}

void delete_array_sized_aligned(void *ptr, size_t size, size_t align)
{
    check(ptr, align, whole_size(size, align));
    delete_array_aligned(ptr, align);
}

void give_up_one_aligned(void *ptr, size_t align, const struct nothrow *tag)
{
    (void)tag;
    delete_one_aligned(ptr, align);
}

void give_up_array_aligned(void *ptr, size_t align, const struct nothrow *tag)
{
    (void)tag;
    delete_array_aligned(ptr, align);
}
