"""Moments of a trace, for curves: how much memory after how many operations."""

from __future__ import annotations

from typing import Iterator, NamedTuple

from .checked_trace import CheckedTrace
from .write_options import WriteOptions


class Moment(NamedTuple):
    """number: of operations done; payload, and the footprint beyond it, in bytes."""

    number: int
    payload: int
    extra: int

    @property
    def total(self) -> int:
        return self.payload + self.extra


def payloads(trace: CheckedTrace) -> Iterator[int]:
    """Bytes of payload after each operation."""
    sizes: dict[int, int] = {}
    payload = 0
    for op in trace:
        payload += op.payload - sizes.pop(op.id, 0)
        if op.payload:
            sizes[op.id] = op.payload
        yield payload


def moments(trace: CheckedTrace, options: WriteOptions, most: int
            ) -> list[Moment]:
    """At most `most` moments, about evenly apart, with the peaks of payload and
    of footprint among them. Footprints are known at the moments of
    options.footprints only; without an allocator extra is 0."""
    known = dict(options.footprints)
    numbers = sorted(known) or range(1, len(trace) + 1)
    kept = set(_thinned(numbers, most - 2))
    if not known or trace.peak_at in known:
        kept.add(trace.peak_at)
    if known:
        kept.add(max(numbers, key=known.__getitem__))
    return [Moment(number, payload,
                   max(0, known.get(number, payload) - payload))
            for number, payload in enumerate(payloads(trace), 1)
            if number in kept]


def _thinned(numbers: range | list[int], most: int) -> range | list[int]:
    """Every n-th, counted from the last, which is kept."""
    step = -(-len(numbers) // most)
    return numbers[::-1][::step]
