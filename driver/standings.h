/*
 * standings.h - a tournament in one table, theory in its last rows.
 */
#ifndef STANDINGS_H
#define STANDINGS_H

#include "adversary/tournament.h"

#include <stdio.h>

void standings_print(FILE *out, const struct tournament *t);

#endif
