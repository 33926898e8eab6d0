/*
 * trace_made.c - a trace to which a program appends operation by operation.
 *
 * In memory a block is known by its slot, which later blocks use again. In the
 * file each block has its own id, counted from 0 in the order of allocation.
 */
#define _GNU_SOURCE
#include "trace_forms.h"

#include "base/fatal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace *trace_new(const char *path, uint32_t slot_count)
{
    struct trace *t = check_alloc(calloc(1, sizeof *t));

    t->path = check_alloc(strdup(path));
    t->name = basename(t->path);
    t->set = SET_PUBLIC;
    t->form = FORM_MADE;
    t->weight = WEIGHT_BOTH;
    t->slot_count = slot_count;
    return t;
}

static void grow_storage(struct trace *t)
{
    if (t->op_count * sizeof *t->ops < t->storage_size)
        return;
    t->storage_size = t->storage_size ? 2 * t->storage_size : 1 << 16;
    t->storage = check_alloc(realloc(t->storage, t->storage_size));
    t->ops = t->storage;
}

void trace_add(struct trace *trace, struct op op)
{
    assert(op_slot(op) < trace->slot_count);
    grow_storage(trace);
    ((struct op *)trace->storage)[trace->op_count++] = op;
    trace->id_count += op_begins(op) ? 1 : 0;
}

void trace_close(struct trace *trace)
{
    trace_measure(trace);
}

static void write_ops(const struct trace *t, FILE *file)
{
    uint64_t *id_of = check_alloc(calloc(t->slot_count + 1, sizeof *id_of));
    uint64_t ids = 0;
    char text[64];

    for (uint64_t i = 0; i < t->op_count; i++) {
        uint64_t *id = &id_of[op_slot(t->ops[i])];

        if (op_begins(t->ops[i]))
            *id = ids++;
        trace_format(t->ops[i], *id, text, sizeof text);
        fprintf(file, "%s\n", text);
    }
    free(id_of);
}

static bool has_kind(const struct trace *t, enum op_kind kind)
{
    for (uint64_t i = 0; i < t->op_count; i++)
        if (op_kind(t->ops[i]) == kind)
            return true;
    return false;
}

/*
 * A classic file begins with a heap size, which is more than 3. Only in a later
 * file, which begins with the weight, is there a realloc of NULL.
 */
static uint64_t first_number(const struct trace *t)
{
    if (has_kind(t, OP_REALLOC_NULL))
        return WEIGHT_BOTH;
    return t->peak_payload > 4096 ? t->peak_payload : 4096;
}

void trace_write(const struct trace *trace, const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
    fprintf(file, "%llu\n%llu\n%llu\n1\n",
            (unsigned long long)first_number(trace),
            (unsigned long long)trace->id_count,
            (unsigned long long)trace->op_count);
    write_ops(trace, file);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
}
