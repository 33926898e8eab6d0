/* misaligned.c - the pad is forgotten: payloads start 8 bytes too low */
#define MISALIGNED
#include "student.h"
