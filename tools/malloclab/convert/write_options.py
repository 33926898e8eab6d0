"""What is asked of a writer, beyond the operations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

WEIGHTS = ("bytes", "calls", "peak")


@dataclass
class WriteOptions:
    """name: the trace's, for titles. allocator: whose footprint it is, or "".

    footprints: its bytes after so many operations, by moments in their order.
    weight: what a folded stack counts, one of WEIGHTS. notes: what is not in
    the output, by sentence, for the writer to fill.
    """

    name: str
    allocator: str = ""
    footprints: list[tuple[int, int]] = field(default_factory=list)
    weight: str = WEIGHTS[0]
    notes: Counter[str] = field(default_factory=Counter)
