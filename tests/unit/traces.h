/*
 * traces.h - traces for the tests of driver/trace/ and driver/bounds/.
 *
 * The files are made here and lie in memory. tests/test_malformed.py tests
 * wrong files, because they end the program.
 */
#ifndef TRACES_H
#define TRACES_H

#define _GNU_SOURCE /* memfd_create */

#include "../check.h"

#include "trace/trace.h"

#include <stdarg.h>
#include <sys/mman.h>

enum { NAME = 64, ROOM = 1 << 23 };

/* ---- Files in memory. ---- */

/* Make a file of these bytes, which exists until the program ends. */
static inline const char *file_with(const void *bytes, size_t size,
                                    char name[NAME])
{
    int fd = memfd_create("trace", 0);

    CHECK(fd >= 0);
    CHECK(size == 0 || write(fd, bytes, size) == (ssize_t)size);
    snprintf(name, NAME, "/proc/self/fd/%d", fd);
    return name;
}

static inline struct trace *load_bytes(const void *bytes, size_t size)
{
    char name[NAME];

    return trace_load(file_with(bytes, size, name));
}

static inline struct trace *load(const char *text)
{
    return load_bytes(text, strlen(text));
}

/* ---- Comparing. ---- */

static inline bool same_ops(const struct trace *a, const struct trace *b)
{
    return a->op_count == b->op_count &&
           memcmp(a->ops, b->ops, a->op_count * sizeof *a->ops) == 0;
}

static inline bool same_measures(const struct trace *a, const struct trace *b)
{
    return a->weight == b->weight && a->threaded == b->threaded &&
           a->id_count == b->id_count && a->slot_count == b->slot_count &&
           a->peak_payload == b->peak_payload && a->peak_op == b->peak_op &&
           a->aligned8_peak == b->aligned8_peak &&
           a->aligned16_peak == b->aligned16_peak &&
           a->segment_count == b->segment_count &&
           memcmp(a->segment_peak, b->segment_peak,
                  a->segment_count * sizeof *a->segment_peak) == 0;
}

/* ---- A long random trace with every kind of operation. ---- */

static uint64_t random_state;

static inline unsigned below(unsigned bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % bound;
}

static char long_text[ROOM];
static size_t long_size;

static inline void add(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static inline void add(const char *format, ...)
{
    va_list args;

    CHECK(ROOM - long_size > 100);
    va_start(args, format);
    long_size += (size_t)vsnprintf(long_text + long_size, 100, format, args);
    va_end(args);
}

enum { IDS = 500, OPS = 20000 };

static inline void add_begin(unsigned id)
{
    unsigned size = below(10) ? below(400) : below(100000), thread = below(3);

    switch (below(4)) {
    case 0:
        add("c %u %u %u %u\n", id, 1 + below(9), size, thread);
        return;
    case 1:
        add("m %u %u %u %u\n", id, 16u << below(5), size, thread);
        return;
    default:
        add("a %u %u %u\n", id, size, thread);
    }
}

/* Add a free or a realloc; returns whether the block is still live. */
static inline bool add_more(unsigned id)
{
    unsigned choice = below(8);

    if (choice == 0)
        add("r %u 0\n", id);
    else if (choice < 4)
        add("f %u\n", id);
    else
        add("r %u %u\n", id, 1 + below(2000));
    return choice >= 4;
}

static inline void write_long_text(void)
{
    bool live[IDS] = {false};

    random_state = long_size = 0;
    add("2\n%u\n%u\n0\n", IDS, OPS);
    for (unsigned i = 0; i < OPS; i++) {
        unsigned id = i < IDS ? i : below(IDS);

        if (i >= IDS && below(50) == 0) {
            add("f -1\n");
        } else if (live[id]) {
            live[id] = add_more(id);
        } else {
            add_begin(id);
            live[id] = true;
        }
    }
}

static inline struct trace *load_long(void)
{
    write_long_text();
    return load_bytes(long_text, long_size);
}

/* The payload after each operation, by a sum over the live blocks. */
static inline uint64_t *payloads_of(const struct trace *t)
{
    uint64_t *after = calloc(t->op_count, sizeof *after), sum = 0;
    uint64_t *size = calloc(t->slot_count, sizeof *size);

    for (uint64_t i = 0; i < t->op_count; i++) {
        struct op op = t->ops[i];

        if (op_kind(op) != OP_FREE_NULL) {
            sum -= size[op_slot(op)];
            size[op_slot(op)] = op_ends(op) ? 0 : op_payload(op);
            sum += size[op_slot(op)];
        }
        after[i] = sum;
    }
    free(size);
    return after;
}

#endif
