"""Traces of any length that keep a number of blocks live.

tools/generate holds a trace in memory, which 10^7 operations do not suit; this
writes as it goes.
"""

from __future__ import annotations

import random
from pathlib import Path

CHUNK = 1 << 16


def write_churn(path: Path, operations: int, live: int, most: int = 200,
                seed: int = 5) -> None:
    """Blocks of 1 to most bytes, `live` of them at a time, freed at random.

    The number of live blocks rises to `live`, then wanders between that and
    nine tenths of it.
    """
    chance = random.Random(seed).random
    lines: list[str] = []
    blocks: list[int] = []
    ids, floor = 0, live * 0.9
    with open(path, "w", encoding="ascii") as file:
        file.write(_header(0, operations))
        for number in range(operations):
            if len(blocks) < live and (len(blocks) < floor or chance() < 0.5):
                lines.append(f"a {ids} {1 + int(chance() * most)}\n")
                blocks.append(ids)
                ids += 1
            else:
                i = int(chance() * len(blocks))
                blocks[i], blocks[-1] = blocks[-1], blocks[i]
                lines.append(f"f {blocks.pop()}\n")
            if len(lines) == CHUNK or number == operations - 1:
                file.writelines(lines)
                lines.clear()
        file.seek(0)
        file.write(_header(ids, operations))


def _header(ids: int, operations: int) -> str:
    """Of the same length whatever the number of ids, which comes last."""
    return f"20000\n{ids:>10}\n{operations}\n1\n"
