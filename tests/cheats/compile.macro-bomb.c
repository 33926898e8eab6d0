/*
 * compile.macro-bomb.c - thirty macros, each twice the one before: the
 * preprocessor writes gigabytes.
 *
 * Now: compiling has limits of memory and time.
 */
/* honest: twin.sound */
/* expect: refused */
/* before: the judge did not end; it changed scratch; the report: there
 * is none */
#define A0 1 + 1 +
#define A1 A0 A0 A0 A0
#define A2 A1 A1 A1 A1
#define A3 A2 A2 A2 A2
#define A4 A3 A3 A3 A3
#define A5 A4 A4 A4 A4
#define A6 A5 A5 A5 A5
#define A7 A6 A6 A6 A6
#define A8 A7 A7 A7 A7
#define A9 A8 A8 A8 A8
#define AA A9 A9 A9 A9
#define AB AA AA AA AA
#define AC AB AB AB AB
#define AD AC AC AC AC
#define AE AD AD AD AD
static const long sum = AE 0;
#include "sound.h"
