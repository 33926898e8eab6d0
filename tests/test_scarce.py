"""Machines that lack something: one sentence says what, and nothing is lost."""
from __future__ import annotations

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from support import BUILD, MDRIVER, ROOT, TESTS, account, once, run

NO_NAMESPACE = 'no mount namespaces for this user'
SMALL = TESTS / 'traces/small.rep'
FOREIGN = 'this system does not run 32-bit programs' \
    if BUILD.name == 'm32' else 'Exec format error'


def foreign(program: Path) -> bytes:
    """The ELF program, said to be for a machine that nobody has."""
    text = bytearray(program.read_bytes())
    text[18:20] = b'\xfe\xfe'  # e_machine
    return bytes(text)


class NoSuchProcessor(unittest.TestCase):
    """As m32 on a kernel without 32-bit programs."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name) / BUILD.name
        self.build.mkdir()
        for name in ('mdriver', 'mm.so', 'profiles.json'):
            os.link(BUILD / name, self.build / name)
        for name in ('worker', 'tests/memlib_test'):
            path = self.build / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(foreign(BUILD / name))
            path.chmod(0o755)

    def test_the_judge_says_so(self) -> None:
        finished = run(self.build / 'mdriver', '-c', SMALL)
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertEqual(finished.stderr.splitlines()[-1],
                         'mdriver: cannot start the worker: '
                         f'{self.build}/worker: {FOREIGN}')

    def test_the_tests_of_the_build_are_one_skip(self) -> None:
        finished = run(TESTS / 'run', '--build', self.build)
        self.assertEqual(finished.stdout, f'skipped {BUILD.name}: this system '
                         'does not run its programs\n'
                         '0 passed, 0 failed, 1 skipped\n')
        self.assertEqual(finished.returncode, 0, account(finished))


@unittest.skipIf(BUILD.name == 'san', 'the sanitizer itself needs /proc')
class NoProc(unittest.TestCase):
    """As in a bare chroot."""

    def without(self, *words: str | Path):
        if not shutil.which('unshare'):
            self.skipTest('no unshare here')
        hidden = ('unshare', '--map-root-user', '--mount', 'sh', '-c')
        if run(*hidden, 'mount -t tmpfs none /proc').returncode:
            self.skipTest(NO_NAMESPACE)
        return run(*hidden, 'mount -t tmpfs none /proc && exec "$@"', 'sh',
                   *words, cwd=ROOT)

    def test_an_allocator_is_judged(self) -> None:
        for driver in (MDRIVER, os.path.relpath(MDRIVER, ROOT)):
            finished = self.without(driver, '--no-timing', '-f', SMALL)
            self.assertEqual(finished.returncode, 0, account(finished))
            self.assertEqual(finished.stderr, '')
            self.assertRegex(finished.stdout, r'small.rep +yes +\d')

    def test_the_memory_of_libc_is_not_known(self) -> None:
        finished = self.without(MDRIVER, '--csv', '-', '--no-timing',
                                '--allocator', 'libc', '-f', SMALL)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(
            finished.stderr, 'mdriver: note: /proc is not mounted: the '
            "utilization of 'libc' is not known\n")
        head, row = (line.split(',') for line in finished.stdout.splitlines())
        self.assertEqual(dict(zip(head, row))['utilization'], '')
        finished = self.without(MDRIVER, '--no-timing', '--allocator', 'libc',
                                '-f', SMALL, '-f', SMALL)
        self.assertRegex(finished.stdout, r'small.rep +yes +- ')
        self.assertRegex(finished.stdout, r'Total +2 of 2 +-\n| +- ')


class FewDescriptors(unittest.TestCase):
    def limited(self, files: int):
        """The sanitizer looks for leaks in files of /proc."""
        return run('sh', '-c', f'ulimit -n {files}; exec "$@"', 'sh', MDRIVER,
                   '--no-timing', '-f', SMALL,
                   env={**os.environ, 'ASAN_OPTIONS': 'detect_leaks=0'})

    def test_twenty_are_enough(self) -> None:
        finished = self.limited(20)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stderr, '')

    def test_too_few_are_named(self) -> None:
        for files in (5, 8):
            finished = self.limited(files)
            self.assertEqual(finished.returncode, 2, account(finished))
            self.assertRegex(finished.stderr,
                             '^mdriver: .*: Too many open files\n$')


@once
class SignalsIgnored(unittest.TestCase):
    """As under nohup, or behind & in a script."""

    def test_tests_of_interrupts_pass(self) -> None:
        finished = run('sh', '-c', "trap '' HUP INT QUIT; exec \"$@\"", 'sh',
                       TESTS / 'run', '--jobs', '1', '--build', BUILD,
                       'test_random_traces*nterrupt')
        self.assertEqual(finished.returncode, 0, account(finished))
