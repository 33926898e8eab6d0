/*
 * canary.h - patterns in live payloads during a timed or counted pass.
 *
 * Their loops write nothing into payloads, so an allocator could lose contents
 * there and keep them in the checked pass. In a canary pass, and in the counted
 * one, the judge writes patterns into live payloads before each batch, through
 * the shared heap, and checks after the batch that they are unchanged.
 */
#ifndef CANARY_H
#define CANARY_H

#include "oracle.h"

struct canary;

/* heap is where the judge has mapped the oracle's base. */
struct canary *canary_new(const struct oracle *oracle, unsigned char *heap,
                          uint64_t seed);
void canary_delete(struct canary *p);

/* Drop all canaries; write new ones into slot `first` and random slots. */
void canary_write(struct canary *p, uint32_t first);

/*
 * The same before a short batch: into the blocks that these operations resize,
 * and a few random slots.
 */
void canary_write_few(struct canary *p, const struct op *ops, uint32_t count);

/*
 * Check the canaries of blocks that are still live, and that blocks from calloc
 * are zero, after operations [first, first + count) of ops. False, with the
 * first fault in *finding, if one is wrong.
 */
bool canary_check(struct canary *p, const struct op *ops, uint64_t first,
                  uint64_t count, struct finding *finding);

#endif
