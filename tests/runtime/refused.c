/*
 * refused.c - where nothing can be mapped from the start, a request asks the
 * system a few times at most, and gets NULL. In C: before main of a program in
 * C++ its library allocates.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#ifdef __aarch64__
#define RESULT regs[0]
#else
#define RESULT gregs[REG_RAX]
#endif

static volatile sig_atomic_t maps;

static void refuse(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    maps += 1;
    ((ucontext_t *)context)->uc_mcontext.RESULT = -ENOMEM;
}

int main(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {4, code};
    struct sigaction action = {.sa_sigaction = refuse, .sa_flags = SA_SIGINFO};

    sigaction(SIGSYS, &action, NULL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return 77;
    for (int i = 0; i < 100; i++)
        if (malloc(1000))
            return 1;
    return maps > 400 ? 2 : 0;
}
