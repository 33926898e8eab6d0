/*
 * record.h - the format of a recording, which record.so writes and tools/record
 * reads.
 *
 * One file for each image that a process runs, PID.N.rec in the directory that
 * the environment variable MALLOC_RECORD names. A forked child starts a file
 * of its own at its first call, and so does the program after an exec, which
 * keeps its PID: N is the first number not taken yet.
 *
 *          0  +--------------------------------+
 *             | struct record_header           |
 *       4096  +--------------------------------+
 *             | event 0                        |  32 bytes each, in the order
 *             | event 1                        |  in which slots were taken
 *             | ...                            |
 *             +--------------------------------+
 *             | zero, to the end of the file   |
 *             +--------------------------------+
 *
 * Numbers are in the machine's byte order. All is written through a shared
 * mapping, so that a process that is killed leaves a file as good as one that
 * exits: what it had logged is there. An event whose kind is RECORD_NOTHING
 * was not written. At the end of the file such a slot is unused; between others
 * it is a slot that its thread took and did not live to fill. The kind is
 * written last, so an event that has one is complete.
 *
 * The order of events. Take any one address: a block that begins is logged
 * after the C library has returned it, a block that ends before the library
 * gets it back. So whatever the threads do, the end of a block stands before
 * the beginning of the next one at its address. A realloc may be both and logs
 * both sides: RECORD_RESIZE before the call, RECORD_RESIZED by the same thread
 * after it. Between the two the address belongs to no block.
 *
 * Call stacks. If the environment variable MALLOC_RECORD_STACKS is a number of
 * frames, the upper 24 bits of an event's kind are the number of the call stack
 * of a call that gives a block its size, or 0. Each stack is logged once,
 * before the first event that has its number, in slots that follow each other:
 *
 *     RECORD_STACK       three return addresses, innermost first; thread is the
 *     RECORD_MORE        stack's number. Then three more, and so on; 0 ends it,
 *                        RECORD_CUT says that more calls are left out
 *
 * and before that, each loaded file that addresses lie in, also in a row:
 *
 *     RECORD_MODULE      first address, size, what was added to the addresses
 *     RECORD_PATH        of the file; thread is the length of its path, which
 *                        the next slots have, 24 bytes each
 *
 * The first one is the recorder. A library may lie where one was unloaded.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

#define RECORD_MAGIC "mallrec1"

enum {
    RECORD_HEADER_SIZE = 4096,
    RECORD_EVENT_SIZE = 32,
    RECORD_COMMAND_SIZE = 4032
};

/*
 * The kind of an event, and what its address, size and detail hold. Sizes are
 * bytes. An address of 0 says that the call failed; in RECORD_FREE, that it was
 * free(NULL); in RECORD_RESIZED with size 0 and detail not 0, that it freed the
 * block.
 */
enum record_kind {
    RECORD_NOTHING, /* the slot was never written */
    RECORD_MALLOC,  /* result, size, 0 */
    RECORD_CALLOC,  /* result, size of one element, count */
    RECORD_ALIGNED, /* result, size, alignment as it was asked for */
    RECORD_FREE,    /* argument, 0, 0 */
    RECORD_RESIZE,  /* argument, size, 0: realloc is being called */
    RECORD_RESIZED, /* result, size, argument: realloc has returned */
    RECORD_STACK,   /* see above */
    RECORD_MORE,
    RECORD_MODULE,
    RECORD_PATH
};

enum { RECORD_WORDS = 3 }; /* of an event: address, size, detail */
enum { RECORD_CUT = 1, RECORD_KIND_BITS = 8, RECORD_MAX_STACK = (1 << 24) - 1 };

struct record_event {
    uint64_t address;
    uint64_t size;
    uint64_t detail;
    uint32_t thread; /* 0 = main, then from 1 in the order of first calls */
    _Atomic uint32_t kind; /* in the low 8 bits; above, the stack's number */
};

enum record_flag {
    RECORD_FORKED = 1, /* a forked child: blocks were live when it began */
    RECORD_EXITED = 2  /* it ran its destructors; not killed, no exec */
};

struct record_header {
    char magic[8]; /* RECORD_MAGIC without its NUL */
    uint32_t header_size;
    uint32_t event_size;
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t image; /* the N of the file's name */
    _Atomic uint32_t flags;
    uint64_t started;      /* ns since 1970 */
    _Atomic uint64_t lost; /* events that the file could not take */
    uint64_t command_size; /* bytes of command in use */
    uint64_t stopped_by;   /* the errno of the file's failure to grow, or 0 */
    char command[RECORD_COMMAND_SIZE]; /* argv, each part ended by a NUL */
};

_Static_assert(sizeof(struct record_event) == RECORD_EVENT_SIZE,
               "an event is 32 bytes");
_Static_assert(sizeof(struct record_header) == RECORD_HEADER_SIZE,
               "the header is a page");

#endif
