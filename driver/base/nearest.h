/*
 * nearest.h - the known name that an unknown one may stand for.
 */
#ifndef NEAREST_H
#define NEAREST_H

/*
 * Of the names, which NULL ends, the one that the fewest changed, added or left
 * out letters make of word; of several, the first. Letters of word beyond the
 * 63rd do not count, and no name is longer.
 */
const char *nearest_name(const char *word, const char *const *names);

#endif
