/*
 * jail.h - which system calls an untrusted allocator may make, and what else of
 * the system it may use.
 */
#ifndef JAIL_H
#define JAIL_H

#include "worker/filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What of the jail this build or machine lacks, a clause; NULL: nothing. */
const char *jail_lacks(void);

/* Make the filter of that stage, for the worker whose process is pid. */
void jail_make_filter(struct filter *filter, enum filter_stage stage,
                      pid_t pid);

/*
 * Both filters for a worker under valgrind, whose own calls have to pass: they
 * refuse other processes, timers, signals to others, and files to write to; and
 * from the first call of the allocator on, files to read. A call that is
 * refused ends the process by SIGSYS. The worker's calls are filtered by the
 * tool (counter_page.h).
 */
void jail_make_refusals(struct filter filters[FILTERS], pid_t pid);

/*
 * A system call that a filter refused, as the worker has it from the kernel:
 * the number, and above bit 32 the architecture. Writes "called fork".
 */
void jail_describe_call(uint64_t call, char *text, size_t size);

/*
 * In the process that becomes the worker, before exec: limits on memory of
 * `span` bytes beside its own, on files and CPU seconds.
 */
void jail_limit(uint64_t span, uint64_t seconds);

#endif
