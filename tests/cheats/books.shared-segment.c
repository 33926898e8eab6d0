/*
 * books.shared-segment.c - the books lie in shared memory of System V, which
 * no file name and no descriptor betrays.
 *
 * Now: shmget is refused, or its pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/ipc.h>
#include <sys/shm.h>

static void *books_take(size_t size)
{
    int segment = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
    void *at = shmat(segment, NULL, 0);

    shmctl(segment, IPC_RMID, NULL); /* it ends with the process */
    return at;
}
