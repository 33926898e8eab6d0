"""A second opinion on .rep files, which shares no code with tools/malloclab.

It knows only what we write: four header lines, ids 0 to n - 1 in the order of
their allocation, each allocated once.
"""
from __future__ import annotations

from dataclasses import dataclass

NUMBERS = {'a': 2, 'c': 3, 'm': 3, 'r': 2, 'f': 1}


@dataclass
class Checked:
    ops: int
    ids: int
    peak: int
    threaded: bool
    live: int  # bytes that are never freed
    lines: list[str]


def check_text(text: str) -> Checked:
    """What the trace amounts to; AssertionError, with the line, if unsound."""
    assert text.endswith('\n') and text.isascii()
    lines = text[:-1].split('\n')
    heap, ids, ops, weight = map(int, lines[:4])
    body = lines[4:]
    assert weight == 1 and heap > 3
    assert ops == len(body), f'{ops} operations, says the header; {len(body)}'
    threaded = bool(body) and len(body[0].split()) == 2 + NUMBERS[body[0][0]]
    sizes: dict[int, int] = {}
    begun = live = peak = 0
    for number, line in enumerate(body, 5):
        letter, *words = line.split(' ')
        numbers = [int(word) for word in words]
        assert len(numbers) == NUMBERS[letter] + threaded, (number, line)
        assert min(numbers[1:], default=0) >= 0, (number, line)
        block = numbers[0]
        if letter in 'acm':
            assert block == begun, (number, line)
            begun += 1
            sizes[block] = numbers[1] * numbers[2] if letter == 'c' else (
                numbers[2] if letter == 'm' else numbers[1])
            live += sizes[block]
            if letter == 'm':
                assert numbers[1].bit_count() == 1, (number, line)
        elif letter == 'r':
            assert block in sizes and numbers[1] > 0, (number, line)
            live += numbers[1] - sizes[block]
            sizes[block] = numbers[1]
        elif block != -1:
            assert block in sizes, (number, line)
            live -= sizes.pop(block)
        peak = max(peak, live)
    assert ids == begun, f'{ids} ids, says the header; there are {begun}'
    assert heap >= peak
    return Checked(ops, ids, peak, threaded, live, body)
