"""Progress of long work, shown on a terminal."""

from __future__ import annotations

import sys


def show_progress(text: str) -> None:
    """Replace the text shown last; "" only removes it.

    Nothing is shown unless standard error is a terminal. The text is cut to 75
    columns, since a line that wraps could not be removed.
    """
    if sys.stderr.isatty():
        print(f"\r\033[K{text:.75}", end="", file=sys.stderr, flush=True)
