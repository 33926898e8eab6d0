/*
 * compat/contracts.h - REQUIRES, ENSURES and ASSERT, for hand-ins that use
 * them: assertions in a build with DEBUG, nothing without.
 */
#ifndef COMPAT_CONTRACTS_H
#define COMPAT_CONTRACTS_H

#include <assert.h>

#ifdef DEBUG
#define ASSERT(condition) assert(condition)
#else
#define ASSERT(condition) ((void)0)
#endif
#define REQUIRES(condition) ASSERT(condition)
#define ENSURES(condition) ASSERT(condition)

#endif
