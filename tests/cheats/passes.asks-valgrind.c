/*
 * passes.asks-valgrind.c - asks by valgrind's own request whether it is being
 * counted; if so, realloc copies nothing.
 *
 * Now: the contents are looked at in the counted pass, too.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#include "lazy_realloc.h"
#include "valgrind_request.h"

static int is_watched(void *p, size_t size)
{
    static int known, counted;

    (void)p;
    (void)size;
    if (!known)
        counted = valgrind_request(RUNNING_ON_VALGRIND) != 0;
    known = 1;
    return !counted;
}
