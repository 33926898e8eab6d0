"""Every reader, on files that are mutated: it succeeds, or says in one line
what is wrong where. See fuzzing.py, and MALLOCLAB_FUZZ there for more of them.
"""
from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

import fuzzing
import support
import test_malformed

support.in_release_only('the readers are the same in every build')
support.only_with('numpy', 'matplotlib')

from malloclab.bench import command as bench
from malloclab.convert import command as convert
from malloclab.convert import formats
from malloclab.convert.input_file import CUT
from malloclab.plot import command as plot
from malloclab.plot.options import Range
from malloclab.plot.source import FileSource
from malloclab.record import command as record
from malloclab.record import recording
from malloclab.report import lines
from malloclab.tables import ReplayError
from malloclab.traces import manifest, rep

RESULTS = support.TESTS / 'results'
LOGS = ('mtrace', 'ltrace', 'valgrind', 'heaptrack')
TARGETS = [one.name for one in formats.FORMATS if one.writer]


def called(main: Callable[[Sequence[str]], int], *words: str | Path
           ) -> tuple[int, str]:
    """Exit status, and what was said on stderr."""
    with contextlib.redirect_stderr(io.StringIO()) as said, \
            contextlib.redirect_stdout(io.StringIO()):
        status = main([str(word) for word in words])
    return status, said.getvalue()


# ---- Samples, by name. ----

