/*
 * trace_test.c - trace_load of text: operations, slots, lines and peaks.
 */
#include "traces.h"

static bool op_is(const struct trace *t, uint64_t i, enum op_kind kind,
                  uint32_t slot, uint64_t size, uint32_t arg)
{
    struct op op = t->ops[i];

    return op_kind(op) == kind && op_slot(op) == slot && op_size(op) == size &&
           op.arg == arg;
}

static bool says(const struct trace *t, uint64_t op, const char *expected)
{
    char buffer[80];

    return strcmp(trace_text(t, op, buffer, sizeof buffer), expected) == 0;
}

/* ---- Headers. ---- */

static const char classic[] = "20000\n3\n6\n1\n"
                              "a 0 512\na 1 128\nr 0 640\na 2 16\nf 1\nf 0\n";

static void classic_header(void)
{
    struct trace *t = load(classic);

    CHECK(t->form == FORM_TEXT && t->weight == WEIGHT_BOTH);
    CHECK(t->id_count == 3 && t->op_count == 6 && t->slot_count == 3);
    CHECK(!t->threaded);
    CHECK(op_is(t, 0, OP_ALLOC, 0, 512, 0));
    CHECK(op_is(t, 1, OP_ALLOC, 1, 128, 0));
    CHECK(op_is(t, 2, OP_REALLOC, 0, 640, 0));
    CHECK(op_is(t, 3, OP_ALLOC, 2, 16, 0));
    CHECK(op_is(t, 4, OP_FREE, 1, 0, 0));
    CHECK(op_is(t, 5, OP_FREE, 0, 0, 0));
    trace_delete(t);
}

static void later_header(void)
{
    static const enum trace_weight weights[] = {WEIGHT_NONE, WEIGHT_BOTH,
                                                WEIGHT_MEMORY, WEIGHT_SPEED};
    char text[80];

    for (int first = 0; first <= 3; first++)
        for (int last = 0; last <= 1; last++) {
            snprintf(text, sizeof text, "%d\n1\n2\n%d\na 0 512\nf 0\n", first,
                     last);
            struct trace *t = load(text);
            CHECK(t->weight == weights[first]);
            CHECK(t->op_count == 2 && t->peak_payload == 512);
            trace_delete(t);
        }
}

static void later_header_with_peak(void)
{
    struct trace *t = load("2\n1\n2\n512\na 0 512\nf 0\n");

    CHECK(t->weight == WEIGHT_MEMORY && t->peak_payload == 512);
    trace_delete(t);
}

/* A first number of 4 or more is a heap size, a smaller one a weight. */
static void a_small_heap_size_is_a_classic_header(void)
{
    struct trace *t = load("4\n1\n2\n0\na 0 512\nf 0\n");

    CHECK(t->weight == WEIGHT_BOTH);
    trace_delete(t);
}

static void blanks_and_line_ends(void)
{
    struct trace *plain = load(classic);
    struct trace *one_line = load("20000 3 6 1\na 0 512\na 1 128\n"
                                  "r 0 640\na 2 16\nf 1\nf 0");
    struct trace *windows = load("20000\r\n3\r\n6\r\n1\r\na 0 512\r\n"
                                 "a 1 128\r\nr 0 640\r\na 2 16\r\nf 1\r\n"
                                 "f 0\r\n");
    struct trace *loose = load("\n 20000\n\n3  6\t1 \n\n  a 0\t512 \n"
                               "a   1 128\n\nr 0 640\na 2 16\nf 1\nf 0\n\n ");

    CHECK(same_ops(plain, one_line) && same_measures(plain, one_line));
    CHECK(same_ops(plain, windows) && same_measures(plain, windows));
    CHECK(same_ops(plain, loose) && same_measures(plain, loose));
    trace_delete(plain);
    trace_delete(one_line);
    trace_delete(windows);
    trace_delete(loose);
}

/* ---- Operations. ---- */

