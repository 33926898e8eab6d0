/*
 * object_file.h - facts of a shared object, read without loading it.
 */
#ifndef OBJECT_FILE_H
#define OBJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJECT_SEGMENTS = 16 };

/* What the loader maps: addresses from where the object is loaded. */
struct object_segment {
    uint64_t start, end;
    bool writable;
};

struct object_facts {
    bool readable;        /* it is an ELF shared object */
    bool exports_lab;     /* it exports mm_malloc */
    bool exports_malloc;  /* it exports malloc */
    size_t static_bytes;  /* size of .data, .bss and thread-local data */
    size_t linkers_bytes; /* of the linker's sections that do not count */
    bool asks_valgrind;   /* it has the code of a client request of valgrind */
    char idea[64];        /* the start of mm_idea; "" if it is not exported */
    size_t segment_count;
    struct object_segment segments[OBJECT_SEGMENTS];
    /*
     * Why it cannot be judged without trust: loading it would run its code, or
     * bring other objects. A clause such as "has ..."; "" if it can be.
     */
    char refusal[256];
};

/* The facts of the file at path; all zero if it is not a shared object. */
struct object_facts object_inspect(const char *path);

#endif
