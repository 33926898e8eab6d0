"""Small PNG files: pixels are numbers of a palette."""

from __future__ import annotations

import struct
import zlib
from typing import Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
INDEXED = 3  # the colour type
EFFORT = 6  # of zlib


def png(rows: Sequence[bytes], palette: Sequence[tuple[int, int, int, int]]
        ) -> bytes:
    """The file. A row is a byte per pixel, the top row first; a colour is red,
    green, blue and opacity."""
    size = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, INDEXED, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), EFFORT)
    return SIGNATURE + b"".join(
        _chunk(name, data) for name, data in (
            (b"IHDR", size),
            (b"PLTE", bytes(part for colour in palette
                            for part in colour[:3])),
            (b"tRNS", bytes(colour[3] for colour in palette)),
            (b"IDAT", pixels), (b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return (struct.pack(">I", len(data)) + name + data
            + struct.pack(">I", zlib.crc32(name + data)))
