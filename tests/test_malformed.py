"""One test for each malformed trace: one line that says what is wrong where.

tests/malformed/EXPECTED has a line for each: the file's name, a tab, and what
has to follow the path on standard error; `...` at the end stands for whatever
the compression library says. The files lie beside it; those in binary or
compressed form are made here, from a sound trace.
"""
from __future__ import annotations

import gzip
import os
import struct
import tempfile
import unittest
from pathlib import Path

import samples
import support

support.of_the_judge()

MALFORMED = support.TESTS / 'malformed'

# ---- The text form. ----

SOUND = b'20000\n2\n4\n1\na 0 512\na 1 128\nf 0\nf 1\n'
FREED_TWICE = SOUND.replace(b'f 1', b'f 0')

# ---- The binary form (driver/trace_binary.c, driver/op.h). ----

HEADER = struct.Struct('<8sIIQQII24x')
OPERATION = struct.Struct('<IIQ')
MAGIC = b'mmtrace\1'
ALLOC, FREE, REALLOC, _, _, CALLOC, ALIGNED, FREE_NULL, SKIP = range(9)


def operation(kind: int, slot: int = 0, size: int = 0, extra: int = 0
              ) -> bytes:
    return OPERATION.pack(slot << 4 | kind, extra, size)


def binary(*operations: bytes, weight: int = 1, ids: int = 1, slots: int = 1,
           count: int | None = None, stacks: int = 0) -> bytes:
    """A binary trace; count, where given, is what the header says."""
    count = len(operations) if count is None else count
    return b''.join([HEADER.pack(MAGIC, weight, 0, ids, count, slots, stacks),
                     *operations])


PAIR = operation(ALLOC, 0, 512), operation(FREE)
SOUND_BINARY = binary(*PAIR)


def binary_cases() -> dict[str, bytes]:
    alloc, free = PAIR
    return {
        'cut-in-the-header': SOUND_BINARY[:40],
        'cut-after-the-header': SOUND_BINARY[:HEADER.size],
        'cut-in-an-operation': SOUND_BINARY[:-7],
        'bytes-after-the-end': SOUND_BINARY + b'\0',
        'operation-after-the-end': binary(*PAIR, *PAIR, count=2),
        'no-operations': binary(ids=0, slots=0),
        'far-too-few-operations': binary(*PAIR, count=2**60 + 2),
        'weight-out-of-range': binary(*PAIR, weight=4),
        'more-ids-than-operations': binary(*PAIR, ids=3),
        'more-slots-than-operations': binary(*PAIR, slots=3),
        'unknown-operation': binary(alloc, operation(SKIP), free),
        'unknown-operation-15': binary(alloc, free, operation(15)),
        'size-over-the-limit': binary(operation(ALLOC, 0, 2**47), free),
        'slot-out-of-range': binary(alloc, operation(FREE, 1), slots=1),
        'slot-out-of-range-free-null': binary(
            alloc, operation(FREE_NULL, 2**28 - 1), free),
        'slot-allocated-twice': binary(alloc, alloc, free),
        'freed-twice': binary(alloc, free, free),
        'resized-after-free': binary(alloc, free, operation(REALLOC, 0, 8)),
        'resized-to-zero': binary(alloc, operation(REALLOC, 0, 0), free),
        'calloc-product-over-the-limit': binary(
            operation(CALLOC, 0, 2**40, 2**20), free),
        'alignment-over-the-limit': binary(
            operation(ALIGNED, 0, 8, 47), free),
        'stacks-cut-short': binary(*PAIR, stacks=1) + bytes(7),
        'stacks-without-rows': binary(*PAIR, stacks=1) + bytes(8),
        'stack-has-no-row': binary(*PAIR, stacks=1)
        + struct.pack('<II', 2, 0) + b'@1 0 main\n',
    }


# ---- Compressed files. ----

def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def zstandard(data: bytes, block_type: int = 0) -> bytes:
    """A frame of one block; type 0 has it stored, 3 is reserved."""
    block = len(data) << 3 | block_type << 1 | 1
    return (b'\x28\xb5\x2f\xfd\xa0' + struct.pack('<I', len(data)) +
            struct.pack('<I', block)[:3] + data)


def flipped(data: bytes, at: int) -> bytes:
    """With one byte changed."""
    changed = bytearray(data)
    changed[at] ^= 0xff
    return bytes(changed)


def gzip_cases() -> dict[str, bytes]:
    packed = gzipped(SOUND)
    return {
        'cut-after-its-magic': packed[:2],
        'cut-in-its-header': packed[:9],
        'cut-short': packed[:-12],
        'cut-in-its-checksum': packed[:-3],
        'damaged': flipped(packed, 10),
        'checksum-wrong': flipped(packed, -8),
        'bytes-after-the-end': packed + b'more',
        'second-part-cut-short': packed + packed[:-12],
        'of-nothing': gzipped(b''),
        'fault-inside': gzipped(FREED_TWICE),
        'binary-cut-short': gzipped(SOUND_BINARY[:-7]),
    }


def zstd_cases() -> dict[str, bytes]:
    packed = zstandard(SOUND)
    return {
        'cut-after-its-magic': packed[:4],
        'cut-in-its-header': packed[:7],
        'cut-short': packed[:-12],
        'damaged': zstandard(SOUND, block_type=3),
        'bytes-after-the-end': packed + b'more',
        'second-part-cut-short': packed + packed[:-12],
        'of-nothing': zstandard(b''),
        'fault-inside': zstandard(FREED_TWICE),
        'binary-cut-short': zstandard(SOUND_BINARY[:-7]),
    }


