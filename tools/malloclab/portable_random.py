"""Random numbers that are the same on every machine and in every Python.

Python promises the sequence of getrandbits() for an integer seed, but may
change what its other methods make of it. So this module builds on getrandbits()
alone, in integers: the last bit of a logarithm differs between C libraries.
"""

from __future__ import annotations

import random
from typing import Sequence, TypeVar

T = TypeVar("T")


class Random:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def below(self, n: int) -> int:
        """An integer of 0 .. n - 1, all equally likely."""
        bits = (n - 1).bit_length()
        while True:
            number = self._random.getrandbits(bits) if bits else 0
            if number < n:
                return number

    def between(self, low: int, high: int) -> int:
        """An integer of low .. high, all equally likely."""
        return low + self.below(high - low + 1)

    def percent(self, chance: int) -> bool:
        return self.below(100) < chance

    def choose(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[int, T]]) -> T:
        """An item of (weight, item) pairs, as often as its weight says."""
        at = self.below(sum(weight for weight, _ in items))
        for weight, item in items:
            at -= weight
            if at < 0:
                return item
        raise AssertionError("at is below the sum of the weights")

    def shuffle(self, items: list[T]) -> None:
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def octaves(self, low: int, high: int) -> int:
        """Of low .. high, each doubling as likely as the next."""
        octave = self.below((high // low).bit_length())
        return self._in_octave(low, high, octave)

    def power(self, low: int, high: int) -> int:
        """Of low .. high, each doubling half as likely as the one before.

        A power law: P(X > x) is about low / x.
        """
        count = (high // low).bit_length()
        octave = 0
        while octave < count - 1 and self.below(2):
            octave += 1
        return self._in_octave(low, high, octave)

    def _in_octave(self, low: int, high: int, octave: int) -> int:
        start = low << octave
        return self.between(start, min(2 * start - 1, high))
