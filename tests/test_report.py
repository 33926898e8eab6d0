"""tools/report: its command line. What it computes is in test_report_data.py,
how the page behaves in test_report_page.py."""
from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import (BUILD, ROOT, TESTS, Finished, account, in_release_only,
                     only_with, run)

in_release_only('the tools are the same in every build')
only_with('numpy')

SMALL = TESTS / 'traces/small.rep'
BAD = BUILD / 'bad/overlap.reuses-a-live-block.so'
SELENIUM = importlib.util.find_spec('selenium')


class Command(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.page = self.folder / 'r.html'

    def report(self, *words: str | Path) -> Finished[str]:
        return run(ROOT / 'tools/report', *words, '--build', BUILD, cwd=ROOT)

    def fails(self, sentence: str, *words: str | Path) -> None:
        """Exit status 2, one line on stderr, and no file of any name."""
        finished = self.report(*words)
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertRegex(finished.stderr, f'^{sentence}\n$')
        self.assertEqual(finished.stdout, '')
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_page(self) -> None:
        finished = self.report('-o', self.page, '--allocator', 'mm,tlsf',
                               '--title', 'A & B', SMALL)
        self.assertEqual((finished.returncode, finished.stdout,
                          finished.stderr), (0, '', ''), account(finished))
        self.assertEqual(list(self.folder.iterdir()), [self.page])
        self.assertIn('<title>A &amp; B</title>', self.page.read_text())
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(self.page.stat().st_mode & 0o777, 0o666 & ~mask)

    def test_a_bad_verdict_is_reported(self) -> None:
        finished = self.report('-o', self.page, '--allocator',
                               f'mm,bad={BAD}', SMALL)
        self.assertEqual(finished.returncode, 1, account(finished))
        self.assertIn('"verdict":"overlap"', self.page.read_text())

    def test_timing(self) -> None:
        self.report('-o', self.page, '--allocator', 'mm', SMALL)
        self.assertIn('"ns_per_op":null', self.page.read_text())
        finished = self.report('-o', self.page, '--allocator', 'mm',
                               '--timing', SMALL)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn('"ns_per_op":{"median":', self.page.read_text())

    def test_traces_of_one_name(self) -> None:
        other = self.folder / 'traces'
        other.mkdir()
        shutil.copy(SMALL, other)
        finished = self.report('-o', self.page, '--allocator', 'mm', SMALL,
                               other / 'small.rep')
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn(f'"name":"{other}/small.rep"', self.page.read_text())

    def test_a_binary_trace_has_no_lines_and_that_is_said(self) -> None:
        packed = self.folder / 'x.repb'
        run(BUILD / 'mdriver', '--pack', packed, '-f', SMALL)
        finished = self.report('-o', self.page, '--allocator', 'mm', packed)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stderr, f'tools/report: {packed}: '
                         'a binary trace has no lines\n')

    def test_what_is_missing(self) -> None:
        finished = self.report(SMALL)
        self.assertEqual(finished.returncode, 2)
        self.assertIn('error: -o FILE.html is missing\n', finished.stderr)
        finished = self.report('-o', self.page)
        self.assertEqual(finished.returncode, 2)
        self.assertIn('error: a TRACE is missing\n', finished.stderr)
        finished = self.report('-o', self.page, '--bench', self.page)
        self.assertEqual(finished.returncode, 2)
        self.assertIn('--bench measures a report that is there',
                      finished.stderr)

    def test_there_is_no_such_trace(self) -> None:
        self.fails('none.rep: there is no such trace.*', '-o', self.page,
                   'none.rep')

    def test_there_is_no_such_allocator(self) -> None:
        self.fails('.*nobody.*', '-o', self.page, '--allocator', 'nobody',
                   SMALL)

    def test_a_trace_that_is_not_sound(self) -> None:
        path = TESTS / 'malformed/alignment-is-negative.rep'
        self.fails(f'.*{path.name}:.*', '-o', self.page, path)

    def test_an_allocator_that_did_nothing(self) -> None:
        bad = f'bad={BUILD}/bad/init-failed.returns-minus-one.so'
        self.fails('tools/report: .*small.rep: bad is init-failed: .*', '-o',
                   self.page, '--no-bounds', '--allocator', bad, SMALL)
        finished = self.report('-o', self.page, '--allocator', bad, SMALL)
        self.assertEqual(finished.returncode, 1, account(finished))
        self.assertIn('"panels":["packing"]', self.page.read_text())

    def test_no_place_for_the_page(self) -> None:
        missing = self.folder / 'none'
        self.fails(f'tools/report: {missing}: cannot write into it', '-o',
                   missing / 'r.html', SMALL)
        self.fails(f'tools/report: {self.folder}: it is a folder', '-o',
                   self.folder, SMALL)

    def test_a_device_stays_one(self) -> None:
        """Also where a link leads to it: it is written to, not replaced."""
        link = self.folder / 'full'
        link.symlink_to('/dev/full')
        finished = self.report('--no-bounds', '-o', link, SMALL)
        self.assertEqual((finished.returncode, finished.stderr), (
            2, f'tools/report: {link}: No space left on device\n'))
        self.assertTrue(link.is_symlink() and link.is_char_device())

    def test_no_driver(self) -> None:
        finished = run(ROOT / 'tools/report', '-o', self.page, SMALL,
                       '--build', self.folder)
        self.assertEqual(finished.returncode, 2)
        self.assertEqual(finished.stderr, f'tools/report: {self.folder}'
                         '/mdriver is not there: run make\n')

    @unittest.skipUnless(SELENIUM, 'not installed: python3-selenium')
    def test_a_bench_of_a_page_that_is_not_there(self) -> None:
        finished = run(ROOT / 'tools/report', '--bench', self.page)
        self.assertEqual(
            (finished.returncode, finished.stderr),
            (2, f'tools/report: {self.page}: there is no such file\n'))

    def test_interrupted_it_leaves_nothing(self) -> None:
        slow = self.folder / 'slow'
        slow.mkdir()
        (slow / 'mdriver').write_text(
            '#!/bin/sh\necho begun >&2\nexec sleep 60\n')
        (slow / 'mdriver').chmod(0o755)
        running = subprocess.Popen(
            [ROOT / 'tools/report', '-o', self.page, SMALL, '--build', slow],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True, env={**os.environ,
                                         'TMPDIR': str(self.folder)})
        self.assertEqual(running.stderr.readline(), 'begun\n')
        os.killpg(running.pid, signal.SIGINT)
        self.assertEqual(running.wait(), 130)
        self.assertEqual(running.stderr.read(), '')
        running.stderr.close()
        self.assertEqual([path.name for path in self.folder.iterdir()],
                         ['slow'])
