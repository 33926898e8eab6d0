/*
 * harm.truncates-the-channel.c - makes the file that judge and worker share
 * empty, through /proc/PPID/fd: the judge's next look at it is a bus error.
 *
 * Now: the file is sealed, and opening files is refused.
 */
/* honest: twin.sound */
/* expect: tampered|crashed|exited */
/* before: the judge ended with 135; no report */
#include "harm.h"
#include "judge_view.h"

#include <fcntl.h>

static void harm(void)
{
    char path[64], target[256];

    for (int fd = 3; fd < 64; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)find_judge(), fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (!strstr(target, "memfd:channel"))
            continue;
        int channel = open(path, O_RDWR);
        if (channel >= 0 && ftruncate(channel, 0) == 0)
            break;
    }
    _exit(3);
}
