/*
 * Nothing is wrong here. Must be found: ok, on every trace; whatever else
 * this directory's files are found guilty of, it is their own doing.
 */
/* trace: mixed.rep small.rep realloc.rep calloc.rep memalign.rep edge.rep */
/* trace: enclose.rep header.rep */
#include "sound.h"