def made() -> dict[str, bytes]:
    """The malformed files that are not in text form, by name."""
    cases = {f'binary-{name}.repb': data
             for name, data in binary_cases().items()}
    cases |= {f'gzip-{name}.rep.gz': data
              for name, data in gzip_cases().items()}
    return cases | {f'zstd-{name}.rep.zst': data
                    for name, data in zstd_cases().items()}


# ---- Judging. ----

def expected() -> dict[str, str]:
    lines = (MALFORMED / 'EXPECTED').read_text().splitlines()
    return dict(line.split('\t', 1) for line in lines)


class Malformed(unittest.TestCase):
    """Filled below, with a method for each line of EXPECTED."""

    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        for name, data in made().items():
            (Path(cls.folder.name) / name).write_bytes(data)

    def path_of(self, name: str) -> Path:
        if name in made():
            return Path(self.folder.name) / name
        return (MALFORMED / name).relative_to(support.ROOT)

    def judge(self, path: Path | str, message: str) -> None:
        finished = samples.mdriver_refusing('-c', path)
        account = support.account(finished)
        line = f'{path}{message}'

        self.assertEqual(finished.returncode, 2, account)
        self.assertEqual(finished.stdout, '', account)
        if message.endswith('...'):
            self.assertTrue(finished.stderr.startswith(line[:-3]), account)
            self.assertEqual(finished.stderr.count('\n'), 1, account)
        else:
            self.assertEqual(finished.stderr, line + '\n', account)

    def test_directory(self) -> None:
        self.judge(self.folder.name, ': is a directory')

    def test_pipe_that_nobody_writes_to(self) -> None:
        pipe = Path(self.folder.name, 'pipe.rep')
        os.mkfifo(pipe)
        self.judge(str(pipe), ': is not a regular file')

    def test_name_that_is_empty(self) -> None:
        finished = samples.mdriver_refusing('-f', '')
        self.assertEqual((finished.returncode, finished.stderr),
                         (2, '-f: the name of a trace is empty\n'))

    def test_missing_file(self) -> None:
        for name in 'no-such.rep', 'no/such.rep':
            self.judge(name, ': there is no such trace, here or in traces')
        self.judge('/no/such.rep',
                   ': there is no such trace, here or in traces')

    def judge_directory(self, path: Path | str, message: str) -> None:
        finished = samples.mdriver_refusing('-t', path)
        account = support.account(finished)
        self.assertEqual(finished.returncode, 2, account)
        self.assertEqual(finished.stdout, '', account)
        self.assertEqual(finished.stderr, f'{path}: {message}\n')

    def test_missing_directory(self) -> None:
        self.judge_directory('/no/such', 'cannot read the trace directory: '
                             'No such file or directory')

    def test_directory_without_traces(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / 'notes.txt').write_text('nothing')
            self.judge_directory(folder, 'there is no trace in it (*.rep, '
                                 '*.rep.gz, *.rep.zst, *.repb)')

    def test_directory_with_a_malformed_trace(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / 'a.rep').write_bytes(SOUND)
            (Path(folder) / 'b.rep').write_bytes(FREED_TWICE)
            finished = samples.mdriver_refusing('-t', folder)
        self.assertEqual(finished.returncode, 2)
        self.assertEqual(finished.stdout, '')
        self.assertEqual(finished.stderr, f'{folder}/b.rep:8: id 0 is freed '
                         'after it was freed\n')

    @unittest.skipIf(os.geteuid() == 0, 'root may read every file')
    def test_unreadable_file(self) -> None:
        with tempfile.NamedTemporaryFile(suffix='.rep') as file:
            os.chmod(file.name, 0)
            self.judge(file.name, ': cannot read it: Permission denied')


def add_test(name: str, message: str) -> None:
    def test(self: Malformed) -> None:
        self.judge(self.path_of(name), message)

    setattr(Malformed, f'test_{name}', test)


for _name, _message in expected().items():
    add_test(_name, _message)


class Sources(unittest.TestCase):
    """The files are those of EXPECTED, and malformed by their fault alone."""

    def test_each_has_its_message(self) -> None:
        files = {path.name for path in MALFORMED.iterdir()
                 if path.name != 'EXPECTED'}
        self.assertEqual(files | made().keys(), expected().keys())
        self.assertFalse(files & made().keys())

    def test_sound_ones_are_read(self) -> None:
        sound = {'text.rep': SOUND,
                 'largest.rep': SOUND.replace(b'20000', b'%d' % (2**63 - 1)),
                 'binary.repb': SOUND_BINARY,
                 'gzip.rep.gz': gzipped(SOUND),
                 'gzip-binary.rep.gz': gzipped(SOUND_BINARY),
                 'gzip-parts.rep.gz': gzipped(SOUND[:9]) + gzipped(SOUND[9:]),
                 'zstd.rep.zst': zstandard(SOUND),
                 'zstd-parts.rep.zst': zstandard(SOUND[:9]) +
                 zstandard(SOUND[9:])}
        with tempfile.TemporaryDirectory() as folder:
            for name, data in sound.items():
                path = Path(folder) / name
                path.write_bytes(data)
                finished = support.mdriver('-c', path)
                self.assertEqual(finished.returncode, 0,
                                 support.account(finished))
