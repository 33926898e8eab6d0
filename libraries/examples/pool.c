/*
 * pool.c - a device with 1 KiB for its messages.
 *
 * Shows memory handed to the pool, what it says when it is full, and that
 * freed neighbours serve larger requests again.
 *
 *     cc pool.c $(pkg-config --cflags --libs pool) && ./a.out
 */
#include "pool.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGES = 100 };

static alignas(16) char memory[1536];

static char *message_new(int number)
{
    char *text = my_malloc(40);

    if (text)
        snprintf(text, 40, "message %d of the device", number);
    return text;
}

int main(void)
{
    char *message[MESSAGES];
    int count = 0;

    my_pool_init(memory, 1024);
    while (count < MESSAGES && (message[count] = message_new(count)))
        count++;
    printf("%d messages, then: %s\n", count, strerror(errno));
    printf("the last is \"%s\"\n", message[count - 1]);

    my_free(message[3]);
    my_free(message[5]);
    printf("two freed, apart: 100 bytes %s\n",
           my_malloc(100) ? "fit" : "do not fit");
    my_free(message[4]);
    char *report = my_malloc(100);
    printf("and the one between: 100 bytes %s, where %s was\n",
           report ? "fit" : "do not fit",
           report == message[3] ? "the first" : "something else");

    my_pool_add(memory + 1024, 512);
    printf("512 bytes more: the largest request is now %zu\n",
           my_pool_largest());
    my_free(message[count - 1]);
    printf("the last message adjoins them: freed, it is %zu\n",
           my_pool_largest());
    return 0;
}
