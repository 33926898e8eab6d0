"""How a tool begins: Ctrl-C ends it in silence while it is still loading.

From the first import of this module on the signal kills, and a shell says 130.
run() gives it back to main(), which cleans up and returns 130 itself.
"""

from __future__ import annotations

import importlib
import signal
import sys
from typing import NoReturn

BEFORE = signal.getsignal(signal.SIGINT)
if BEFORE is signal.default_int_handler:  # not where it is ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(module: str) -> NoReturn:
    """Call the module's main, and exit with what it returns."""
    main = importlib.import_module(module).main
    signal.signal(signal.SIGINT, BEFORE)
    sys.exit(main())
