"""The call stacks of a trace: a table, of which operations have the numbers.

In the text form a row is a line that begins with @, between the header and the
first operation. It is a frame and the number of the stack of its caller, 0 of
none; its own number is its place, from 1.

    @1 0 main @ sort.c:4712
    @2 1 xmalloc @ xmalloc.c:45       the stack of main and xmalloc
    @3 1 read_line @ sort.c:1200
    a 0 512 @2

In the binary form (packed.py) the rows are the end of the file. A frame is
any text in one line; ` @ ` separates a function from its place: a file and a
line, or the library that it is in.
"""

from __future__ import annotations

from collections import Counter
from typing import Iterable, Iterator, Mapping

SIGN = "@"
BETWEEN = f" {SIGN} "
MAX_NUMBER = (1 << 32) - 1


class Stacks:
    """Numbers of stacks; equal ones have one number."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str]] = []
        self._numbers: dict[tuple[int, str], int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, frames: Iterable[str]) -> int:
        """The number of the stack of these frames, outermost first."""
        number = 0
        for frame in frames:
            number = self._add(number, " ".join(frame.split()))
        return number

    def _add(self, caller: int, frame: str) -> int:
        row = caller, frame
        if row not in self._numbers:
            self._rows.append(row)
            self._numbers[row] = len(self._rows)
        return self._numbers[row]

    def frames(self, number: int) -> tuple[str, ...]:
        """Outermost first; none of the number 0."""
        found = []
        while number:
            number, frame = self._rows[number - 1]
            found.append(frame)
        return tuple(reversed(found))

    def read_row(self, line: str) -> None:
        """Add the row of a line of a trace; a ValueError if it is wrong."""
        number, caller, *frame = line[len(SIGN):].rstrip("\n").split(" ", 2)
        if not frame or not (number + caller).isdecimal():
            raise ValueError("expected @NUMBER CALLER FRAME, a row of the "
                             "table of call stacks")
        if int(number) != len(self._rows) + 1:
            raise ValueError(f"the row of stack {len(self._rows) + 1} is to be "
                             f"here, not of {int(number)}")
        if int(caller) >= int(number):
            raise ValueError(f"the caller {int(caller)} of stack {int(number)} "
                             "has no row before it")
        self._rows.append((int(caller), frame[0]))
        self._numbers.setdefault(self._rows[-1], int(number))

    def lines(self) -> Iterator[str]:
        """The rows as in a trace, with their ends."""
        for number, (caller, frame) in enumerate(self._rows, 1):
            yield f"{SIGN}{number} {caller} {frame}\n"


def of_text(data: bytes) -> Stacks:
    """The table of these rows; a ValueError if one is wrong."""
    stacks = Stacks()
    for line in filter(None, data.decode("utf-8", "replace").split("\n")):
        stacks.read_row(line)
    return stacks


def function_of(frame: str) -> str:
    return frame.partition(BETWEEN)[0]


def place_of(frame: str) -> str:
    """Such as sort.c:4712, or libc.so.6; "" where the frame has none."""
    return frame.partition(BETWEEN)[2]


def folded(weights: Mapping[tuple[str, ...], int]) -> str:
    """As flamegraph.pl reads stacks: a line for each, functions and a weight,
    the outermost first. Other places of the same functions are one line."""
    lines: Counter[str] = Counter()
    for frames, weight in weights.items():
        lines[";".join(function_of(frame).replace(";", ":")
                       for frame in frames)] += weight
    return "".join(f"{line} {lines[line]}\n" for line in sorted(lines))
