/*
 * valgrind_request.h - the instructions by which a program speaks to valgrind;
 * without valgrind they do nothing. The numbers are those of its headers.
 */
#ifndef VALGRIND_REQUEST_H
#define VALGRIND_REQUEST_H

enum {
    RUNNING_ON_VALGRIND = 0x1001,
    CALLGRIND_ZERO_STATS = 0x43540001,
    CALLGRIND_TOGGLE_COLLECT = 0x43540002,
    CALLGRIND_STOP_INSTRUMENTATION = 0x43540005
};

/* Returns 0 without valgrind. */
static inline unsigned long valgrind_request(unsigned long number)
{
    volatile unsigned long request[6] = {number, 0, 0, 0, 0, 0};
    unsigned long answer = 0;

    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi; rolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(request)
                     : "cc", "memory");
    return answer;
}

#endif
