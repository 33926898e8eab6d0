"""Processes of our own that share work, one for each processor.

Ctrl-C comes to the parent alone, and ends all of them with the programs that
they run. Python's pool loses it at three moments: while its processes begin,
while one of them is between two units, and while it closes its own thread.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Callable, Iterator, NoReturn, Sequence

from . import bounded

Item, Result = Any, Any


def each(do: Callable[[Item], Result], items: Sequence[Item], jobs: int,
         ended: Callable[[Item, Result], None]) -> None:
    """do(item) in some process, and ended(item, result) here, as they end.
    Raises BrokenProcessPool where a process has died."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        _each(do, items, jobs, ended, folder)


def _each(do: Callable[[Item], Result], items: Sequence[Item], jobs: int,
          ended: Callable[[Item, Result], None], folder: str) -> None:
    pool = ProcessPoolExecutor(min(jobs, len(items)),
                               multiprocessing.get_context("fork"), _begin,
                               (do, folder))
    try:
        with _later(signal.SIGINT):  # submit starts the processes
            waiting = {pool.submit(_do, item): item for item in items}
        for future in as_completed(waiting):
            ended(waiting[future], future.result())
    except BrokenProcessPool:
        pool.shutdown()
        raise
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()


@contextmanager
def _later(number: signal.Signals) -> Iterator[None]:
    """The signal comes when the block has ended. A process that is forked in it
    has the signal blocked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (number,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(pool: ProcessPoolExecutor) -> None:
    """It ends by itself without its processes, and is waited for: Python's end
    would meet its thread half closed (OSError, Bad file descriptor)."""
    for child in multiprocessing.active_children():
        child.terminate()
        child.join()
    pool.shutdown()


# ---- In a process of the pool. ----

_work: list[Callable[[Item], Result]] = []
_doing: list[Item] = []


def _begin(do: Callable[[Item], Result], folder: str) -> None:
    """A process that is ended while it makes a temporary folder leaves it: the
    parent removes the one that all are in."""
    _work[:] = [do]
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
    end_with_programs()


def _do(item: Item) -> Result:
    try:
        _doing.append(item)
        try:
            return _work[0](item)
        finally:
            _doing.clear()
    except SystemExit:  # the pool would wait for the next item
        os._exit(1)


def end_with_programs() -> None:
    """When this process is asked to end, what it runs ends, too."""
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, _end)


def _end(number: int, frame: object) -> NoReturn:
    """By an exception, so that its temporary folders go. But the pool's own
    code, between items, would take that for an item's, and wait for the
    next."""
    if _work and not _doing:
        os._exit(1)
    for again in signal.SIGTERM, signal.SIGHUP:
        signal.signal(again, signal.SIG_IGN)
    bounded.stop_all()
    sys.exit(1)