static void every_letter(void)
{
    struct trace *t = load("20000\n3\n8\n1\na 0 100\nc 1 10 20\nm 2 64 100\n"
                           "r 0 200\nf -1\nr 0 0\nf 1\nf 2\n");

    CHECK(op_is(t, 0, OP_ALLOC, 0, 100, 0));
    CHECK(op_is(t, 1, OP_CALLOC, 1, 20, 10));
    CHECK(op_payload(t->ops[1]) == 200);
    CHECK(op_is(t, 2, OP_ALIGNED, 2, 100, 6));
    CHECK(op_is(t, 3, OP_REALLOC, 0, 200, 0));
    CHECK(op_is(t, 4, OP_FREE_NULL, 0, 0, 0));
    CHECK(op_is(t, 5, OP_REALLOC_FREE, 0, 0, 0));
    CHECK(op_is(t, 6, OP_FREE, 1, 0, 0));
    CHECK(op_is(t, 7, OP_FREE, 2, 0, 0));
    trace_delete(t);
}

static void thread_column(void)
{
    struct trace *t = load("20000\n3\n7\n1\na 0 100 0\nc 1 10 20 7\n"
                           "m 2 64 100 65535\nr 0 200 1\nf 1\nf -1 3\n"
                           "f 0 2\n");
    static const uint32_t threads[] = {0, 7, 65535, 1, 0, 3, 2};

    CHECK(t->threaded);
    for (uint64_t i = 0; i < t->op_count; i++)
        CHECK(op_thread(t->ops[i]) == threads[i]);
    CHECK(op_payload(t->ops[1]) == 200 && op_size(t->ops[3]) == 200);
    CHECK(t->peak_payload == 500);
    trace_delete(t);
}

/* A thread column of zeros does not make the trace a threaded one. */
static void thread_column_of_zeros(void)
{
    struct trace *t = load("20000\n1\n2\n1\na 0 100 0\nf 0 0\n");

    CHECK(!t->threaded);
    trace_delete(t);
}

static void only_free_null(void)
{
    struct trace *t = load("20000\n0\n2\n1\nf -1\nf -1\n");

    CHECK(t->op_count == 2 && t->slot_count == 0 && t->id_count == 0);
    CHECK(op_is(t, 0, OP_FREE_NULL, 0, 0, 0));
    CHECK(t->peak_payload == 0);
    trace_delete(t);
}

static void realloc_of_a_new_id(void)
{
    struct trace *t = load("1\n2\n5\n300\nr 0 100\nr 1 200\nr 0 0\nf 1\n"
                           "f -1\n");

    CHECK(op_is(t, 0, OP_REALLOC_NULL, 0, 100, 0));
    CHECK(op_is(t, 1, OP_REALLOC_NULL, 1, 200, 0));
    CHECK(op_is(t, 2, OP_REALLOC_FREE, 0, 0, 0));
    CHECK(t->peak_payload == 300);
    trace_delete(t);
}

static void zero_sizes(void)
{
    struct trace *t = load("20000\n3\n6\n1\na 0 0\nc 1 0 8\nc 2 8 0\n"
                           "r 0 10\nr 0 0\nf 1\n");

    CHECK(op_is(t, 0, OP_ALLOC, 0, 0, 0));
    CHECK(op_payload(t->ops[1]) == 0 && op_payload(t->ops[2]) == 0);
    CHECK(op_is(t, 3, OP_REALLOC, 0, 10, 0));
    CHECK(op_is(t, 4, OP_REALLOC_FREE, 0, 0, 0));
    CHECK(t->peak_payload == 10 && t->peak_op == 3);
    trace_delete(t);
}

static void largest_sizes(void)
{
    struct trace *t = load("20000\n4\n4\n1\na 0 140737488355327\n"
                           "c 1 4294967295 32768\nc 2 32768 4294967295\n"
                           "c 3 8589934592 16\n");

    CHECK(op_size(t->ops[0]) == OP_MAX_SIZE);
    CHECK(op_payload(t->ops[1]) == 4294967295u * (uint64_t)32768);
    CHECK(op_payload(t->ops[2]) == 4294967295u * (uint64_t)32768);
    CHECK(op_payload(t->ops[3]) == 8589934592u * (uint64_t)16);
    trace_delete(t);
}

/* ---- Ids and slots. ---- */

