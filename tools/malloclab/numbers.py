"""Numbers that are read: each has its bounds, and a fault is a sentence.

Digits come from files that anything may have written, so nothing is taken for
granted of them: neither how many there are (int() has a limit, and arrays have
a smaller one), nor that they are those of ASCII.
"""

from __future__ import annotations

import re

WORD = (1 << 64) - 1  # the largest of what a machine counts in
EXACT = (1 << 53) - 1  # the largest up to which a double has every integer
MOST_DIGITS = len(str(WORD))
DIGITS = {10: re.compile(r"(-?)0*([0-9]+)\Z"),
          16: re.compile(r"()(?:0x)?0*([0-9a-fA-F]+)\Z")}
SHOWN = 40  # characters of a text that is no number


def integer(text: str, low: int = 0, high: int = WORD, base: int = 10) -> int:
    """The integer from low to high that the text is, or a ValueError, which is
    a sentence. base: 10, or 16 with or without 0x, or 0: 0x tells which."""
    base = base or (16 if text[:2] == "0x" else 10)
    found = DIGITS[base].match(text)
    if not found:
        kind = "an" if base == 10 else "a hexadecimal"
        raise ValueError(f"{shown(text)} is not {kind} integer")
    sign, digits = found.groups()
    number = int(sign + digits[:MOST_DIGITS], base)
    if len(digits) > MOST_DIGITS or not low <= number <= high:
        raise ValueError(f"the number {shortened(text)} is out of range")
    return number


def shown(text: str) -> str:
    """The text in quotes, in ASCII and on one line; its beginning, if long."""
    return ascii(shortened(text))


def shortened(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
