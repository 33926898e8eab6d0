"""tools/handin: build a hand-in's mm.c, unmodified, and judge it.

    command     --> building --> sources, labs   in ../jail.py, as judging is
                             --> complaints      what a compiler says, short
                             --> object_code     what the result calls
                --> judging                      mdriver
                --> hints                        why a verdict may be bad
"""

from .building import build
from .labs import recognize
from .sources import HandinError, gather

__all__ = ["HandinError", "build", "gather", "recognize"]
