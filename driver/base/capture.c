/*
 * capture.c - fork, exec, and read the pipe to its end.
 */
#define _GNU_SOURCE
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void exec_program(char *const argv[], char *const extra[],
                                   int out)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    dup2(null, STDERR_FILENO);
    dup2(out, STDOUT_FILENO);
    for (; *extra; extra++)
        putenv(*extra);
    execvp(argv[0], argv);
    _exit(127);
}

static void read_all(int fd, char *buffer, size_t size)
{
    char discarded[4096];
    size_t used = 0;
    ssize_t n;

    while ((n = used < size - 1 ? read(fd, buffer + used, size - 1 - used)
                                : read(fd, discarded, sizeof discarded)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0 && used < size - 1)
            used += (size_t)n;
    }
    buffer[used] = '\0';
}

bool capture_output(char *const argv[], char *const extra[], char *buffer,
                    size_t size)
{
    int pipe_ends[2], status = -1;

    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0)
        exec_program(argv, extra, pipe_ends[1]);
    close(pipe_ends[1]);
    if (pid > 0)
        read_all(pipe_ends[0], buffer, size);
    close(pipe_ends[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}
