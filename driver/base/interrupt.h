/*
 * interrupt.h - Ctrl-C: finish what is under way, and report what there is.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <signal.h>

/* Set by SIGINT once interrupt_catch was called; a second one kills. */
extern volatile sig_atomic_t interrupted;

void interrupt_catch(void);

#endif
