"""Processes that run at a time and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from concurrent.futures import (FIRST_COMPLETED, Future, ThreadPoolExecutor,
                                wait)
from typing import Callable, Iterable, Iterator, Sequence


class Interrupted(Exception):
    """A run that was ended with all others."""


class Children:
    """The process groups that are running, to be ended together."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.groups: set[int] = set()
        self.stopped = False

    def _start(self, command: Sequence[str], **more) -> subprocess.Popen:
        with self.lock:
            if self.stopped:
                raise Interrupted
            process = subprocess.Popen(command, start_new_session=True,
                                       stdin=subprocess.DEVNULL, **more)
            self.groups.add(process.pid)
            return process

    def run(self, command: Sequence[str], limit: float | None = None,
            **more) -> int | None:
        """Its exit code, None where it had to be ended. Nothing of its group
        is left."""
        process = self._start(command, **more)
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with self.lock:
                _kill(process.pid)
                self.groups.discard(process.pid)
            process.wait()
        if self.stopped:
            raise Interrupted
        return code

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            for group in self.groups:
                _kill(group)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


CHILDREN = Children()


def _as_they_end(futures: Sequence[Future]) -> Iterator[Future]:
    """A thread that waits without a limit can miss a signal that comes just
    before it does."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, 0.2, FIRST_COMPLETED)
        yield from done


def run_all(function: Callable, work: Iterable[tuple], jobs: int,
            results: list, report: Callable = lambda *_: None) -> None:
    """Call it with each of the work; results are added in that order, also
    where it is interrupted. Only threads start processes: what interrupts
    comes to the main thread, which ends them all."""
    futures: list[Future] = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            futures += [pool.submit(function, *words) for words in work]
            for number, future in enumerate(_as_they_end(futures), 1):
                report(future.result(), number, len(futures))
        except BaseException:
            CHILDREN.stop()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            results += [f.result() for f in futures
                        if f.done() and not f.cancelled()
                        and not f.exception()]
