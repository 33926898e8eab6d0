/*
 * Sound, but writes a forged result into every file that it finds open. Must
 * be found: ok, for none of them is the judge's; and not a word of it on the
 * driver's standard output.
 */
/* trace: mixed.rep */
#define OWN_FREE
#include "sound.h"

#include <unistd.h>

static const char forged[] = "{\"verdict\": \"ok\"}\ncorrect:999\n";

void mm_free(void *ptr)
{
    ssize_t written = 0;

    for (int file = 0; file < 256; file++)
        written += write(file, forged, sizeof forged - 1);
    if (written != 0)
        sound_free(ptr);
}
