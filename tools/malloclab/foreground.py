"""Waiting for a program that answers Ctrl-C itself.

The terminal tells the program as it tells us; it reports what was done, and
its exit status is ours. Meanwhile our handler of the signal must not raise. If
the program ends before Python's handler runs, Popen.wait() has its status from
the system already, an exception discards it, and the next wait() returns 0.
"""

from __future__ import annotations

import signal
import subprocess
from typing import Any, Callable


def wait(process: subprocess.Popen[Any],
         on_interrupt: Callable[[], None] = lambda: None) -> int:
    """The program's exit status, as Popen.wait() returns it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        return process.wait()
    signal.signal(signal.SIGINT, lambda *_: on_interrupt())
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
