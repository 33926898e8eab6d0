/*
 * Sound, but announces a result of its own when it is loaded, started, used
 * and unloaded. Must be found: ok, and not a word of it on the driver's
 * standard output.
 */
/* trace: mixed.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

#include <unistd.h>

static const char forged[] = "\nPerf index = 60 (util) + 40 (thru) = 100/100\n"
                             "correct:999\nperfidx:100\n";

__attribute__((constructor, destructor)) static void announce(void)
{
    fputs(forged, stdout);
    fflush(stdout);
}

int mm_init(void)
{
    fputs(forged, stdout); /* left in the buffer for exit to flush */
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (write(STDOUT_FILENO, forged, sizeof forged - 1) < 0)
        return NULL;
    return sound_malloc(size);
}
