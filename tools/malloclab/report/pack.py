"""Columns of integers, as text that a page holds and codec.js reads.

A column is stored byte by byte of its numbers: first the lowest byte of each,
then the next, so that bytes that are alike stand together. Where `delta` is
set, what is stored are the differences from one number to the next, and 2n or
-2n - 1 stands for n. All columns in a row are deflated, and that is base64.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any, Iterable, Sequence

import numpy

MOST_BYTES = 6  # a double of the browser holds 53 bits


class Packer:
    """Collects columns; `index` is what codec.js needs beside the text."""

    def __init__(self) -> None:
        self._columns: dict[str, tuple[dict[str, Any], bytes]] = {}

    @classmethod
    def opened(cls, index: Sequence[dict[str, Any]], text: str) -> Packer:
        """With the columns of a text again; a ValueError if it is none."""
        packer, at = cls(), 0
        try:
            data = zlib.decompress(base64.b64decode(text, validate=True))
        except zlib.error as error:
            raise ValueError(error) from None
        for entry in index:
            end = at + entry["count"] * entry["bytes"]
            packer._columns[entry["name"]] = entry, data[at:end]
            at = end
        if at != len(data):
            raise ValueError("columns of another length")
        return packer

    @property
    def index(self) -> list[dict[str, Any]]:
        return [entry for entry, _ in self._columns.values()]

    def add(self, name: str, column: numpy.ndarray,
            delta: bool = False) -> None:
        numbers = numpy.asarray(column, dtype=numpy.int64)
        if delta:
            numbers = zigzag(numpy.diff(numbers, prepend=0))
        width = bytes_needed(numbers)
        planes = numbers.astype("<u8").view(numpy.uint8).reshape(-1, 8)
        self._columns[name] = {
            "name": name, "count": len(numbers), "bytes": width,
            "delta": delta}, planes[:, :width].T.tobytes()

    def copy(self, other: Packer, name: str, new: str) -> None:
        """Another's column under a new name."""
        entry, planes = other._columns[name]
        self._columns[new] = {**entry, "name": new}, planes

    def same(self, other: Packer, names: Iterable[str]) -> bool:
        """Do both have the same numbers in these columns?"""
        return all(self._columns[name] == other._columns.get(name)
                   for name in names)

    def text(self) -> str:
        data = b"".join(planes for _, planes in self._columns.values())
        return base64.b64encode(zlib.compress(data, 6)).decode("ascii")


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
