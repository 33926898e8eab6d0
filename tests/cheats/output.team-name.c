/*
 * output.team-name.c - the names of a team hold newlines, escape sequences and
 * a forged score: the report prints the team.
 *
 * Now: names are escaped, cut, and on one line each.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: -g */
/* before: stdout has control characters, or no UTF-8 */
#include "sound.h"

team_t team = {"a team\ncorrect:999\nperfidx:100\n", "\033[2J\033[HMallory",
               "\x9b" "31m\xff\xfe", "\rcorrect:999", "\b\b\b\b"};
