"""docs/first-hour.md: each of its wrong allocators is the sound one but for a
bug. What the page quotes of them, test_docs.py compares.
"""
from __future__ import annotations

import re
import unittest

from support import BUILD, ROOT, TESTS, account, in_release_only, mdriver

in_release_only('the page describes the release build')

PAGE = (ROOT / 'docs/first-hour.md').read_text()
STUDENT = (TESTS / 'first_hour/student.h').read_text()
TRACES = '-f', 'structs', '-f', 'realloc-growth', '-f', 'git-log'
WRONG = {path.stem: re.search(r'#define (\w+)', path.read_text())[1]
         for path in (TESTS / 'first_hour').glob('*.c')
         if path.stem != 'sound'}


class FirstHour(unittest.TestCase):
    def test_without_a_bug_it_is_right(self) -> None:
        done = mdriver('--no-timing', '-d', '1', *TRACES, '--allocator',
                       BUILD / 'first_hour/sound.so')
        self.assertEqual(done.returncode, 0, account(done))

    def test_each_bug_is_on_the_page(self) -> None:
        self.assertEqual(set(re.findall(r'first_hour/(\w+)\.so', PAGE)),
                         set(WRONG))

    def test_each_bug_is_an_edit_of_student_h(self) -> None:
        edits = re.findall(r'#ifn?def (\w+)', STUDENT)
        self.assertEqual(set(edits), set(WRONG.values()))

    def test_c_that_the_page_quotes(self) -> None:
        """Line by line, but for comments."""
        lines = {' '.join(line.split()) for line in STUDENT.splitlines()}
        lines |= {line.partition(' /*')[0] for line in lines}
        blocks = re.findall(r'^## \d: .*\n\n((?:    .*\n)+)', PAGE, re.M)
        self.assertEqual(len(blocks), len(WRONG))
        quoted = ''.join(blocks).splitlines()
        for line in quoted:
            code = ' '.join(line.partition(' /*')[0].split())
            self.assertTrue({code, f'{code} {{'} & lines, code)


if __name__ == '__main__':
    unittest.main()
