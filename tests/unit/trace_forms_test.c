/*
 * trace_forms_test.c - a trace is the same after a binary or compressed file.
 */
#include "traces.h"

#include <zlib.h>
#include <zstd.h>

static bool text_is(const struct trace *t, uint64_t op, const char *expected)
{
    char buffer[80];

    return strcmp(trace_text(t, op, buffer, sizeof buffer), expected) == 0;
}

/* ---- The binary form. ---- */

static struct trace *pack(const struct trace *t)
{
    char name[NAME];

    trace_pack(t, file_with("", 0, name));
    return trace_load(name);
}

static void binary_form_keeps_the_trace(void)
{
    struct trace *t = load_long(), *packed = pack(t), *twice = pack(packed);

    CHECK(packed->form == FORM_BINARY);
    CHECK(same_ops(t, packed) && same_measures(t, packed));
    CHECK(same_ops(t, twice) && same_measures(t, twice));
    trace_delete(t);
    trace_delete(packed);
    trace_delete(twice);
}

static void binary_form_keeps_the_weight(void)
{
    char text[80];

    for (int first = 0; first <= 3; first++) {
        snprintf(text, sizeof text, "%d\n1\n2\n0\na 0 512\nf 0\n", first);
        struct trace *t = load(text), *packed = pack(t);
        CHECK(packed->weight == t->weight);
        trace_delete(t);
        trace_delete(packed);
    }
}

static void lines_and_text_of_a_binary_trace(void)
{
    struct trace *t = load("1\n4\n9\n0\na 0 100\nc 1 10 20\nm 2 64 100\n"
                           "r 0 200\nf -1\nr 3 50\nr 0 0\nf 1\nf 2\n");
    struct trace *packed = pack(t);
    char text[80];

    for (uint64_t i = 0; i < t->op_count; i++) {
        CHECK(trace_line(packed, i) == i + 1);
        CHECK(text_is(packed, i, trace_text(t, i, text, sizeof text)));
    }
    trace_delete(t);
    trace_delete(packed);
}

/* ---- Compressed files. ---- */

/* Write the bytes, compressed by gzip, at `to`; returns the end. */
static char *gzip(const void *bytes, size_t size, char *to, size_t capacity)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes,
                  .avail_in = (uInt)size,
                  .next_out = (Bytef *)to,
                  .avail_out = (uInt)capacity};

    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
          Z_OK);
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return (char *)z.next_out;
}

static char packed_bytes[ROOM];

/* Do the first `size` compressed bytes give the long trace? */
static bool gives_the_long_trace(size_t size)
{
    struct trace *plain = load_bytes(long_text, long_size);
    struct trace *t = load_bytes(packed_bytes, size);
    bool same = same_ops(plain, t) && same_measures(plain, t) &&
                trace_line(t, OPS - 1) == OPS + 4;

    trace_delete(plain);
    trace_delete(t);
    return same;
}

static void reads_gzip(void)
{
    write_long_text();
    char *end = gzip(long_text, long_size, packed_bytes, ROOM);
    CHECK(gives_the_long_trace((size_t)(end - packed_bytes)));
}

static void reads_gzip_in_parts(void)
{
    size_t half;

    write_long_text();
    half = long_size / 2;
    char *middle = gzip(long_text, half, packed_bytes, ROOM / 2);
    char *end = gzip(long_text + half, long_size - half, middle, ROOM / 2);
    CHECK(gives_the_long_trace((size_t)(end - packed_bytes)));
}

static void reads_zstd(void)
{
    write_long_text();
    size_t size = ZSTD_compress(packed_bytes, ROOM, long_text, long_size, 3);
    CHECK(!ZSTD_isError(size));
    CHECK(gives_the_long_trace(size));
}

static void reads_zstd_in_parts(void)
{
    size_t half, first, second;

    write_long_text();
    half = long_size / 2;
    first = ZSTD_compress(packed_bytes, ROOM, long_text, half, 3);
    CHECK(!ZSTD_isError(first));
    second = ZSTD_compress(packed_bytes + first, ROOM - first, long_text + half,
                           long_size - half, 3);
    CHECK(!ZSTD_isError(second));
    CHECK(gives_the_long_trace(first + second));
}

/* The text is much larger than its compressed form and the first buffer. */
static void reads_a_text_of_mostly_blank_lines(void)
{
    size_t blank = 5u << 20;

    write_long_text();
    memmove(long_text + blank, long_text, long_size);
    memset(long_text, '\n', blank);
    char *end = gzip(long_text, blank + long_size, packed_bytes, ROOM);
    struct trace *t = load_bytes(packed_bytes, (size_t)(end - packed_bytes));
    CHECK(t->op_count == OPS && trace_line(t, 0) == blank + 5);
    trace_delete(t);
}

static void reads_binary_from_gzip(void)
{
    struct trace *t = load_long(), *packed, *unpacked;
    char name[NAME];

    trace_pack(t, file_with("", 0, name));
    FILE *file = fopen(name, "rb");
    size_t size = fread(long_text, 1, ROOM, file);
    fclose(file);
    char *end = gzip(long_text, size, packed_bytes, ROOM);
    packed = trace_load(name);
    unpacked = load_bytes(packed_bytes, (size_t)(end - packed_bytes));
    CHECK(unpacked->form == FORM_BINARY);
    CHECK(same_ops(packed, unpacked) && same_measures(packed, unpacked));
    trace_delete(t);
    trace_delete(packed);
    trace_delete(unpacked);
}

static const struct test tests[] = {
    {"binary-form-keeps-the-trace", binary_form_keeps_the_trace},
    {"binary-form-keeps-the-weight", binary_form_keeps_the_weight},
    {"lines-and-text-of-a-binary-trace", lines_and_text_of_a_binary_trace},
    {"reads-gzip", reads_gzip},
    {"reads-gzip-in-parts", reads_gzip_in_parts},
    {"reads-zstd", reads_zstd},
    {"reads-zstd-in-parts", reads_zstd_in_parts},
    {"reads-a-text-of-mostly-blank-lines", reads_a_text_of_mostly_blank_lines},
    {"reads-binary-from-gzip", reads_binary_from_gzip},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
