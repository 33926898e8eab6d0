/*
 * filter.c - hand a program of the judge's to the kernel.
 */
#include "filter.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

_Bool filter_install(const struct filter *filter)
{
    struct sock_fprog program = {
        .len = (unsigned short)filter->length,
        .filter = (struct sock_filter *)(uintptr_t)filter->program};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