def logs() -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and format."""
    for path in sorted((support.TESTS / 'convert').iterdir()):
        for name in LOGS:
            if f'.{name}' in path.name:
                yield path.name, path.read_bytes(), name


def traces() -> Iterator[tuple[str, bytes]]:
    for folder in 'traces', 'malformed':
        for path in sorted((support.TESTS / folder).glob('*.rep')):
            yield path.name, path.read_bytes()


def packed_traces() -> dict[str, bytes]:
    """Sound and malformed ones that are not in text form."""
    sound = (support.TESTS / 'traces/mixed.rep').read_bytes()
    return {**test_malformed.made(),
            'sound.repb': test_malformed.SOUND_BINARY,
            'mixed.rep.gz': test_malformed.gzipped(sound),
            'mixed.rep.zst': test_malformed.zstandard(sound)}


def a_recording() -> bytes:
    """A header and an event of each kind, of three threads."""
    command = b'program\0argument\0'
    header = recording.HEADER.pack(
        recording.MAGIC, recording.HEADER_SIZE, recording.EVENT.size, 77, 1, 0,
        recording.FLAG_EXITED, 5, 0, len(command), 0)
    header = header.ljust(recording.COMMAND_AT, b'\0') + command
    events = [(0x1000, 100, 0, 0, recording.MALLOC),
              (0x2000, 20, 10, 1, recording.CALLOC),
              (0x3000, 500, 64, 2, recording.ALIGNED),
              (0x1000, 300, 0, 0, recording.RESIZE), (0, 0, 0, 0, 0),
              (0x5000, 300, 0x1000, 0, recording.RESIZED),
              (0x2000, 0, 0, 1, recording.FREE), (0, 0, 0, 1, recording.FREE),
              (0x3000, 0, 0, 2, recording.FREE)]
    return header.ljust(recording.HEADER_SIZE, b'\0') + b''.join(
        recording.EVENT.pack(*event) for event in events)


# ---- The readers. ----

class Converting(fuzzing.Fuzz):
    """tools/convert, of each form, to each form."""

    def setUp(self) -> None:
        super().setUp()
        self.targets = cycle(TARGETS)

    def convert(self, path: Path, *more: str) -> None:
        status, said = called(convert.main, '-o', '/dev/null', '--to',
                              next(self.targets), *more, path)
        self.judge(status, said, path)

    def test_logs(self) -> None:
        for name, data, form in logs():
            self.fuzz(name, data, 20, lambda path, form=form: self.convert(
                path, '--from', form))

    def test_logs_by_their_content(self) -> None:
        for name, data, _ in logs():
            self.fuzz(f'any-{name}', data, 3, self.convert)

    def test_a_process_of_logs(self) -> None:
        for name, data, form in logs():
            if form in ('valgrind', 'ltrace'):
                self.fuzz(f'one-{name}', data, 3, lambda path, form=form:
                          self.convert(path, '--from', form, '--process=7'))

    def test_text(self) -> None:
        for name, data in traces():
            self.fuzz(name, data, 5, lambda path: self.convert(
                path, '--from', 'rep'))

    def test_packed(self) -> None:
        for name, data in packed_traces().items():
            self.fuzz(name, data, 5, self.convert)

    def test_recordings(self) -> None:
        self.fuzz('x.rec', a_recording(), 100, lambda path: self.convert(
            path, '--from', 'recording'))


class Reading(fuzzing.Fuzz):
    """What other tools read."""

    def test_traces(self) -> None:
        def read(path: Path) -> None:
            with contextlib.suppress(rep.RepError):
                rep.read(str(path))

        for name, data in [*traces(), *packed_traces().items()]:
            self.fuzz(name, data, 5, read)

    def test_recordings(self) -> None:
        """tools/record --keep leaves a folder of them."""
        def read(path: Path) -> None:
            status, said = called(record.main, '--list', '--from', self.folder,
                                  '-o', '/dev/null')
            self.assertIn(status, (0, 2), said)
            self.assertRegex(said, r'\A(tools/record: .*\n)*\Z')

        self.fuzz('x.rec', a_recording(), 100, read)

    def test_manifests(self) -> None:
        def read(path: Path) -> None:
            with contextlib.suppress(manifest.ManifestError):
                manifest.read(str(path))

        data = (support.ROOT / 'traces/MANIFEST').read_bytes()
        self.fuzz('MANIFEST', data, 100, read)


    def test_results(self) -> None:
        """tools/bench needs no numpy for them."""
        def read(path: Path) -> None:
            status, said = called(bench.main, 'table', '--from', path)
            self.judge(status, said, path, (0, 1, 130))

        path = RESULTS / 'results.json'
        self.fuzz(path.name, path.read_bytes(), 100, read)


class Drawing(fuzzing.Fuzz):
    """tools/plot --from, where there are numpy and matplotlib."""

    def test_reading(self) -> None:
        def read(path: Path) -> None:
            with contextlib.suppress(ReplayError):
                FileSource([path], [], [], Range())

        for path in sorted(RESULTS.iterdir()):
            self.fuzz(path.name, path.read_bytes(), 100, read)

    def test_drawing(self) -> None:
        """Each kind in turn; the other files are as they were."""
        kinds = cycle(plot.KINDS)

        def read(path: Path) -> None:
            others = [f'--from={other}' for other in sorted(RESULTS.iterdir())
                      if other.name != path.name]
            status, said = called(
                plot.main, next(kinds), '-o', self.folder / 'x.png',
                '--dpi=20', f'--from={path}', *others)
            self.judge(status, said, path, (0, 1))

        for path in sorted(RESULTS.iterdir()):
            self.fuzz(path.name, path.read_bytes(), 3, read)


class Driver(fuzzing.Fuzz):
    """./mdriver, a process a mutation; it reads, checks and packs. What it
    refuses of a trace tools/convert does, too."""

    def read(self, path: Path) -> None:
        ended = support.run(support.MDRIVER, '-f', path, '--pack',
                            self.folder / 'packed')
        self.assertEqual(ended.stdout, '')
        faults = [line for line in ended.stderr.splitlines()
                  if ': note: ' not in line]
        self.assertEqual(len(faults), ended.returncode == 2)
        self.judge(ended.returncode, ended.stderr, path)
        form = 'binary' if path.suffix == '.repb' else 'rep'
        status, said = called(convert.main, '-o', '/dev/null', '--to', 'rep',
                              '--from', form, path)
        same = CUT in said or 'no zstd here' in said or \
            ended.returncode == status
        if not same:
            self.fail(f'mdriver: {ended.stderr}{said}')
        if ended.returncode == 0:
            with contextlib.suppress(lines.NoLines):
                lines.read(path)  # as a report does, of what mdriver took

    def test_text(self) -> None:
        for name, data in traces():
            self.fuzz(name, data, 4, self.read)

    def test_packed(self) -> None:
        for name, data in packed_traces().items():
            self.fuzz(name, data, 4, self.read)
