"""The lines of a trace's file: the line of each operation, and its id.

mdriver has read the file before, so nothing is checked here again. Only texts
have lines: .rep, .rep.gz, and, with zstd installed, .rep.zst.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
from array import array
from dataclasses import dataclass
from pathlib import Path

from ..numbers import integer
from ..traces import packed, places
from ..traces.op_table import ALIGNING, COUNTING
from ..traces.stacks import SIGN

WITH_EXTRA = COUNTING | ALIGNING
ROW = SIGN.encode()  # of call stacks


class NoLines(places.TraceError):
    """Why a trace's lines cannot be read, in a sentence."""


@dataclass(frozen=True)
class Lines:
    """By operation: its line from 1, its id, the count of a calloc or the
    alignment of a memalign, the size of each item of a calloc; else 0."""

    line: array
    ident: array
    extra: array
    each: array


def read(path: Path) -> Lines:
    return parse(_text(path))


def parse(text: bytes) -> Lines:
    found = Lines(array("q"), array("q"), array("q"), array("q"))
    header = 4
    for number, line in enumerate(text.split(b"\n"), 1):
        words = line.split()
        if header > 0:
            header -= len(words)
        elif words and not words[0].startswith(ROW):
            found.line.append(number)
            found.ident.append(_integer(words[1]))
            kind = words[0].decode("ascii")
            found.extra.append(_integer(words[2]) if kind in WITH_EXTRA else 0)
            found.each.append(_integer(words[3]) if kind in COUNTING else 0)
    return found


def _integer(word: bytes) -> int:
    """int() does not take as many zeros as mdriver does."""
    return int(word) if len(word) < 20 else integer(word.decode("ascii"), -1)


def _text(path: Path) -> bytes:
    data = path.read_bytes()
    if data.startswith(packed.GZIP):
        data = gzip.decompress(data)
    elif data.startswith(packed.ZSTD):
        data = _unpack_zstd(path)
    if data.startswith(packed.MAGIC[:7]):
        raise NoLines(f"{path}: a binary trace has no lines")
    return data


def _unpack_zstd(path: Path) -> bytes:
    if not shutil.which("zstd"):
        raise NoLines(f"{path}: there is no zstd to read its lines with")
    ended = subprocess.run(["zstd", "-dcq", str(path)], check=False,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    if ended.returncode != 0:
        raise NoLines(f"{path}: zstd cannot read it")
    return ended.stdout
