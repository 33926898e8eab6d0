/*
 * patch_code.h - make a function of libc jump to another one.
 */
#ifndef PATCH_CODE_H
#define PATCH_CODE_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

static inline void patch_code(void *function, void *other)
{
    uintptr_t page = (uintptr_t)function & -(uintptr_t)4096;
    unsigned char jump[12] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0};

    memcpy(jump + 2, &other, 8); /* mov rax, other; jmp rax */
    if (mprotect((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
        memcpy(function, jump, sizeof jump);
}

#endif
