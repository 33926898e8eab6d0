/*
 * check.h - a frame for unit tests.
 *
 *     static void heap_grows(void)
 *     {
 *         CHECK(mem_sbrk(100) != (void *)-1);
 *     }
 *
 *     static const struct test tests[] = {
 *         {"heap-grows", heap_grows},
 *     };
 *
 *     int main(int argc, char **argv)
 *     {
 *         return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
 *     }
 *
 * Each test runs in a child process of its own: it starts from the state that
 * the program started with, and a crash or a hang fails it and nothing else.
 * The first CHECK that does not hold ends it. Its CPU time is limited, which a
 * busy machine does not shorten; the limit of wall time, for what waits for
 * ever, is far away. CHECK_SECONDS in the environment sets the latter for
 * allocators that are known to hang.
 *
 * The program runs the tests named as its arguments, or all; --list prints
 * their names. For each it prints `ok NAME`, `ok NAME # SKIP reason` or
 * `not ok NAME`, with what was found on lines that start with `#`. It returns
 * 1 where a test failed or a name is unknown.
 */
#ifndef CHECK_H
#define CHECK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct test {
    const char *name;
    void (*run)(void);
};

enum { CHECK_CPU_SECONDS = 60, CHECK_SECONDS = 600, CHECK_SKIPPED = 77 };

/* A macro, for the line and the text of the condition. */
#define CHECK(condition) \
    check_holds((condition) ? true : false, #condition, __FILE__, __LINE__)

static inline void check_holds(bool holds, const char *condition,
                               const char *file, int line)
{
    if (holds)
        return;
    printf("# %s:%d: does not hold: %s\n", file, line, condition);
    exit(1);
}

/* End the test: it cannot be run here. */
static inline _Noreturn void check_skip(const char *reason)
{
    printf("# SKIP %s\n", reason);
    exit(CHECK_SKIPPED);
}

/* Of wall time: how long a process may wait before it counts as hung. */
static inline unsigned check_seconds(void)
{
    const char *text = getenv("CHECK_SECONDS");

    return text ? (unsigned)atoi(text) : CHECK_SECONDS;
}

static inline void check_limit_time(void)
{
    struct rlimit cpu;

    getrlimit(RLIMIT_CPU, &cpu);
    cpu.rlim_cur = CHECK_CPU_SECONDS;
    setrlimit(RLIMIT_CPU, &cpu);
    alarm(check_seconds());
}

/* Returns the child's wait status. */
static inline int check_in_child(const struct test *test)
{
    int status = -1;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        check_limit_time();
        test->run();
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return status;
}

/* Prints the verdict; true where the test did not fail. */
static inline bool check_report(const char *name, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHECK_SKIPPED) {
        printf("ok %s # SKIP\n", name);
        return true;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("ok %s\n", name);
        return true;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("# not finished after %u seconds\n", check_seconds());
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        printf("# not finished after %d seconds of CPU time\n",
               CHECK_CPU_SECONDS);
    else if (WIFSIGNALED(status))
        printf("# ended by signal %d, %s\n", WTERMSIG(status),
               strsignal(WTERMSIG(status)));
    printf("not ok %s\n", name);
    return false;
}

static inline bool check_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

static inline int check_run(const struct test *tests, size_t count, int argc,
                            char **argv)
{
    bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
    int named = argc - 1;
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        if (list)
            puts(tests[i].name);
        if (list || !check_wanted(tests[i].name, argc, argv))
            continue;
        named--;
        good = check_report(tests[i].name, check_in_child(&tests[i])) && good;
    }
    if (!list && named > 0)
        printf("not ok unknown name among the arguments\n");
    return good && (list || named <= 0) ? 0 : 1;
}

#endif
