"""Recordings, which tools/record --keep leaves: runtime/record.h has the format."""

from __future__ import annotations

from typing import Iterator

from ..record import recording, symbols
from ..traces import rep
from .input_file import InputFile


def recognise(head: bytes) -> bool:
    return head.startswith(recording.MAGIC)


def read(source: InputFile) -> Iterator[rep.Op]:
    recorded = recording.load(source.path)
    if recorded.forked:
        source.warn("a forked child: what it inherited is not in its trace")
    if recorded.lost:
        source.warn(f"the disk was full: the last {recorded.lost} events are "
                    "missing")
    source.stacks, numbers = symbols.resolve(recorded)
    return source.operations(recorded.events(), numbers)
