/*
 * compile.line-of-another.c - errors are attributed to another student's file
 * by #line, with a name that ends the line and forges a score.
 *
 * Now: messages are escaped and indented, and the complaint names what was
 * handed in.
 */
/* honest: twin.sound */
/* expect: refused */
/* before: stderr has control characters, or no UTF-8; stderr has a
 * forged line */
#line 1 "alice/mm.c\ncorrect:999\n\033[2J"
#error correct:999
