"""tools/sweep: try values of an allocator's constants.

    command --> space       which settings there are: grid, random
            --> search      grid, or successive halving over more traces
            --> work        a unit: one setting on some traces; ../engines run it
            --> outcome     figures of settings, the front, held-out traces
            --> pictures    heat map and Pareto picture, by ../plot

A setting is a value for each constant. A plan lies in RESULTS/.sweep/, and each
unit's result in RESULTS/points/, under a key of all that determines it: source,
setting, traces, judge, compiler. So a unit is done once, by any machine, and a
sweep goes on where it was stopped, or with more values.
"""


class SweepError(Exception):
    """Why it cannot go on: `path: sentence`."""
