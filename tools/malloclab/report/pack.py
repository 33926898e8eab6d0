"""Columns of integers, as text that a page holds and codec.js reads.

A column is stored byte by byte of its numbers: first the lowest byte of each,
then the next, so that bytes that are alike stand together. Where `delta` is
set, what is stored are the differences from one number to the next, and 2n or
-2n - 1 stands for n. All columns in a row are deflated, and that is base64.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy

MOST_BYTES = 6  # a double of the browser holds 53 bits


class Packer:
    """Collects columns; `index` is what codec.js needs beside the text."""

    def __init__(self) -> None:
        self.index: list[dict[str, Any]] = []
        self._parts: list[bytes] = []

    def add(self, name: str, column: numpy.ndarray,
            delta: bool = False) -> None:
        numbers = numpy.asarray(column, dtype=numpy.int64)
        if delta:
            numbers = zigzag(numpy.diff(numbers, prepend=0))
        width = bytes_needed(numbers)
        self.index.append({"name": name, "count": len(numbers),
                           "bytes": width, "delta": delta})
        planes = numbers.astype("<u8").view(numpy.uint8).reshape(-1, 8)
        self._parts.append(planes[:, :width].T.tobytes())

    def text(self) -> str:
        deflated = zlib.compress(b"".join(self._parts), 6)
        return base64.b64encode(deflated).decode("ascii")


def zigzag(numbers: numpy.ndarray) -> numpy.ndarray:
    """0, -1, 1, -2 ... as 0, 1, 2, 3 ..."""
    return (numbers << 1) ^ (numbers >> 63)


def bytes_needed(numbers: numpy.ndarray) -> int:
    """Bytes for the largest of the numbers, at least 1; a ValueError if one is
    negative or too large."""
    if not len(numbers):
        return 1
    if numbers.min() < 0:
        raise ValueError("a negative number")
    width = max(1, -(-int(numbers.max()).bit_length() // 8))
    if width > MOST_BYTES:
        raise ValueError(f"a number of {width} bytes")
    return width
