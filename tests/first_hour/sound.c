/* sound.c - no bug: what the others are without theirs */
#include "student.h"
