"""Names of the addresses of a recording's call stacks, by addr2line.

addr2line (binutils) reads debug information, also that of separate files, with
the functions that were inlined; where there is none, the symbols; where these
are stripped, the exported ones. Then it takes the symbol before an address, which
may be another function's; nm says where that ends, and a call beyond it is
`(after NAME)`.
"""

from __future__ import annotations

import bisect
import os
import re
import subprocess
from collections import defaultdict
from typing import Iterable, Iterator

from ..traces.stacks import BETWEEN, Stacks
from .recording import MORE_CALLS, Address, Recording

UNKNOWN = "??"
LINE = re.compile(r"(?P<file>.*):(?P<line>\d+)( \(discriminator \d+\))?")


def resolve(recorded: Recording) -> tuple[Stacks, dict[int, int]]:
    """The table of call stacks, and the number in it by the recorder's number.
    """
    stacks, numbers = Stacks(), {}
    raw = recorded.call_stacks()
    names = _names(address for stack in raw.values() for address in stack)
    for number, addresses in raw.items():
        numbers[number] = stacks.add(
            frame for address in reversed(addresses)
            for frame in reversed(names[address]))
    return stacks, numbers


def _names(addresses: Iterable[Address]) -> dict[Address, list[str]]:
    """The frames of each address, innermost first: more than one where
    functions were inlined."""
    by_file: dict[str, set[int]] = defaultdict(set)
    for path, offset in addresses:
        by_file[path].add(offset)
    names = {}
    for path, offsets in by_file.items():
        known = dict(_ask(path, sorted(offsets)))
        for offset in offsets:
            names[Address(path, offset)] = known.get(offset) or [
                _frame(f"{offset:#x}", "", path)]
    names[MORE_CALLS] = ["(cut)"]
    return names


def _ask(path: str, offsets: list[int]) -> Iterator[tuple[int, list[str]]]:
    if not os.path.isfile(path):
        return
    try:
        said = subprocess.run(
            ["addr2line", "-a", "-f", "-i", "-C", "-e", path],
            input="".join(f"{offset:#x}\n" for offset in offsets),
            capture_output=True, text=True, errors="replace").stdout
    except FileNotFoundError:
        return
    extents = _extents(path)
    for part in said.split("\n0x") if said else ():
        at, *lines = part.removeprefix("0x").splitlines()
        frames = []
        for name, place in zip(lines[::2], lines[1::2]):
            if place.startswith(UNKNOWN) and not _is_in(int(at, 16), extents):
                name = name if name == UNKNOWN else f"(after {name})"
            if name != UNKNOWN:
                frames.append(_frame(name, place, path))
        yield int(at, 16), frames


def _extents(path: str) -> list[tuple[int, int]]:
    """Where the functions that have symbols begin and end, ascending."""
    found = []
    for table in (), ("-D",):
        said = subprocess.run(["nm", "-S", "--defined-only", *table, path],
                              capture_output=True, text=True,
                              errors="replace").stdout
        for line in said.splitlines():
            words = line.split(None, 3)
            if len(words) == 4 and words[2] in "tTwWiuV":
                start, size = int(words[0], 16), int(words[1], 16)
                found.append((start, start + size))
    return sorted(found)


def _is_in(address: int, extents: list[tuple[int, int]]) -> bool:
    """Aliases of a function have its extent, so the one before is enough."""
    at = bisect.bisect_right(extents, (address, 1 << 64)) - 1
    return at >= 0 and address < extents[at][1]


def _frame(function: str, place: str, path: str) -> str:
    """Such as `main @ sort.c:4712`, or `qsort @ libc.so.6`."""
    found = LINE.fullmatch(place)
    where = os.path.basename(path) or "?"
    if found and found["file"] != UNKNOWN:
        where = f"{os.path.basename(found['file'])}:{found['line']}"
    return f"{function}{BETWEEN}{where}"