static void ids_are_reused(void)
{
    struct trace *t = load("20000\n1\n6\n1\na 0 1\nf 0\na 0 2\nf 0\nc 0 1 3\n"
                           "r 0 0\n");

    CHECK(t->id_count == 1 && t->slot_count == 1);
    CHECK(op_is(t, 2, OP_ALLOC, 0, 2, 0));
    trace_delete(t);
}

/* As many slots as blocks live at once; the last freed is used first. */
static void slots_are_reused(void)
{
    struct trace *t = load("20000\n6\n10\n1\na 0 1\na 1 1\na 2 1\nf 0\nf 2\n"
                           "a 5 1\na 4 1\nr 1 0\nm 3 16 1\nf 4\n");

    CHECK(t->slot_count == 3);
    CHECK(op_slot(t->ops[4]) == 2 && op_slot(t->ops[5]) == 2);
    CHECK(op_slot(t->ops[3]) == 0 && op_slot(t->ops[6]) == 0);
    CHECK(op_slot(t->ops[7]) == 1 && op_slot(t->ops[8]) == 1);
    CHECK(op_slot(t->ops[9]) == 0);
    trace_delete(t);
}

static void ids_in_any_order(void)
{
    struct trace *t = load("20000\n3\n6\n1\na 2 1\na 0 1\nf 2\na 1 1\nf 0\n"
                           "f 1\n");

    CHECK(t->slot_count == 2);
    CHECK(op_slot(t->ops[0]) == 0 && op_slot(t->ops[1]) == 1);
    CHECK(op_slot(t->ops[3]) == 0 && op_slot(t->ops[5]) == 0);
    trace_delete(t);
}

/* ---- Lines and their text. ---- */

static void lines_of_operations(void)
{
    struct trace *t = load("20000\n\n2 3\n1\n\n  a 0 512 \r\na 1  128\n\n\n"
                           "f 0");

    CHECK(trace_line(t, 0) == 6 && says(t, 0, "a 0 512 "));
    CHECK(trace_line(t, 1) == 7 && says(t, 1, "a 1  128"));
    CHECK(trace_line(t, 2) == 10 && says(t, 2, "f 0"));
    trace_delete(t);
}

static void lines_below_a_header_in_one_line(void)
{
    struct trace *t = load("1 1 2 100\na 0 100 3\nf 0\n");

    CHECK(trace_line(t, 0) == 2 && says(t, 0, "a 0 100 3"));
    CHECK(trace_line(t, 1) == 3 && says(t, 1, "f 0"));
    trace_delete(t);
}

static void text_is_cut_to_the_buffer(void)
{
    struct trace *t = load(classic);
    char buffer[] = "########";

    CHECK(trace_text(t, 0, buffer, 4) == buffer);
    CHECK(strcmp(buffer, "a 0") == 0 && buffer[4] == '#');
    trace_delete(t);
}

static void path_and_name(void)
{
    char name[NAME];
    struct trace *t = trace_load(file_with(classic, strlen(classic), name));

    CHECK(strcmp(t->path, name) == 0);
    CHECK(strcmp(t->name, strrchr(name, '/') + 1) == 0);
    trace_delete(t);
}

static void deleting_null(void)
{
    trace_delete(NULL);
}

/* ---- Peaks. ---- */

static void peak_of_payload(void)
{
    struct trace *t = load(classic);

    CHECK(t->peak_payload == 640 + 128 + 16);
    CHECK(t->peak_op == 3);
    trace_delete(t);
}

/* Of two equal peaks the first one counts. */
static void peak_reached_twice(void)
{
    struct trace *t = load("20000\n1\n4\n1\na 0 9\nf 0\na 0 9\nf 0\n");

    CHECK(t->peak_payload == 9 && t->peak_op == 0);
    trace_delete(t);
}

static void aligned_peaks(void)
{
    struct trace *t = load("20000\n3\n5\n1\na 0 100\na 1 10\nf 0\na 2 95\n"
                           "r 2 1\n");

    CHECK(t->peak_payload == 110 && t->peak_op == 1);
    CHECK(t->aligned8_peak == 104 + 16);
    CHECK(t->aligned16_peak == 112 + 16);
    CHECK(trace_aligned_peak(t, 8) == t->aligned8_peak);
    CHECK(trace_aligned_peak(t, 16) == t->aligned16_peak);
    trace_delete(t);
}

