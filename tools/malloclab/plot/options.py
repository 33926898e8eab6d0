"""Options that several kinds of pictures share, and their argparse types."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy

from ..numbers import EXACT, integer, shown


@dataclass(frozen=True)
class Range:
    """Operations first to last, both included; None is without end."""

    first: int = 1
    last: int | None = None

    def end(self, ops: int) -> int:
        """The last operation of a trace of so many that lies in the range."""
        return ops if self.last is None else min(self.last, ops)

    def holds(self, op: numpy.ndarray) -> numpy.ndarray:
        inside = op >= self.first
        return inside if self.last is None else inside & (op <= self.last)


def operations(text: str) -> Range:
    """An argparse type: A:B, either of which may be left out."""
    first, colon, last = text.partition(":")
    try:
        found = Range(max(integer(first or "1", high=EXACT), 1),
                      integer(last, high=EXACT) if last else None)
    except ValueError:
        colon = ""
    if not colon or found.last is not None and found.last < found.first:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is not a range of operations such as 1000:2000")
    return found


def inches(text: str) -> tuple[float, float]:
    """An argparse type: WIDTHxHEIGHT."""
    try:
        width, height = (float(word) for word in text.split("x"))
    except ValueError:
        width = height = 0
    if not (1 <= width <= 100 and 1 <= height <= 400):
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no size in inches such as 9x6")
    return width, height


def dots(text: str) -> int:
    """An argparse type: dots per inch."""
    try:
        return integer(text, 20, 1200)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not 20 to 1200 dpi"
                                         ) from None
