/*
 * returns_bool.c - linked with hand-ins of CMU's labs since 2015: the program
 * that loads them learns from this symbol that mm_init returns true for
 * success.
 */
const char mm_init_returns_bool = 1;
