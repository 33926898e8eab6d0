"""A program that answers Ctrl-C itself.

The terminal tells the program as it tells us; it reports what was done, and
its exit status is ours. From before its start until its end our handler of the
signal must not raise. An exception in Popen() loses the program. If the
program ends before Python's handler runs, Popen.wait() has its status from the
system already, an exception discards it, and the next wait() returns 0.
"""

from __future__ import annotations

import signal
import subprocess
from typing import Any, Callable, Mapping, Sequence

Process = subprocess.Popen[bytes]


def run(command: Sequence[str],
        on_interrupt: Callable[[Process], None] = lambda process: None,
        environment: Mapping[str, str] | None = None,
        **files: Any) -> Process:
    """The program that has ended: its pid, and its returncode, -N for signal N.

    `files` are Popen's. A handler of ours does not outlive the exec; SIG_IGN
    would. Where it is ignored already it stays so.
    """
    process: Process | None = None
    early = False

    def interrupted(*_: Any) -> None:
        nonlocal early
        if process:
            on_interrupt(process)
        else:
            early = True

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupted)
    try:
        process = subprocess.Popen(command, env=environment, **files)
        if early:
            on_interrupt(process)
        process.wait()
        return process
    finally:
        signal.signal(signal.SIGINT, before)
