/*
 * forks.c - a child that frees what it inherited; a parent that is killed.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    void *block = malloc(10);

    if (fork() == 0) {
        free(block);
        block = malloc(20);
        _exit(0);
    }
    wait(NULL);
    free(block);
    block = malloc(30);
    kill(getpid(), SIGKILL);
}
