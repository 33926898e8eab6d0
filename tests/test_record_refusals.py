"""What tools/record refuses, and what it loses: said before, and by name."""
from __future__ import annotations

import re
import shutil
from pathlib import Path

import support
import test_record
from malloclab.record import recording

from rep_checker import check_text

support.in_release_only('the tools are the same in every build')

LS = 'ls', '-d', '.'
KEPT = re.compile(r'\Atools/record: the recording is kept: --from (\S+) reads '
                  r'it\Z')


class Refusals(test_record.Programs):
    """Before the program runs: it would leave the file `ran`."""

    def setUp(self) -> None:
        self.folder = self.place / self.id().rpartition('.')[2]
        self.folder.mkdir()
        self.ran = self.folder / 'ran'

    def refused(self, *options: str | Path) -> str:
        """What is said of the options, after `tools/record: `."""
        done = self.record(*options, '--', 'touch', self.ran, status=2)
        self.assertFalse(self.ran.exists(), options)
        self.assertNotIn('Traceback', done.stderr)
        last = done.stderr.splitlines()[-1]
        return last.removeprefix('tools/record: ')

    def test_a_number_of_operations_below_one(self) -> None:
        out = self.folder / 'x.rep'
        for word in '-3', '0', 'many', '1.5', '9' * 5000:
            with self.subTest(word[:9]):
                self.assertRegex(self.refused('-n', word, '-o', out),
                                 'error: argument -n/--max-ops: .* is not a '
                                 'positive integer')

    def test_a_huge_number_of_operations_cuts_nothing(self) -> None:
        out = self.folder / 'x.rep'
        self.record('-n', '9' * 30, '-o', out, '--', *LS)
        self.assertGreater(len(check_text(out.read_text()).lines), 0)

    def test_a_folder_as_output(self) -> None:
        self.assertEqual(self.refused('-o', self.folder),
                         f'{self.folder}: it is a folder')
        path = f'{self.folder}/x.rep/'
        self.assertEqual(self.refused('-o', path),
                         f'{path}: it is the name of a folder')

    def test_an_output_in_no_folder(self) -> None:
        for options in (), ('-p', 'all'):
            path = self.folder / 'nodir/x.rep'
            said = self.refused('-o', path, *options)
            self.assertTrue(said.startswith(f'{self.folder}/nodir/x.'), said)
            self.assertTrue(said.endswith(': No such file or directory'), said)

    def test_an_output_below_a_file(self) -> None:
        file = self.folder / 'file'
        file.touch()
        self.assertEqual(self.refused('-o', file / 'x.rep'),
                         f'{file}/x.rep: Not a directory')

    def test_the_check_leaves_what_is_there(self) -> None:
        out = self.folder / 'x.rep'
        out.write_text('before')
        self.record('-o', out, '--', 'no-such-program', status=2)
        self.assertEqual(out.read_text(), 'before')
        out.unlink()
        self.record('-o', out, '--', 'no-such-program', status=2)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_other_forms(self) -> None:
        for name in 'x.rep.zst', 'x.repb', 'x.repb.gz', 'x.repb.zst':
            with self.subTest(name):
                path = self.folder / name
                self.assertEqual(self.refused('-o', path),
                                 f'{path}: only .rep and .rep.gz are written '
                                 'here; tools/convert makes others of them')

    def test_standard_output(self) -> None:
        self.assertRegex(self.refused('-o', '-'), r'\A-: the program')
        self.assertFalse(Path('-').exists())

    def test_keep_names_a_file(self) -> None:
        file = self.folder / 's.rep'
        file.touch()
        self.assertEqual(
            self.refused('-o', self.folder / 'x.rep', '--keep', file),
            f'{file}: File exists')

    def test_an_output_in_the_folder_that_keep_makes(self) -> None:
        raw = self.folder / 'raw'
        self.record('-o', raw / 'x.rep', '--keep', raw, '--', *LS)
        self.assertTrue((raw / 'x.rep').exists())


class Losses(test_record.Programs):
    """After the program has run."""

    def test_a_full_disk_loses_no_recording(self) -> None:
        done = self.record('-o', '/dev/full', '--', *LS, status=2)
        first, second = done.stderr.splitlines()
        self.assertEqual(first,
                         'tools/record: /dev/full: No space left on device')
        found = KEPT.match(second)
        assert found, second
        self.addCleanup(shutil.rmtree, found[1])
        out = self.place / 'saved.rep'
        self.record('-o', out, '--from', found[1])
        self.assertGreater(len(check_text(out.read_text()).lines), 0)

    def test_no_part_of_a_trace_is_left(self) -> None:
        """The limit is for the writer, which the recorder keeps to as well."""
        raw, out = self.place / 'long', self.place / 'long.rep'
        self.record('-o', out, '--keep', raw, '--',
                    self.program(test_record.MANY))
        out.unlink()
        done = support.run(
            'bash', '-c', 'ulimit -f 100; trap "" XFSZ; exec "$@"', 'bash',
            support.ROOT / 'tools/record', '-o', out, '--from', raw)
        self.assertEqual((done.returncode, done.stderr),
                         (2, f'tools/record: {out}: File too large\n'))
        self.assertFalse(out.exists())


