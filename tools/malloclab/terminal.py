"""Progress of long work on a terminal, and messages on standard error."""

from __future__ import annotations

import sys


def show_progress(text: str) -> None:
    """Replace the text shown last; "" only removes it.

    Nothing is shown unless standard error is a terminal. The text is cut to 75
    columns, since a line that wraps could not be removed.
    """
    if sys.stderr.isatty():
        print(f"\r\033[K{text:.75}", end="", file=sys.stderr, flush=True)


def warn(tool: str, text: object) -> None:
    """Remove the progress, and print the text, if any, on standard error."""
    show_progress("")
    if str(text):
        print(f"{tool}: {text}", file=sys.stderr, flush=True)
