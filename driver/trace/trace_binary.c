/*
 * trace_binary.c - the binary form: a header, then the operations as in memory
 * (op.h), so that a file can be mapped. All numbers are little-endian.
 *
 *     header         64 bytes
 *     operations     16 bytes each
 *     call stacks    4 bytes per operation: its number, or 0 \  if the header
 *     their rows     as in the text form, to the file's end   /  says so
 */
#include "trace_forms.h"

#include "base/fatal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "binary traces are little-endian");

static const char magic[8] = {'m', 'm', 't', 'r', 'a', 'c', 'e', '\1'};

struct binary_header {
    char magic[8];
    uint32_t weight;
    uint32_t threaded;
    uint64_t id_count;
    uint64_t op_count;
    uint32_t slot_count;
    uint32_t stack_count;
    uint32_t reserved[6]; /* zero */
};

_Static_assert(sizeof(struct binary_header) == 64, "the header is 64 bytes");

bool trace_is_binary(const char *bytes, size_t size)
{
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static void check_header(const struct trace *t, const struct binary_header *h)
{
    uint64_t present = (t->storage_size - sizeof *h) / sizeof(struct op);

    if (h->weight > WEIGHT_SPEED)
        fatal(t->path, 0, "the weight %u is out of range 0..3", h->weight);
    if (h->op_count == 0)
        fatal(t->path, 0, "the header declares no operations");
    if (h->op_count > present)
        fatal(t->path, 0,
              "the file is cut short: the header declares %llu operations, "
              "%llu are there",
              (unsigned long long)h->op_count, (unsigned long long)present);
    if (h->stack_count == 0 &&
        t->storage_size != sizeof *h + h->op_count * sizeof(struct op))
        fatal(t->path, 0, "bytes after the last operation");
    if (h->slot_count > OP_MAX_SLOT || h->slot_count > h->op_count)
        fatal(t->path, 0, "the number of slots %u is out of range",
              h->slot_count);
    if (h->id_count > h->op_count)
        fatal(t->path, 0, "the header declares more ids than operations");
}

static void check_stacks(const struct trace *t)
{
    uint32_t rows = 0;

    for (size_t i = 0; i < t->stack_rows_size; i++)
        rows += t->stack_rows[i] == STACK_SIGN &&
                (i == 0 || t->stack_rows[i - 1] == '\n');
    if (rows != t->stack_count)
        fatal(t->path, 0, "the header declares %u call stacks, %u are there",
              t->stack_count, rows);
    for (uint64_t i = 0; i < t->op_count; i++)
        if (t->stack_of[i] > t->stack_count)
            fatal(t->path, i + 1, "there is no row of the stack %u",
                  t->stack_of[i]);
}

static void read_stacks(struct trace *t, uint32_t count)
{
    size_t before = sizeof(struct binary_header) +
                    t->op_count * (sizeof(struct op) + sizeof(uint32_t));

    if (t->storage_size < before)
        fatal(t->path, 0, "the file is cut short in its call stacks");
    t->stack_count = count;
    t->stack_of = (const uint32_t *)(t->ops + t->op_count);
    t->stack_rows = (const char *)(t->stack_of + t->op_count);
    t->stack_rows_size = t->storage_size - before;
    if (t->stack_rows_size > 0 && t->stack_rows[t->stack_rows_size - 1] == '\n')
        t->stack_rows_size--;
    check_stacks(t);
}

void trace_read_binary(struct trace *trace)
{
    const struct binary_header *h = trace->storage;

    if (trace->storage_size < sizeof *h)
        fatal(trace->path, 0, "the file is cut short in its header");
    check_header(trace, h);
    trace->weight = (enum trace_weight)h->weight;
    trace->threaded = h->threaded != 0;
    trace->id_count = h->id_count;
    trace->op_count = h->op_count;
    trace->slot_count = h->slot_count;
    trace->ops = (const struct op *)(h + 1);
    if (h->stack_count > 0)
        read_stacks(trace, h->stack_count);
}

/* Returns how many items it wrote, of 1 + all operations. */
static uint64_t write_stacks(const struct trace *t, FILE *file)
{
    return fwrite(t->stack_of, sizeof *t->stack_of, t->op_count, file) +
           (fwrite(t->stack_rows, t->stack_rows_size, 1, file) &&
            fputc('\n', file) != EOF);
}

static bool same_file(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

void trace_pack(const struct trace *trace, const char *path)
{
    struct binary_header h = {.weight = trace->weight,
                              .threaded = trace->threaded,
                              .id_count = trace->id_count,
                              .op_count = trace->op_count,
                              .slot_count = trace->slot_count};
    uint64_t items = 1 + trace->op_count;

    if (trace->stack_of)
        h.stack_count = trace->stack_count;
    memcpy(h.magic, magic, sizeof magic);
    if (same_file(path, trace->path))
        fatal(path, 0, "it is the trace itself");
    FILE *file = fopen(path, "wb");
    if (!file)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
    size_t written =
        fwrite(&h, sizeof h, 1, file) +
        fwrite(trace->ops, sizeof *trace->ops, trace->op_count, file);
    if (trace->stack_of) {
        items *= 2;
        written += write_stacks(trace, file);
    }
    if (fclose(file) != 0 || written != items)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
}