class Damages(test_record.Programs):
    """Of --from: folders that are none, files that are no recordings."""

    def setUp(self) -> None:
        self.raw = self.place / self.id().rpartition('.')[2]
        self.out = self.place / 'damages.rep'
        self.out.unlink(missing_ok=True)

    def read(self, status: int = 2) -> list[str]:
        """What is said of the folder, by lines."""
        done = self.record('-o', self.out, '--from', self.raw, status=status)
        self.assertEqual(self.out.exists(), status == 0)
        return [line.removeprefix('tools/record: ')
                for line in done.stderr.splitlines()]

    def sound(self) -> bytes:
        """Record into the folder; what is in the file of it."""
        self.record('-o', self.out, '--keep', self.raw, '--', *LS)
        self.out.unlink()
        path, = self.raw.glob('*.rec')
        return path.read_bytes()

    def test_no_folder(self) -> None:
        self.assertEqual(self.read(), [f'{self.raw}: there is no such folder'])

    def test_a_plain_file(self) -> None:
        self.raw.touch()
        self.assertEqual(self.read(), [f'{self.raw}: it is no folder'])

    def test_no_recording(self) -> None:
        self.raw.mkdir()
        (self.raw / '1.0.rec').touch()
        self.assertEqual(self.read(),
                         [f'{self.raw}: there is no recording in it'])

    def test_none_that_can_be_read(self) -> None:
        self.raw.mkdir()
        (self.raw / '1.0.rec').write_bytes(b'garbage' * 1000)
        self.assertEqual(
            self.read(),
            [f'{self.raw}/1.0.rec: not a recording of record.so',
             f'{self.raw}: no recording in it can be read'])

    def test_some_that_cannot_be_read(self) -> None:
        data = self.sound()
        (self.raw / '1.0.rec').write_bytes(data[:50])
        (self.raw / '1.1.rec').write_bytes(data[:200])
        (self.raw / '1.2.rec').write_bytes(data[:8] + b'?' * 5000)
        (self.raw / '1.3.rec').mkdir()
        (self.raw / '1.4.rec').touch()
        said = self.read(status=0)
        self.assertEqual(said[:2], [
            f'{self.raw}/1.0.rec: not a recording of record.so',
            f'{self.raw}/1.1.rec: it was cut short, within its header'])
        self.assertTrue(said[2].startswith(f'{self.raw}/1.2.rec: '), said)
        self.assertEqual(said[3:5], [
            f'{self.raw}/1.3.rec: Is a directory',
            f'{self.raw}: 4 left out, going on with the 1 that can be read'])

    def test_one_cut_within_an_event(self) -> None:
        data = self.sound()
        path, = self.raw.glob('*.rec')
        path.write_bytes(data[:4096 + 32 * 9 + 5])
        self.assertIn(f'{path}: it was cut short, later events are missing',
                      self.read(status=0))

    def test_an_event_of_no_kind(self) -> None:
        data = self.sound()
        path, = self.raw.glob('*.rec')
        event = recording.EVENT.pack(64, 8, 0, 0, 99)
        path.write_bytes(data[:4096] + event + data[4128:])
        self.assertEqual(
            self.read(),
            [f'{path}:1: it is damaged, an event of kind 99 is in it'])

    def test_blocks_that_no_machine_has(self) -> None:
        data = self.sound()
        path, = self.raw.glob('*.rec')
        for size, detail, sentence in (
                (1 << 47, 0, f'a block of {1 << 47} bytes: at most '
                 f'{(1 << 47) - 1} are possible'),
                (8, 1 << 63, f'an alignment of {1 << 63}: at most {1 << 46} is '
                 'possible')):
            event = recording.EVENT.pack(64, size, detail, 0,
                                         recording.ALIGNED)
            path.write_bytes(data[:4096] + event + data[4128:])
            self.assertEqual(self.read(), [f'{path}:1: {sentence}'])

    def test_an_error_that_no_system_has(self) -> None:
        data = self.sound()
        path, = self.raw.glob('*.rec')
        at = recording.HEADER.size - 8
        path.write_bytes(data[:at] + b'\xff' * 8 + data[at + 8:])
        self.assertEqual(self.read()[0], f'{path}: it is damaged, an error '
                         f'{(1 << 64) - 1} is in its header')
