/*
 * compile.fifo.c - a header of the hand-in's folder is a FIFO that nobody
 * writes to: the compiler waits for ever.
 *
 * Now: only plain files are a hand-in's, and compiling has a time limit.
 */
/* honest: twin.sound */
/* expect: refused */
/* beside: fifo endless.h */
/* before: the judge did not end; it changed scratch; the report: there
 * is none */
#include "endless.h"
#include "sound.h"
