/*
 * trace_describe.c - the line and text of an operation, for messages.
 */
#include "trace_forms.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

unsigned long trace_line(const struct trace *trace, uint64_t op)
{
    unsigned long line = op + 1;

    if (trace->form == FORM_TEXT)
        trace_find_text(trace, op, &line);
    if (trace->form == FORM_MADE)
        line += MADE_HEADER_LINES;
    return line;
}

/* The number that a word of operations.def stands for; false if for itself. */
static bool amount_of(struct op op, uint64_t id, const char *word,
                      size_t length, unsigned long long *amount)
{
    const struct {
        const char *word;
        uint64_t amount;
    } words[] = {{"ID", id},
                 {"SIZE", op_size(op)},
                 {"COUNT", op.arg},
                 {"ALIGN", 1ull << op_alignment_bits(op)}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length &&
            strncmp(words[i].word, word, length) == 0) {
            *amount = words[i].amount;
            return true;
        }
    return false;
}

void trace_format(struct op op, uint64_t id, char *buffer, size_t size)
{
    size_t used = 0;

    buffer[0] = '\0';
    for (const char *word = op_text(op_kind(op)); *word && used < size;) {
        size_t length = strcspn(word, " ");
        unsigned long long amount;

        if (amount_of(op, id, word, length, &amount))
            used +=
                (size_t)snprintf(buffer + used, size - used, "%llu", amount);
        else
            used += (size_t)snprintf(buffer + used, size - used, "%.*s",
                                     (int)length, word);
        word += length;
        if (*word && used < size)
            used += (size_t)snprintf(buffer + used, size - used, "%c", *word++);
    }
}

/*
 * The id of operation op's block in the file that trace_write would write. The
 * time is linear in op.
 */
static uint64_t made_id(const struct trace *trace, uint64_t op)
{
    uint32_t slot = op_slot(trace->ops[op]);
    uint64_t birth = op, id = 0;

    while (birth > 0 && !(op_slot(trace->ops[birth]) == slot &&
                          op_begins(trace->ops[birth])))
        birth--;
    for (uint64_t i = 0; i < birth; i++)
        id += op_begins(trace->ops[i]) ? 1 : 0;
    return id;
}

char *trace_text(const struct trace *trace, uint64_t op, char *buffer,
                 size_t size)
{
    unsigned long line;

    if (trace->form != FORM_TEXT) {
        uint64_t id = trace->form == FORM_MADE ? made_id(trace, op)
                                               : op_slot(trace->ops[op]);

        trace_format(trace->ops[op], id, buffer, size);
        return buffer;
    }
    const char *text = trace_find_text(trace, op, &line);
    const char *end = trace->text + trace->text_size;
    size_t length = 0;
    while (text + length < end && text[length] != '\n' &&
           text[length] != '\r' && length + 1 < size)
        length++;
    for (size_t i = 0; i < length; i++)
        buffer[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
    buffer[length] = '\0';
    return buffer;
}

/* The id in its line: the second word. */
static long long id_of(const struct trace *trace, uint64_t op)
{
    char text[64];
    long long id = 0;

    sscanf(trace_text(trace, op, text, sizeof text), "%*s %lld", &id);
    return id;
}

char *trace_call(const struct trace *trace, uint64_t index, char *buffer,
                 size_t size)
{
    struct op op = trace->ops[index];
    long long id = id_of(trace, index);
    unsigned long long bytes = op_size(op);

    switch (op_call(op)) {
    case CALL_MALLOC:
        snprintf(buffer, size, "p%lld = malloc(%llu)", id, bytes);
        break;
    case CALL_CALLOC:
        snprintf(buffer, size, "p%lld = calloc(%u, %llu)", id, op.arg, bytes);
        break;
    case CALL_MEMALIGN:
        snprintf(buffer, size, "p%lld = memalign(%llu, %llu)", id,
                 1ull << op_alignment_bits(op), bytes);
        break;
    case CALL_REALLOC:
        if (op_begins(op))
            snprintf(buffer, size, "p%lld = realloc(NULL, %llu)", id, bytes);
        else
            snprintf(buffer, size, "p%lld = realloc(p%lld, %llu)", id, id,
                     bytes);
        break;
    default:
        if (op_has_block(op))
            snprintf(buffer, size, "free(p%lld)", id);
        else
            snprintf(buffer, size, "free(NULL)");
    }
    return buffer;
}
