"""What a program does wrong with its blocks, and what mm says to it."""
from __future__ import annotations

import re
import signal
import unittest

from support import BUILD, account, run

MISUSE = BUILD / 'runtime/misuse'
LINE = re.compile(r'mm: (.*?)(: 0x[0-9a-f]{16})\n\Z')


def misuses() -> list[list[str]]:
    """Name, message, and the allocator that sees it."""
    return [line.split('\t') for line in run(MISUSE).stdout.splitlines()]


def under(allocator: str, name: str):
    preload = BUILD / f'preload/{allocator}.so'
    return run(MISUSE, name, env={'LD_PRELOAD': str(preload)})


@unittest.skipUnless(BUILD.name == 'release', 'preloads are built in release')
class Misuse(unittest.TestCase):
    def expect(self, allocator: str, name: str, message: str) -> None:
        with self.subTest(allocator=allocator, misuse=name):
            finished = under(allocator, name)
            self.assertEqual(finished.returncode, -signal.SIGABRT,
                             account(finished))
            said = LINE.fullmatch(finished.stderr)
            self.assertIsNotNone(said, finished.stderr)
            self.assertEqual(said[1], message)

    def test_there_are_many(self) -> None:
        self.assertGreaterEqual(len(misuses()), 25)

    def test_each_is_caught(self) -> None:
        for name, message, allocator in misuses():
            if allocator == 'mm':
                self.expect('mm', name, message)

    def test_each_is_caught_in_hardened_mode(self) -> None:
        for name, message, _ in misuses():
            self.expect('mm_hardened', name, message)

    def test_what_needs_hardened_mode_is_not_seen_without(self) -> None:
        """Else that mode would be tested with what needs none."""
        for name, _, allocator in misuses():
            if allocator == 'mm_hardened':
                with self.subTest(misuse=name):
                    self.assertNotRegex(under('mm', name).stderr, LINE)
