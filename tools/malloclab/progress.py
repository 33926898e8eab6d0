"""How far units of work are, on standard error: a line that stays on a
terminal, and elsewhere one each ten seconds."""

from __future__ import annotations

import sys
import time

from .terminal import show_progress

EACH = 10.0  # seconds


class Progress:
    def __init__(self, count: int, failure: str = "failed") -> None:
        self.count, self.done, self.failure = count, 0, failure
        self.failed: list[str] = []
        self.begun = self.said = time.monotonic()

    def add(self, name: str, failed: bool) -> None:
        self.done += 1
        if failed:
            self.failed.append(name)
        self.show()

    def at(self, done: int) -> None:
        self.done = done
        self.show()

    def show(self) -> None:
        now = time.monotonic()
        if sys.stderr.isatty():
            show_progress(self.text(now))
        elif now - self.said >= EACH:
            self.said = now
            print(self.text(now), file=sys.stderr, flush=True)

    def text(self, now: float) -> str:
        text = f"{self.done} of {self.count}"
        if 0 < self.done < self.count:
            left = (now - self.begun) / self.done * (self.count - self.done)
            text += f", {_duration(left)} left"
        if self.failed:
            text += f", {self.failure}: {', '.join(self.failed[-3:])}"
        return text

    def end(self) -> None:
        show_progress("")


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes"
