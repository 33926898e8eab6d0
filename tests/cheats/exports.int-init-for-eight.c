/*
 * exports.int-init-for-eight.c - the assignment asks for 16 bytes of alignment,
 * and the text says it is of the lab that asks for 8: a team, an int mm_init.
 * Blocks of 8, 24, 40 ... bytes waste less.
 *
 * Now: lab and alignment are the assignment's.
 */
/* honest: twin.sixteen */
/* expect: no-gain */
/* lab: csapp 16 */
/* before: utilization 74.2 for 72.3 % */
#define STEP 8
#include "header_of_eight.h"

team_t team = {"eight", "Mallory", "m@example.org", "", ""};
