"""Progress of long work on a terminal, and messages on standard error."""

from __future__ import annotations

import sys
import time
from typing import Iterable, Iterator, TypeVar

T = TypeVar("T")

PROGRESS_DELAY = 2.0  # seconds
STEP = 1 << 16  # items between two looks at the clock


def show_progress(text: str) -> None:
    """Replace the text shown last; "" only removes it.

    Nothing is shown unless standard error is a terminal. The text is cut to 75
    columns, since a line that wraps could not be removed.
    """
    if sys.stderr.isatty():
        print(f"\r\033[K{text:.75}", end="", file=sys.stderr, flush=True)


def with_progress(items: Iterable[T], what: str) -> Iterator[T]:
    """The items; after PROGRESS_DELAY a terminal shows how many there were."""
    return _counted(items, what) if sys.stderr.isatty() else iter(items)


def _counted(items: Iterable[T], what: str) -> Iterator[T]:
    begun = time.monotonic()
    for count, item in enumerate(items):
        if count % STEP == 0 and time.monotonic() - begun > PROGRESS_DELAY:
            show_progress(f"{count} {what}")
        yield item
    show_progress("")


def warn(tool: str, text: object) -> None:
    """Remove the progress, and print the text, if any, on standard error."""
    show_progress("")
    if str(text):
        print(f"{tool}: {text}", file=sys.stderr, flush=True)
