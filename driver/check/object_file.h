/*
 * object_file.h - what a shared object says of itself, without running it.
 */
#ifndef OBJECT_FILE_H
#define OBJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct object_facts {
    bool readable;       /* it is an ELF shared object */
    bool exports_lab;    /* mm_malloc */
    bool exports_malloc; /* malloc */
    size_t static_bytes; /* writable data: .data, .bss and thread-local */
    char idea[64];       /* mm_idea, "" where it is not exported; cut */
};

struct object_facts object_inspect(const char *path);

#endif
