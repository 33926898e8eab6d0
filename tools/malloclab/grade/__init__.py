"""tools/grade: grade the hand-ins of a class.

    command     --> collecting --> archives, sources     who handed in what
                --> plan                                 what is to be judged
                --> ../engines --> unit --> handin       judges it
                --> summary --> gradebook, pages, services, similar
                --> checking                             tools/grade check

A plan lies in RESULTS/.grade/, and a hand-in in RESULTS/STUDENT/: its sources
in source/, what became of it in result.json. So a unit of work is a name of a
folder in RESULTS, whichever machine does it.
"""


class GradeError(Exception):
    """Why it cannot go on: `path: sentence`."""