/* Rounded up, many small blocks may take more than one large block. */
static void aligned_peak_elsewhere(void)
{
    struct trace *t = load("20000\n4\n5\n1\na 0 40\nf 0\na 1 1\na 2 1\n"
                           "a 3 17\n");

    CHECK(t->peak_payload == 40);
    CHECK(t->aligned8_peak == 40);
    CHECK(t->aligned16_peak == 16 + 16 + 32);
    trace_delete(t);
}

static void segment_peaks_of_a_short_trace(void)
{
    struct trace *t = load(classic);

    CHECK(t->segment_count == 6);
    for (uint32_t i = 0; i < t->segment_count; i++)
        CHECK(t->segment_peak[i] == i);
    trace_delete(t);
}

/* ---- A long trace. ---- */

static void long_trace(void)
{
    struct trace *t = load_long();
    uint64_t *payload = payloads_of(t), peak = 0;

    CHECK(t->op_count == OPS && t->weight == WEIGHT_MEMORY && t->threaded);
    CHECK(t->slot_count <= IDS);
    for (uint64_t i = 0; i < OPS; i++)
        if (payload[i] > peak)
            peak = payload[i];
    CHECK(t->peak_payload == peak && payload[t->peak_op] == peak);
    CHECK(t->aligned8_peak >= peak && t->aligned8_peak < peak + 8 * IDS);
    CHECK(t->aligned16_peak >= t->aligned8_peak);
    CHECK(t->aligned16_peak < peak + 16 * IDS);
    free(payload);
    trace_delete(t);
}

/* Each segment has the operation with its highest payload. */
static void segment_peaks(void)
{
    struct trace *t = load_long();
    uint64_t *payload = payloads_of(t), length = OPS / TRACE_SEGMENTS + 1;
    bool peak_is_there = false;

    CHECK(t->segment_count == (OPS + length - 1) / length);
    for (uint32_t k = 0; k < t->segment_count; k++) {
        uint64_t first = k * length, segment_peak = t->segment_peak[k];

        CHECK(segment_peak / length == k);
        for (uint64_t i = first; i < first + length && i < OPS; i++)
            CHECK(payload[i] <= payload[segment_peak]);
        peak_is_there |= payload[segment_peak] == t->peak_payload;
    }
    CHECK(peak_is_there);
    free(payload);
    trace_delete(t);
}

static void long_lines(void)
{
    struct trace *t = load_long();

    for (uint64_t op = 0; op < OPS; op += 777)
        CHECK(trace_line(t, op) == op + 5);
    CHECK(trace_line(t, OPS - 1) == OPS + 4);
    trace_delete(t);
}

static const struct test tests[] = {
    {"classic-header", classic_header},
    {"later-header", later_header},
    {"later-header-with-peak", later_header_with_peak},
    {"a-small-heap-size-is-a-classic-header",
     a_small_heap_size_is_a_classic_header},
    {"blanks-and-line-ends", blanks_and_line_ends},
    {"every-letter", every_letter},
    {"thread-column", thread_column},
    {"thread-column-of-zeros", thread_column_of_zeros},
    {"only-free-null", only_free_null},
    {"realloc-of-a-new-id", realloc_of_a_new_id},
    {"zero-sizes", zero_sizes},
    {"largest-sizes", largest_sizes},
    {"ids-are-reused", ids_are_reused},
    {"slots-are-reused", slots_are_reused},
    {"ids-in-any-order", ids_in_any_order},
    {"lines-of-operations", lines_of_operations},
    {"lines-below-a-header-in-one-line", lines_below_a_header_in_one_line},
    {"text-is-cut-to-the-buffer", text_is_cut_to_the_buffer},
    {"path-and-name", path_and_name},
    {"deleting-null", deleting_null},
    {"peak-of-payload", peak_of_payload},
    {"peak-reached-twice", peak_reached_twice},
    {"aligned-peaks", aligned_peaks},
    {"aligned-peak-elsewhere", aligned_peak_elsewhere},
    {"segment-peaks-of-a-short-trace", segment_peaks_of_a_short_trace},
    {"long-trace", long_trace},
    {"segment-peaks", segment_peaks},
    {"long-lines", long_lines},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
