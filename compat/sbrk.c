/*
 * sbrk.c - linked, with -Wl,--wrap=mem_sbrk, with hand-ins that declare
 * mem_sbrk themselves: HANDIN_SBRK is the type that they give its increment.
 */
#include <stdint.h>
#include <sys/types.h>

void *__real_mem_sbrk(intptr_t increment);
void *__wrap_mem_sbrk(HANDIN_SBRK increment);

void *__wrap_mem_sbrk(HANDIN_SBRK increment)
{
    return __real_mem_sbrk((intptr_t)increment);
}
