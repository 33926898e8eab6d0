/*
 * process.h - the worker process: started, watched, ended.
 *
 * A fresh program (build/MODE/worker), not a fork of the judge: nothing of the
 * judge is in its memory but the two files that it is handed, its C library is
 * untouched, and its addresses are not randomized. It dies with the judge.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "allocator.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct process {
    pid_t pid; /* 0 where there is none, or none any more */
    bool died; /* by itself; wait_status says how */
    int wait_status;
    clockid_t clock;
    int output_fd; /* what the worker prints */
};

struct process_setup {
    const struct allocator *allocator;
    int channel_fd, heap_fd;
    int cpu; /* -1 = any */
};

/* Memory of that size, all zero, that can be handed to the worker: a file. */
int process_shared_file(const char *name, size_t size);

/* Without a setup: no process, only a place for output. Complains if it must. */
struct process process_start(const struct process_setup *setup);

/* Has it died? Reaps it. */
bool process_has_died(struct process *p);

/* End it, if it runs, and close what is its. */
void process_kill(struct process *p);
void process_close(struct process *p);

/* CPU time so far in seconds; of a running process a little behind. */
double process_cpu_seconds(const struct process *p);

/*
 * Does it sleep, or was it stopped, so that no processor could help it on? Not
 * where it only waits for its turn on a busy machine. False without /proc.
 */
bool process_sleeps(const struct process *p);

/*
 * CPU time so far, by the kernel's account. Waits until the process sleeps: of
 * a running one the kernel's figure lags behind.
 */
uint64_t process_cpu_ns(const struct process *p);

/* Does the kernel say here what memory a process has? Not without /proc. */
bool process_memory_known(void);

/* Anonymous memory in bytes, now; 0 where unknown. */
uint64_t process_anonymous_bytes(const struct process *p);

/* Does it still have the files open that it was started with? */
bool process_files_open(const struct process *p);

/* The first line that it printed, into text; false where there is none. */
bool process_first_line(const struct process *p, char *text, size_t size);

/* Show what it printed: on stderr, each line under its label. */
void process_relay_output(const struct process *p, const char *label);

#endif
