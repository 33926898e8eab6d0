/*
 * reproduce.c - options of mdriver, for gdb and for a smaller trace.
 *
 * A fault of the checked pass is shown with the allocator inside the driver's
 * process, where gdb has it at once. One of a timed pass, or with a worker for
 * another machine, is to be had in the worker only.
 */
#define _GNU_SOURCE
#include "reproduce.h"

#include "base/build.h"
#include "options.h"
#include "output/explain.h"
#include "shrink/shrink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* A word for the shell, in quotes where it needs them; a blank before it. */
static void append_word(char *text, size_t size, const char *word)
{
    const char *blank = text[0] ? " " : "";
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=:,+@%";

    if (word[0] && word[strspn(word, plain)] == '\0') {
        append(text, size, "%s%s", blank, word);
        return;
    }
    append(text, size, "%s'", blank);
    for (; *word; word++)
        append(text, size, *word == '\'' ? "'\\''" : "%c", *word);
    append(text, size, "'");
}

/* The allocator's function that the operation calls. */
static const char *function_of(const struct op op, const struct outcome *out)
{
    switch (op_call(op)) {
    case CALL_FREE:
        return "mm_free";
    case CALL_REALLOC:
        return "mm_realloc";
    case CALL_CALLOC:
        return out->calloc_emulated ? "mm_malloc" : "mm_calloc";
    case CALL_MEMALIGN:
        return out->memalign_emulated ? "mm_malloc" : "mm_memalign";
    default:
        return "mm_malloc";
    }
}

/* function: where to stop in operation --stop-at; NULL: stop in mm_init. */
static void append_gdb(char *text, size_t size, bool driver,
                       const char *function)
{
    append(text, size, "gdb");
    if (!driver)
        append(text, size, " -ex 'set follow-fork-mode child'");
    if (!driver || !function)
        append(text, size, " -ex 'set breakpoint pending on'");
    if (function)
        append(text, size,
               " -ex 'break worker_breakpoint' -ex run -ex 'tbreak %s'"
               " -ex continue --args",
               function);
    else
        append(text, size, " -ex 'break mm_init' -ex run --args");
}

/* Options by which the judge sees what it has seen, unless it has them
 * anyway. */
static void append_judging(const struct replay_setup *s, char *text,
                           size_t size)
{
    const struct options usual = options_default();

    if (s->align != usual.align)
        append(text, size, " --align %u", s->align);
    if (s->heap_limit != usual.heap_limit)
        append(text, size, " --heap-limit %zu", s->heap_limit);
    if (s->debug > 0)
        append(text, size, " -d %d", s->debug);
    if (s->fail_at)
        append(text, size, " --fail-sbrk %llu", (unsigned long long)s->fail_at);
    if (s->no_free_null)
        append(text, size, " --no-free-null");
    if (s->trace->set == SET_SECRET && s->twin_option) {
        append(text, size, " %s", s->twin_option);
        append_word(text, size, s->twin_argument);
    }
    append(text, size, " --seed %llu --allocator", (unsigned long long)s->seed);
    append_word(text, size, s->allocator->text);
}

static void stop_under_gdb(const struct replay_setup *s, uint64_t op,
                           bool timed, struct outcome *out)
{
    bool driver = !build_worker_is_foreign && !timed;
    char *text = out->reproduce;
    size_t size = sizeof out->reproduce;

    text[0] = '\0';
    append_gdb(text, size, driver,
               op == NO_OP || timed ? NULL
                                    : function_of(s->trace->ops[op], out));
    append_word(text, size, program_invocation_name);
    append(text, size, driver ? " --in-process" : " -s 100000");
    append_judging(s, text, size);
    if (op != NO_OP && !timed)
        append(text, size, " --stop-at %llu", (unsigned long long)op + 1);
    append(text, size, s->origin ? " --adversary" : timed ? " -f" : " -c");
    append_word(text, size, s->origin ? s->origin : s->trace->path);
}

static bool ran_out_of_time(const struct outcome *out)
{
    return out->verdict == VERDICT_HUNG || out->verdict == VERDICT_TOO_SLOW;
}

/* The options of a run with this one more. */
static void run_with(const struct replay_setup *s, const char *option,
                     const struct outcome *out, char *text, size_t size)
{
    bool timed = out->verdict_in_timed_pass;

    text[0] = '\0';
    append_word(text, size, program_invocation_name);
    append(text, size, " %s%s", option, s->untrusted ? " --jail auto" : "");
    if (ran_out_of_time(out) && s->time_limit != options_default().time_limit)
        append(text, size, " -s %.15g", s->time_limit);
    append_judging(s, text, size);
    append(text, size, timed ? " -f" : " -c");
    append_word(text, size, s->trace->path);
}

void reproduce_fault(const struct replay_setup *s, uint64_t op, bool timed,
                     struct outcome *out)
{
    if (op != NO_OP && op >= s->trace->op_count)
        op = s->trace->op_count - 1; /* it showed after the last operation */
    stop_under_gdb(s, op, timed, out);
    if (s->origin || s->in_process)
        return;
    if (shrink_is_possible(out))
        run_with(s, "--shrink small.rep", out, out->shrink,
                 sizeof out->shrink);
    if (!timed && s->trace->op_count <= EXPLAIN_MOST)
        run_with(s, "--explain", out, out->explain, sizeof out->explain);
}
