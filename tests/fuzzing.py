"""What test_fuzz mutates files by, and how it judges what a reader does.

A mutation is a function of the seed, the sample's name and its number, and of
nothing else, so that any one of them can be made again:

    MALLOCLAB_FUZZ_SEED=N    another seed (1)
    MALLOCLAB_FUZZ=N         N times as many mutations of each sample (1)

A mutation that fails is kept below fuzz/ in the build's folder.
"""
from __future__ import annotations

import functools
import gzip
import json
import os
import random
import re
import subprocess
import tempfile
import unittest
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import support

SEED = int(os.environ.get('MALLOCLAB_FUZZ_SEED', '1'))
TIMES = int(os.environ.get('MALLOCLAB_FUZZ', '1'))
KEPT = support.BUILD / 'fuzz'

# What no field of a trace or log has, or only just has.
BOUNDARIES = [sign * (1 << bits) + near
              for bits in (0, 8, 16, 31, 32, 47, 48, 53, 63, 64)
              for sign in (1, -1) for near in (-1, 0, 1)]
BOUNDARIES += [10**23, -10**23]
WORDS = [b'', b'-', b'+', b'0x', b'1e999', b'-1.5', b'NaN', b'Infinity',
         b'1e-320', b'null', b'true', b'[]', b'{}', b'""', b'"\\ud800"',
         b'"\\u0000"', b'\xb2', b'\0', b'\xff', b'1_000', b'(nil)',
         '\u0663'.encode()]

VALUES = [None, True, [], {}, '', 'ok', 'hung', '$x^{', '\ud800', '\0', '<!--',
          float('nan'), float('inf'), -0.0, 0.5, 1e-320, 1e300, -1e300]

NUMBER = re.compile(rb'-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:e[-+]\d+)?)')
HEXADECIMAL = re.compile(rb'\b[0-9a-f]+\b')


# ---- Mutations of bytes, of lines, of numbers. ----

