"""What a program does wrong with its blocks, and which malloc catches it."""
from __future__ import annotations

import re
import signal
import unittest

from support import BUILD, ROOT, account, in_release_only, run

from malloclab.bench import misuse

in_release_only('preloads are built in release')

MISUSE = BUILD / 'bench/misuse'
LINE = re.compile(r'(mm|hardened): (.*?): 0x[0-9a-f]{16}\n\Z')
PAGE = ROOT / 'docs/processes.md'
SIZES = ('small', 'medium', 'large')


def under(allocator: str, *words: str):
    preload = BUILD / f'preload/{allocator}.so'
    return run(MISUSE, *words, env={'LD_PRELOAD': str(preload)})


def messages() -> list[list[str]]:
    """Kind, size, and mm's message where it sees the misuse at once."""
    return [line.split('\t') for line in run(MISUSE).stdout.splitlines()]


def table() -> tuple[list[str], dict[str, list[str]]]:
    """The page's table: allocators, and the cells of each kind."""
    text = PAGE.read_text().split('    $ tools/bench misuse', 1)[1]
    lines = text[:text.index('\n\n')].splitlines()[1:]
    head, *rows = [re.split(r' {2,}', line.strip()) for line in lines]
    return head[1:], {kind: cells for kind, *cells in rows}


class Misuse(unittest.TestCase):
    def expect_message(self, finished, who: str, message: str) -> None:
        self.assertEqual(finished.returncode, -signal.SIGABRT,
                         account(finished))
        said = LINE.fullmatch(finished.stderr)
        self.assertIsNotNone(said, finished.stderr)
        self.assertEqual(said[1], who)
        self.assertRegex(said[2], message)

    def test_mm_says_what_is_wrong(self) -> None:
        known = [line for line in messages() if line[2]]
        self.assertGreater(len(known), 50)
        for kind, size, message in known:
            with self.subTest(kind, size=size):
                self.expect_message(under('mm', kind, size), 'mm', message)

    def test_hardened_says_what_is_wrong(self) -> None:
        """But for a write that hits a guard page: the places are random."""
        for size in '40', '2000':
            for kind, message in (
                    ('free twice', 'free already'),
                    ('free 16 bytes inside', 'no block begins'),
                    ('free a static object', 'no block of the heap'),
                    ('write 1 byte past the end', 'beyond its end'),
                    ('write 1 byte under the start', 'was written to'),
                    ('write after free', 'a free block was written to')):
                with self.subTest(kind, size=size):
                    finished = under('mm_hardened', kind, size, 'used')
                    if (kind.startswith('write')
                            and finished.returncode == -signal.SIGSEGV):
                        continue
                    self.expect_message(finished, 'hardened', message)

    def test_hardened_finds_every_write_after_free(self) -> None:
        """In a slot when it is used again, elsewhere at the write."""
        for size in 16, 100, 496, 497, 1000, 4000, 5000, 40000, 100000:
            for words in [], ['used']:
                with self.subTest(size=size, used=words):
                    finished = under('mm_hardened', 'write after free, long ago',
                                     str(size), *words)
                    self.assertIn(finished.returncode,
                                  (-signal.SIGABRT, -signal.SIGSEGV))

    def test_the_program_is_sound_but_for_the_misuse(self) -> None:
        """Under a malloc that looks at nothing, most misuse goes through."""
        found = misuse.measure(BUILD, 'bump', 1)
        self.assertGreater([misuse.cell(sizes) for sizes in found.values()]
                           .count('never'), len(found) // 2)

    def check(self, kind: str, cell: str, sizes: dict[str, list[bool]]) -> None:
        """What is caught sometimes may be caught each time, or not once."""
        names = sizes if cell == 'always' else cell.split('+')
        for size in set(names) & set(sizes):
            self.assertTrue(all(sizes[size]), (kind, size, 'is not caught'))
        if cell == 'never':
            self.assertFalse(any(map(any, sizes.values())), (kind, 'is caught'))

    def test_the_table_of_the_page_is_right(self) -> None:
        allocators, cells = table()
        total = cells.pop('caught always, of all')
        for column, name in enumerate(allocators):
            with self.subTest(name):
                if not name.startswith('mm'):
                    self.skipTest(f'{name}: another version may be installed')
                found = misuse.measure(BUILD, name, 1)
                self.assertEqual(list(found), list(cells))
                for kind, sizes in found.items():
                    self.check(kind, cells[kind][column], sizes)
                least = int(total[column].split()[0])
                self.assertGreaterEqual(
                    sum(all(size) for sizes in found.values()
                        for size in sizes.values()), least - 3)
