"""What long work says of itself, to whoever watches it on a terminal."""

from __future__ import annotations

import sys


def tell(text: str) -> None:
    """Put the text in place of the last one; "" takes it away.

    It is cut where a narrow terminal would wrap it, which nothing takes away.
    """
    if sys.stderr.isatty():
        print(f"\r\033[K{text:.75}", end="", file=sys.stderr, flush=True)
