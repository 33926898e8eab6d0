"""tools/handin and `make handin`: files of both labs, unmodified."""
from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, TESTS, account, run

MODE = BUILD.name
TRACES = ['--', '--no-timing', '-f', 'structs', '-f', 'realloc-growth']


def handin(name: str, *more: str):
    return run(ROOT / 'tools/handin', TESTS / f'handin/{name}.c', '--mode',
               MODE, *more, *TRACES, cwd=ROOT)


class Handins(unittest.TestCase):
    def passes(self, finished, style: str) -> None:
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn(style, finished.stdout)
        self.assertIn('2 of 2', finished.stdout)

    def test_classic_with_pointers_in_words(self) -> None:
        finished = handin('classic')
        self.passes(finished, 'lab csapp (a team structure), 8-byte '
                    'alignment')
        self.assertIn('Team Name: ateam', finished.stdout)

    def test_later_with_bool_and_driver_macros(self) -> None:
        self.passes(handin('cmu'), 'lab cmu (bool mm_init), 16-byte')

    def test_old_c(self) -> None:
        self.passes(handin('old'), 'lab csapp (int mm_init; ')

    def test_one_for_32_bits(self) -> None:
        finished = handin('bits32')
        if MODE == 'm32':
            self.passes(finished, 'lab csapp')
        else:
            self.assertEqual(finished.returncode, 1, account(finished))
            self.assertIn('out-of-heap', finished.stdout)

    def test_alignment_can_be_asked_for(self) -> None:
        finished = handin('classic', '--align', '16')
        self.assertEqual(finished.returncode, 1, account(finished))
        self.assertIn('misaligned', finished.stdout)

    def test_what_does_not_compile(self) -> None:
        finished = run(ROOT / 'tools/handin', TESTS / 'handin/broken.c',
                       '--mode', MODE, cwd=ROOT)
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertIn('broken.c:8:', finished.stderr)
        self.assertIn('does not compile as csapp', finished.stderr)

    def test_the_last_one_stays_until_another_is_whole(self) -> None:
        """Somebody may be judging it."""
        handin('classic')
        built = {path: path.read_bytes() for path in
                 (BUILD / 'handin').glob('*/classic.so')}
        with tempfile.TemporaryDirectory() as folder:
            compiler = Path(folder) / 'cc'
            compiler.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; '
                                'done\necho half > "$2"; exit 1\n')
            compiler.chmod(0o755)
            finished = run(ROOT / 'tools/handin', '--cc', compiler,
                           '--mode', MODE, TESTS / 'handin/classic.c',
                           env={**os.environ, 'TMPDIR': folder})
            self.assertEqual(list(Path(folder).iterdir()), [compiler])
        self.assertIn('does not compile', finished.stderr)
        self.assertEqual(finished.returncode, 2)
        for path, before in built.items():
            self.assertEqual(path.read_bytes(), before)

    def test_a_missing_file(self) -> None:
        finished = run(ROOT / 'tools/handin', 'no-such.c', cwd=ROOT)
        self.assertEqual(finished.returncode, 2)
        self.assertEqual(finished.stderr, 'no-such.c: cannot read it: No such '
                         'file or directory\n')

    def test_make_handin(self) -> None:
        finished = run('make', '--no-print-directory', f'MODE={MODE}',
                       'handin', 'MM=tests/handin/cmu.c',
                       'ARGS=--no-timing -f structs', cwd=ROOT)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn('Results for tests/handin/cmu.c malloc', finished.stdout)
