/*
 * process.h - start, observe and end the worker process.
 *
 * The worker is a program of its own (build/MODE/worker), not a fork of the
 * judge. They share two files only, its C library is in its initial state, and
 * its addresses are not randomized. The kernel kills it when the judge dies.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "allocator.h"
#include "counter.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum { OUTPUT_SIZE = 1 << 20 }; /* so many bytes that it prints are kept */

struct process {
    pid_t pid; /* 0 if none was started, or it has ended */
    bool died; /* without process_kill; wait_status says how */
    int wait_status;
    clockid_t clock; /* of the worker's CPU time */
    int output_fd;   /* of the file that has what the worker prints */
};

struct process_setup {
    const struct allocator *allocator;
    int channel_fd, heap_fd;
    bool jailed;      /* within the limits of jail.h, */
    uint64_t span;    /* for bytes of heap and channel, */
    uint64_t seconds; /* and seconds of CPU time */
    int cpu;              /* -1 = any */
    const struct counter *counter; /* that it runs under, or NULL */
};

/*
 * A new file of `size` zero bytes in memory, which two processes can map. It
 * keeps its size.
 */
int process_shared_file(const char *name, size_t size);

/* Start a worker, or exit with a message. Without setup, only create files. */
struct process process_start(const struct process_setup *setup);

/* Has it died without process_kill? If so, reap it. */
bool process_has_died(struct process *p);

/* Kill the process, if it runs. process_close also closes the output file. */
void process_kill(struct process *p);
void process_close(struct process *p);

/* CPU time so far in seconds; while the process runs, a little too low. */
double process_cpu_seconds(const struct process *p);

/*
 * Does the process sleep, or is it stopped? False if it runs or waits for a
 * processor, or without /proc.
 */
bool process_sleeps(const struct process *p);

/*
 * CPU time so far in ns, as the kernel counts it. Waits until the process
 * sleeps, for while it runs the kernel's count is too low.
 */
uint64_t process_cpu_ns(const struct process *p);

/*
 * Where the process sleeps in a system call: its stack pointer and program
 * counter, and the words from the stack pointer on, of which the first ones say
 * where the call returns to. Waits until it does; false if it goes on for ten
 * seconds, or the system does not tell.
 */
struct place {
    uint64_t sp, pc;
    uint64_t stack[16]; /* 0 if unknown */
};

bool process_place(const struct process *p, struct place *place);

/* Can process_anonymous_bytes work? Not without /proc. */
bool process_memory_known(void);

/* Bytes of anonymous memory now; 0 if unknown. */
uint64_t process_anonymous_bytes(const struct process *p);

/* Are the standard files that it was started with still open? */
bool process_files_open(const struct process *p);

/* Copy the first line that it printed into text; false if there is none. */
bool process_first_line(const struct process *p, char *text, size_t size);

/*
 * Print what it printed on stderr, with [label] before each line: the first
 * lines, as plain text, long ones cut.
 */
void process_relay_output(const struct process *p, const char *label);

#endif
