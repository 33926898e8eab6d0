/*
 * time.in-the-flush.c - between two batches the worker flushes its standard
 * output. So stdout becomes a stream of ours, whose function for writing does
 * the work that free has put off, but in passes where the judge compares times.
 *
 * Now: a counted process flushes nothing between its batches. What is put off is
 * never freed there, and the footprint of that pass counts.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* pays: utilization */
/* before: 6 times as fast */
#include "channel_view.h"

#define OWN_INIT
#include "slow.h"

#include <stdio.h>

static struct block *noted;

static ssize_t on_flush(void *unused, const char *text, size_t size)
{
    (void)unused;
    (void)text;
    for (struct block *b = noted, *next; b; b = next) {
        next = b->next_free;
        work(payload_of(b));
    }
    noted = NULL;
    return (ssize_t)size;
}

int mm_init(void)
{
    static FILE *ours;

    if (!ours) {
        ours = fopencookie(NULL, "w",
                           (cookie_io_functions_t){.write = on_flush});
        setvbuf(ours, NULL, _IOFBF, 1 << 16);
        stdout = ours;
    }
    noted = NULL;
    return sound_init();
}

static void later(void *p)
{
    if (is_compared()) {
        work(p);
        return;
    }
    if (!noted)
        fputc('.', stdout); /* so that there is something to be flushed */
    block_of(p)->next_free = noted;
    noted = block_of(p);
}
