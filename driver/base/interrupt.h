/*
 * interrupt.h - Ctrl-C: finish the operation under way, then report the results
 * so far.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <signal.h>

/* Set by SIGINT after interrupt_catch was called. */
extern volatile sig_atomic_t interrupted;

/* Catch the next SIGINT; a second one ends the program. */
void interrupt_catch(void);

#endif
