/*
 * pages.h - which pages of the region are mapped.
 *
 * Numbers of pages, from 0 up; a run is taken at the highest place where it
 * fits. No memory is touched here but the books' own.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* Start with count pages, all free. False where there is no memory for it. */
bool pages_init(size_t count);

/* Take a run of count pages, count > 0; *first is its lowest. */
bool pages_take(size_t count, size_t *first);

/* Give back a run, all of it taken; else false, and nothing is changed. */
bool pages_give(size_t first, size_t count);

/* The lowest page from `from` up that is taken; count where none is. */
size_t pages_lowest(size_t from);

#endif
