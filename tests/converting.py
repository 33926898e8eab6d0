"""What tests of tools/convert share: a program, and what is known of it.

tests/convert/ has programs and what each tool logged of them; make.py there has
the commands. churn.c is followed here in Python, so that what is to come out is
known without any tool.
"""
from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shutil
import tempfile
import unittest
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import support
from malloclab.convert import command
from malloclab.traces import rep
from malloclab.traces.rep import Op

FILES = support.TESTS / 'convert'
SMALL = support.TESTS / 'traces/small.rep'
MIXED = support.TESTS / 'traces/mixed.rep'
RECORDER = support.ROOT / 'build/release/record.so'


def load_make() -> Any:
    spec = importlib.util.spec_from_file_location('make', FILES / 'make.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = load_make()


def needs(*tools: str) -> Any:
    """Skip without the tools; where sanitizers are, each is still the same."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    return unittest.skipIf(missing, f'not installed: {", ".join(missing)}')


# ---- What churn.c does, and what of it each tool can tell. ----

def churn() -> Iterator[Op]:
    """The operations of churn.c."""
    state = 7

    def draw(limit: int) -> int:
        nonlocal state
        state = (state * 1664525 + 1013904223) % (1 << 32)
        return (state >> 16) % limit

    slots: list[int | None] = [None] * 12
    begun = 0
    for _ in range(160):
        slot = draw(12)
        block = slots[slot]
        if block is None:
            size, how = 1 + draw(600), draw(4)
            slots[slot], begun = begun, begun + 1
            if how == 0:
                yield Op('c', begun - 1, size, 1 + draw(9))
            elif how == 1:
                yield Op('m', begun - 1, size - size % 64 + 64, 64)
            else:
                yield Op('a', begun - 1, size)
        elif draw(3) == 0:
            yield Op('r', block, 1 + draw(3000))
        else:
            slots[slot] = None
            yield Op('f', block)


def as_malloc(ops: Iterable[Op], kinds: str) -> list[Op]:
    """Operations of these kinds as plain malloc."""
    return [Op('a', op.id, op.payload) if op.kind in kinds else op
            for op in ops]


def without_realloc(ops: Iterable[Op]) -> list[Op]:
    """realloc as free and malloc, in blocks that are named anew."""
    result, names, begun = [], {}, 0
    for op in ops:
        if op.kind in 'fr':
            result.append(Op('f', names[op.id]))
        if op.kind != 'f':
            names[op.id], begun = begun, begun + 1
            result.append(Op('a', names[op.id], op.payload))
    return result


# The block that libstdc++ keeps for exceptions without memory: how large it is
# depends on the version (72704 bytes of gcc 12, 73728 of gcc 13).
LIBSTDCXX_POOL = range(64 << 10, 128 << 10)


def after_pool(ops: list[Op]) -> list[Op]:
    """The operations of the program itself, after the block that heaptrack's
    libstdc++ allocates before them and frees behind them, or not at all."""
    first = ops[0]
    if first.kind != 'a' or first.size not in LIBSTDCXX_POOL:
        raise AssertionError(f'begins with {first}')
    return [op._replace(id=op.id - 1) for op in ops[1:]
            if op != Op('f', 0)]


class Converting(unittest.TestCase):
    """A folder, and tools/convert in this process."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix='convert-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def call(self, *words: str | Path) -> tuple[int, str]:
        """Exit status, and what was said."""
        with contextlib.redirect_stderr(io.StringIO()) as said:
            status = command.main([str(word) for word in words])
        return status, said.getvalue()

    def good(self, out: str | Path, source: str | Path, *words: str
             ) -> tuple[Path, str]:
        path = self.folder / out
        status, said = self.call('-o', path, *words, source)
        self.assertEqual(status, 0, said)
        return path, said

    def ops(self, source: str | Path, *words: str) -> list[Op]:
        path, self.said = self.good('out.rep', source, *words)
        return rep.read(str(path)).ops

    def lines(self, source: str | Path, *words: str) -> str:
        return ', '.join(map(rep.render, self.ops(source, *words)))

    def written(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def notes(self) -> list[str]:
        """What was said but for the last line, without the file's name."""
        return [re.sub(r'^tools/convert: [^ ]+: ', '', line)
                for line in self.said.splitlines()[:-1]]

    def refused(self, sentence: str, *words: str | Path) -> None:
        out = self.folder / 'refused.rep'
        status, said = self.call('-o', out, *words)
        self.assertEqual((status, said), (2, f'tools/convert: {sentence}\n'))
        self.assertEqual(list(self.folder.glob('*.part')), [])
        self.assertFalse(out.exists())
