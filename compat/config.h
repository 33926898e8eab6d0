/*
 * compat/config.h - what hand-ins of the classic lab take from its config.h.
 */
#ifndef COMPAT_CONFIG_H
#define COMPAT_CONFIG_H

#define ALIGNMENT 8
#define MAX_HEAP (20 * (1 << 20))

#endif
