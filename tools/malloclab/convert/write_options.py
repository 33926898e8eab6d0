"""The options of a writer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

WEIGHTS = ("bytes", "calls", "peak")


@dataclass
class WriteOptions:
    """name: the trace's name, for titles. allocator: that of the footprints, or
    "". footprints: pairs of a number of operations and the footprint
    after them in bytes, ascending. weight: what a folded stack counts, one of
    WEIGHTS. notes: filled by the writer: counts of what the output lacks, by
    sentence.
    """

    name: str
    allocator: str = ""
    footprints: list[tuple[int, int]] = field(default_factory=list)
    weight: str = WEIGHTS[0]
    notes: Counter[str] = field(default_factory=Counter)
