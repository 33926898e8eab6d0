/*
 * compile.fifo-as-a-source.c - a C file beside mm.c is a FIFO: the tool that
 * gathers the hand-in's files waits for ever.
 *
 * Now: only plain files are a hand-in's: this one is ignored, or refused.
 */
/* honest: twin.sound */
/* expect: refused|ok */
/* beside: fifo list.c */
/* before: the judge did not end; the report: there is none */
#include "sound.h"
