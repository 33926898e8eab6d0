"""tools/handin: build a hand-in's mm.c, unmodified, and judge it.

    command     --> building --> sources, labs
                --> hints                        why a verdict may be bad
"""

from .building import build
from .labs import recognize
from .sources import HandinError, gather

__all__ = ["HandinError", "build", "gather", "recognize"]
