/*
 * object_file.h - facts of a shared object, read without loading it.
 */
#ifndef OBJECT_FILE_H
#define OBJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct object_facts {
    bool readable;       /* it is an ELF shared object */
    bool exports_lab;    /* it exports mm_malloc */
    bool exports_malloc; /* it exports malloc */
    size_t static_bytes; /* size of .data, .bss and thread-local data */
    bool asks_valgrind;  /* it has the code of a client request of valgrind */
    char idea[64];       /* the start of mm_idea; "" if it is not exported */
};

/* The facts of the file at path; all zero if it is not a shared object. */
struct object_facts object_inspect(const char *path);

#endif
