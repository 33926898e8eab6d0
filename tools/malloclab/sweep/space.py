"""The settings that a sweep has to choose from."""

from __future__ import annotations

import argparse
import itertools
import math
import random
import re
from typing import Iterator, Mapping, Sequence

Setting = Mapping[str, str]  # a value, a text of C, for each constant

NAME = re.compile(r"[A-Za-z_]\w*\Z")
MOST = 1_000_000  # settings


def constant(text: str) -> tuple[str, list[str]]:
    """An argparse type: NAME=VALUE,VALUE,..."""
    name, equals, rest = text.partition("=")
    values = [value.strip() for value in rest.split(",")]
    if not NAME.match(name) or not equals or not all(values) \
            or not rest.isprintable():
        raise argparse.ArgumentTypeError(
            f"'{text:.60}' is not NAME=VALUE,VALUE,...")
    return name, list(dict.fromkeys(values))


class Space:
    """A grid: the values of each constant."""

    def __init__(self, constants: Sequence[tuple[str, list[str]]]) -> None:
        self.values = dict(constants)
        self.size = math.prod(map(len, self.values.values()))

    def grid(self) -> Iterator[Setting]:
        for values in itertools.product(*self.values.values()):
            yield dict(zip(self.values, values))

    def some(self, count: int, seed: int) -> list[Setting]:
        """So many different settings of the grid, or all if there are fewer."""
        chosen = set(random.Random(seed).sample(
            range(self.size), min(count, self.size)))
        return [setting for number, setting in enumerate(self.grid())
                if number in chosen]


def shown(setting: Setting) -> str:
    return " ".join(f"{name}={value}" for name, value in setting.items())
