/*
 * Clears all the memory that it finds it may write to, but its stack and the
 * heap. Must be found: tampered.
 */
/* trace: mixed.rep */
#define OWN_FREE
#include "sound.h"

struct area {
    char *start;
    size_t size;
};

/* The next line of /proc/self/maps whose area may be overwritten. */
static int next_area(FILE *maps, struct area *area)
{
    unsigned long start, end;
    char line[4200], rights[8];

    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 ||
            rights[1] != 'w' || end - start > (16 << 20) ||
            ((uintptr_t)line >= start && (uintptr_t)line < end))
            continue;
        *area = (struct area){(char *)start, end - start};
        return 1;
    }
    return 0;
}

void mm_free(void *ptr)
{
    struct area areas[100];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");

    (void)ptr;
    while (maps && count < 100 && next_area(maps, &areas[count]))
        count++;
    for (int i = 0; i < count; i++)
        for (size_t at = 0; at < areas[i].size; at++)
            *(volatile char *)(areas[i].start + at) = 0;
}