def flip(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[:dice.randrange(len(data))]


def hole(data: bytes, dice: random.Random) -> bytes:
    begin = dice.randrange(len(data))
    return data[:begin] + data[begin + dice.choice((1, 2, 8, 16, 99)):]


def insert(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.choice(WORDS) + data[at:]


def word(data: bytes, dice: random.Random) -> bytes:
    """A word of 4 or 8 bytes, as binary forms have them, is another one."""
    size = dice.choice((4, 8))
    at = dice.randrange(max(len(data) // size, 1)) * size
    value = dice.choice(BOUNDARIES) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, 'little') + data[at + size:]


def line(data: bytes, dice: random.Random) -> bytes:
    """A line comes twice, or not at all, or is elsewhere."""
    lines = data.splitlines(keepends=True)
    taken = dice.randrange(len(lines))
    what = lines[taken]
    if dice.randrange(3):
        del lines[taken]
    if dice.randrange(3):
        lines.insert(dice.randrange(len(lines) + 1), what)
    return b''.join(lines)


def number(data: bytes, dice: random.Random) -> bytes:
    """A number is another one, or no number."""
    pattern = dice.choice((NUMBER, HEXADECIMAL))
    found = list(pattern.finditer(data))
    if not found:
        return flip(data, dice)
    at = dice.choice(found)
    return data[:at.start()] + _value(at[0], dice) + data[at.end():]


def digits(data: bytes, dice: random.Random) -> bytes:
    """A number has many digits more; those that int() takes are 4300."""
    found = list(NUMBER.finditer(data))
    if not found:
        return insert(data, dice)
    place = dice.choice(found)
    run = dice.choice('07') * dice.choice((1, 23, 4300, 5000))
    at = place.start() if run[0] == '0' else place.end()
    return data[:at] + run.encode() + data[at:]


def _value(was: bytes, dice: random.Random) -> bytes:
    if not dice.randrange(4):
        return dice.choice(WORDS)
    value = dice.choice(BOUNDARIES)
    if was.startswith(b'0x'):
        return f'{value:#x}'.encode()
    return (f'{value:x}' if not was.isdigit() else str(value)).encode()


def leaf(data: bytes, dice: random.Random) -> bytes:
    """In JSON, a value is another one, or is not there."""
    whole = json.loads(data)
    owner, key = dice.choice(list(_places(whole)))
    if dice.randrange(8):
        owner[key] = dice.choice([*BOUNDARIES, *VALUES])
    else:
        del owner[key]
    return json.dumps(whole, indent=1).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or array within, with each key or index."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


ON_BYTES = (flip, cut, hole, insert, word)
ON_TEXT = (flip, cut, hole, insert, line, number, number, number, digits)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Of packed data what is packed, or else the bytes as they are."""
    packer = dice.randrange(2) and packer_of(data)
    if packer:
        return packer.pack(mutated(unpacked(data), dice))
    if data[:1] == b'{' and dice.randrange(4):
        return leaf(data, dice)
    is_text = b'\0' not in data and not packer_of(data)
    for _ in range(dice.choice((1, 1, 2, 3))):
        if data:
            data = dice.choice(ON_TEXT if is_text else ON_BYTES)(data, dice)
    return data


# ---- Packed data. ----

class Packer(NamedTuple):
    pack: Callable[[bytes], bytes]
    unpack: Callable[[bytes], bytes]


def zstd(option: str) -> Callable[[bytes], bytes]:
    return lambda data: subprocess.run(
        ['zstd', '-q', option], input=data, check=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


PACKERS = {b'\x1f\x8b': Packer(lambda data: gzip.compress(data, mtime=0),
                               gzip.decompress),
           b'\x28\xb5': Packer(zstd('-c'), zstd('-dc'))}


@functools.cache
def unpacked(data: bytes) -> bytes | None:
    """None where it cannot be unpacked."""
    try:
        return PACKERS[data[:2]].unpack(data)
    except (OSError, EOFError, KeyError, zlib.error,
            subprocess.CalledProcessError):
        return None


def packer_of(data: bytes) -> Packer | None:
    return PACKERS[data[:2]] if unpacked(data) else None


# ---- Judging. ----

Read = Callable[[Path], None]


class Fuzz(unittest.TestCase):
    """A folder, and each mutation of each sample read from it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix='fuzz-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def mutations(self, name: str, data: bytes, count: int
                  ) -> Iterator[tuple[int, bytes]]:
        for mutation in range(count * TIMES):
            dice = random.Random(f'{SEED} {name} {mutation}')
            yield mutation, mutated(data, dice)

    def fuzz(self, name: str, data: bytes, count: int, read: Read) -> None:
        """read() raises what it should not let pass."""
        path = self.folder / name
        for mutation, changed in self.mutations(name, data, count):
            path.write_bytes(changed)
            try:
                read(path)
            except (Exception, SystemExit) as error:
                kept = self.keep(name, mutation, changed)
                with self.subTest(sample=name, seed=SEED, mutation=mutation):
                    raise AssertionError(f'{kept}: {error!r}') from error
                if isinstance(error, TimeoutError):
                    return  # that was the time of them all

    def keep(self, name: str, mutation: int, data: bytes) -> Path:
        KEPT.mkdir(exist_ok=True)
        kept = KEPT / f'{SEED}-{mutation}-{name}'
        kept.write_bytes(data)
        return kept

    def judge(self, status: int, said: str, path: Path, good: Sequence[int] =
              (0,)) -> None:
        """A good status, or 2 with one line of where and why as the last one;
        those before it are notes."""
        if status in good:
            return
        self.assertEqual(status, 2, said)
        *_, last = said.splitlines() or ['']
        self.assertEqual(said[-1:], '\n')
        self.assertRegex(last, rf'^(tools/\w+: )?{re.escape(str(path))}:'
                         r'(\d+:)? [^ ]')
