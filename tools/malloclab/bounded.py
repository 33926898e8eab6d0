"""A program that may print without end, hang, and leave children behind."""

from __future__ import annotations

import math
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Sequence

PIECE = 1 << 16


@dataclass(frozen=True)
class Ended:
    status: int  # negative: the signal
    output: bytes
    errors: bytes
    in_time: bool


_running: set[int] = set()  # process groups of our own


def run(words: Sequence[str], seconds: float | None, most_output: int,
        most_errors: int = 0, **more: object) -> Ended:
    """Run it in a group of its own, which Ctrl-C does not reach. What it prints
    beyond the limits is read, and lost. Its standard input is a pipe that ends
    when this process does."""
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, **more)
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    _running.add(process.pid)
    try:
        kept, in_time = _read(process, deadline, [most_output, most_errors])
    finally:
        _kill(process.pid)
        _running.discard(process.pid)
        status = process.wait()
    return Ended(status, kept[0], kept[1], in_time)


def stop_all() -> None:
    for group in list(_running):
        _kill(group)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _read(process: subprocess.Popen[bytes], deadline: float, most: list[int]
          ) -> tuple[list[bytes], bool]:
    """Until the process has ended and both streams are closed, or the time is
    over. Something that the process has left behind keeps nothing open."""
    kept = [b"", b""]
    with process, selectors.DefaultSelector() as selector:
        for number, stream in enumerate((process.stdout, process.stderr)):
            selector.register(stream, selectors.EVENT_READ, number)
        while selector.get_map():
            for key, _ in selector.select(1):
                data = os.read(key.fd, PIECE)
                kept[key.data] += data[:most[key.data] - len(kept[key.data])]
                if not data:
                    selector.unregister(key.fileobj)
            ended = process.poll() is not None
            if time.monotonic() > deadline and not ended:
                _kill(process.pid)
                return kept, False
            if ended and not selector.select(0):
                break
    return kept, True
