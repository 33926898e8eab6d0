"""Files that change while they are read, or may not grow: one line, exit 2."""
from __future__ import annotations

import subprocess
import time
from pathlib import Path

import samples
import support

support.of_the_judge()

WAITS = 'extern int access(const char *, int), usleep(unsigned); ' \
    'while (access(FLAG, 0)) usleep(1000);'
LENGTH = 100_000


class Changing(samples.Samples):
    """The allocator waits in its first malloc until the file was changed."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.flag = cls.folder / 'flag'
        cls.waits = cls.build('waits', before=WAITS.replace(
            'FLAG', f'"{cls.flag}"'))
        cls.text = samples.random_trace(1, LENGTH)

    def setUp(self) -> None:
        self.flag.unlink(missing_ok=True)
        self.trace = self.write('trace.rep', self.text)

    def packed(self) -> Path:
        path = self.folder / 'trace.repb'
        self.good('--pack', path, '-f', self.trace)
        return path

    def run_while(self, change, path: Path, *more: str) -> None:
        """Replay it; once the replay has begun, change it and go on."""
        with subprocess.Popen(
                [support.MDRIVER, '-V', '--no-timing', '-f', path,
                 '--allocator', self.waits, *more], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            said = process.stderr.readline()
            self.assertIn('checking', said)
            time.sleep(0.05)
            change(path)
            self.flag.touch()
            out, said = process.communicate()
        self.assertEqual((process.returncode, out, said),
                         (2, '', f'{path}: it changed while it was read\n'))

    @staticmethod
    def cut(path: Path) -> None:
        with open(path, 'r+b') as file:
            file.truncate(100)

    @staticmethod
    def overwrite(path: Path) -> None:
        size = path.stat().st_size
        with open(path, 'r+b') as file:
            file.write(b'\xf1' * size)

    def test_a_text_is_cut_short(self) -> None:
        self.run_while(self.cut, self.trace)

    def test_a_packed_one_is_cut_short(self) -> None:
        self.run_while(self.cut, self.packed())

    def test_a_packed_one_is_overwritten(self) -> None:
        self.run_while(self.overwrite, self.packed())

    def test_it_is_told_once_by_several_jobs(self) -> None:
        self.run_while(self.overwrite, self.packed(), '--jobs', '2')

    def test_another_file_in_its_place_is_no_change(self) -> None:
        """As editors write: the old one is read to its end."""
        path = self.packed()
        copy = self.folder / 'copy'
        copy.write_bytes(path.read_bytes())
        self.flag.touch()
        copy.rename(path)
        self.good('--no-timing', '-f', path, '--allocator', self.waits)


class SmallFilesOnly(samples.Samples):
    def test_a_limit_on_files_is_named(self) -> None:
        for blocks in (100, 10000):
            finished = support.run(
                'sh', '-c', f'ulimit -f {blocks}; exec "$@"', 'sh',
                support.MDRIVER, '-f', self.every)
            self.assertEqual(finished.returncode, 2, support.account(finished))
            self.assertRegex(
                finished.stderr, '^mdriver: cannot make shared memory of '
                r'\d+ bytes: File too large \(ulimit -f\)\n$')

    def test_a_report_that_does_not_fit(self) -> None:
        out = self.folder / 'events.csv'
        trace = self.write('long.rep', samples.random_trace(2, LENGTH))
        finished = support.run(
            'sh', '-c', 'ulimit -f 4096; exec "$@"', 'sh', support.MDRIVER,
            '--no-timing', '--heap-limit', '1M', '-f', trace,
            '--events', out)
        self.assertEqual((finished.returncode, finished.stderr),
                         (2, f'{out}: cannot write it: File too large\n'))
