/*
 * Exports an audit, which finds every header sound. Must be found: ok, also
 * when the audit runs after every operation.
 */
/* trace: mixed.rep realloc.rep */
/* options: -d 2 */
#include "sound.h"

int mm_audit(void)
{
    char *at = mem_heap_lo();

    while (at < heap_end()) {
        struct block *b = (struct block *)at;

        if (b->size == 0) { /* what an aligned block left before it */
            at += ALIGNMENT;
            continue;
        }
        if (b->size % ALIGNMENT != 0)
            return 1;
        at = payload_of(b) + b->size;
    }
    return at == heap_end() ? 0 : 2;
}
