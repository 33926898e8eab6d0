/*
 * canary.h - contents in the timed pass.
 *
 * The timed loop writes nothing into payloads, so an allocator could keep
 * contents only when it is checked. Between two batches of its choice the
 * judge itself writes a pattern into live payloads through the shared heap,
 * and after the next batch looks whether it is still there.
 */
#ifndef PAINTER_H
#define PAINTER_H

#include "oracle.h"

struct canary;

/* heap is the judge's view of the oracle's base. */
struct canary *canary_new(const struct oracle *oracle, unsigned char *heap,
                          uint64_t seed);
void canary_delete(struct canary *p);

/* Paint a choice of live blocks, the one in slot `first` among them. */
void canary_write(struct canary *p, uint32_t first);

/*
 * Operations [first, first + count) of ops were carried out since: are the
 * painted blocks that still live as they were painted, and are the blocks zero
 * that calloc handed out meanwhile? False with *finding where one is not.
 */
bool canary_check(struct canary *p, const struct op *ops, uint64_t first,
                  uint64_t count, struct finding *finding);

#endif
