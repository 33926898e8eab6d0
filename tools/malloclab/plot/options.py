"""Options that several kinds of pictures share, and their argparse types."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy


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
    wrong = argparse.ArgumentTypeError(
        f"'{text}' is not a range of operations such as 1000:2000")
    if not colon or not all(word.isdigit() for word in (first, last) if word):
        raise wrong
    found = Range(max(int(first or 1), 1), int(last) if last else None)
    if found.last is not None and found.last < found.first:
        raise wrong
    return found


def inches(text: str) -> tuple[float, float]:
    """An argparse type: WIDTHxHEIGHT."""
    try:
        width, height = (float(word) for word in text.split("x"))
    except ValueError:
        width = height = 0
    if not (1 <= width <= 100 and 1 <= height <= 400):
        raise argparse.ArgumentTypeError(
            f"'{text}' is no size in inches such as 9x6")
    return width, height


def dots(text: str) -> int:
    """An argparse type: dots an inch."""
    if not text.isdigit() or not 20 <= int(text) <= 1200:
        raise argparse.ArgumentTypeError(f"'{text}' is not 20 to 1200 dpi")
    return int(text)
