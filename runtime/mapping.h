/*
 * mapping.h - memory of its own from the system, with a guard behind.
 *
 *      |  whole pages, zero at first  | no access |
 *      +------------------------------+-----------+
 *      mapping                          guard
 *
 * The runtime's own tables lie in mappings, and so do blocks that are too large
 * for an allocator (blocks.c). A mapping is the caller's until mapping_delete
 * or mapping_resize. Sizes are bytes, from 1 to PTRDIFF_MAX. Of very many
 * mappings the last have guards that can be accessed.
 */
#ifndef MAPPING_H
#define MAPPING_H

#include <stddef.h>

/* Bytes of a guard: whole pages on every system. */
enum { GUARD = 1 << 16 };

/*
 * A mapping of at least size bytes at a multiple of align, a power of two up to
 * PTRDIFF_MAX / 2. NULL if the system refuses.
 */
void *mapping_new(size_t align, size_t size);

/*
 * Resize a mapping of old bytes. It may move, which copies no page. NULL if the
 * system refuses: then it stays as it was.
 */
void *mapping_resize(void *mapping, size_t old, size_t size);

/* Give back a mapping of size bytes. */
void mapping_delete(void *mapping, size_t size);

/* How many bytes a mapping for size bytes has: whole pages. */
size_t mapping_size(size_t size);

#endif
