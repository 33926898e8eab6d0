"""The Makefile: whatever satisfies mm.h is a good mm.c; two makes at once."""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, account, in_release_only, run

in_release_only('one build is enough')

# All that mm.h asks for, and nothing of what mm.c here has besides.
OWN = """
#include "mm.h"
#include "memlib.h"
#include <stdint.h>
#include <string.h>
int mm_init(void) { return 0; }
void *mm_malloc(size_t size)
{
    size_t whole = (size + 31) / 16 * 16;
    size_t *block = size > SIZE_MAX / 4 ? NULL : mem_sbrk((intptr_t)whole);
    if (!block || block == (void *)-1)
        return NULL;
    block[0] = size;
    return block + 2;
}
void mm_free(void *ptr) { (void)ptr; }
void *mm_realloc(void *ptr, size_t size)
{
    void *block = size ? mm_malloc(size) : NULL;
    size_t old = ptr ? ((size_t *)ptr)[-2] : 0;
    if (block)
        memcpy(block, ptr, old < size ? old : size);
    return block;
}
"""


class Tree(unittest.TestCase):
    """A copy of the tree and its build, whose files are links."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name) / 'lab'
        self.copy(ROOT, self.tree, '.git', 'build', '__pycache__')
        self.copy(BUILD, self.tree / 'build/release', 'pycache', how='-al')

    def copy(self, source: Path, to: Path, *without: str, how: str = '-a') -> None:
        """By cp, which takes a tenth of what shutil does."""
        to.mkdir(parents=True)
        done = run('cp', how, '-t', to, *(path for path in source.iterdir()
                                          if path.name not in without))
        self.assertEqual(done.returncode, 0, account(done))

    def command(self, *words: str | Path):
        return run(*words, cwd=self.tree)

    def good(self, *words: str | Path) -> str:
        finished = self.command(*words)
        self.assertEqual(finished.returncode, 0, account(finished))
        return finished.stdout

    def make(self, *words: str) -> str:
        return self.good('make', '--no-print-directory', *words)

    def write(self, name: str, text: str) -> None:
        path = self.tree / name
        path.unlink(missing_ok=True)
        path.write_text(text)


class ReadmesFirstSteps(Tree):
    """Write an allocator, as README says, and change one's mind."""

    def setUp(self) -> None:
        super().setUp()
        self.make('lab', 'runtime')

    def judge(self, name: str) -> str:
        return self.good('./mdriver', '--no-timing', '--allocator', name,
                         '-V', '-f', 'structs')

    def is_gone(self, name: str) -> None:
        self.assertEqual([path for path in self.tree.glob(f'build/**/{name}.*')
                          if 'handin' not in path.parts], [])
        self.assertNotIn(name, self.good('./mdriver', '--list').split())
        refused = self.command('./mdriver', '--allocator', name)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(f"no allocator '{name}'", refused.stderr)

    def test_a_variant_comes_and_changes_its_name_and_goes(self) -> None:
        variants = self.tree / 'variants'
        shutil.copy(variants / 'naive.c', variants / 'mine.c')
        self.assertIn('variants/mine.c', self.make())
        self.assertIn('Results for mine malloc', self.judge('mine'))
        self.make('runtime')
        (variants / 'mine.c').rename(variants / 'yours.c')
        said = self.make()
        self.assertIn('variants/mine.so: its source is gone; deleted', said)
        self.assertIn('variants/yours.c', said)
        self.judge('yours')
        self.is_gone('mine')
        (variants / 'yours.c').unlink()
        self.assertIn('variants/yours.so: its source is gone; deleted',
                      self.make())
        self.is_gone('yours')
        self.assertEqual(self.make(), '')

    def test_another_mm_and_back(self) -> None:
        mm = (self.tree / 'mm.c').read_text()
        self.write('mm.c', (self.tree / 'variants/naive.c').read_text())
        self.assertIn('mm.c', self.make())
        self.assertIn('move the break, free nothing',
                      self.good('./mdriver', '--no-timing', '-v', '0', '-l',
                                '-f', 'structs'))
        self.write('mm.c', mm)
        self.make()
        self.assertNotIn('move the break, free nothing',
                         self.good('./mdriver', '--no-timing', '-v', '0', '-l',
                                   '-f', 'structs'))


class OwnAllocator(Tree):
    def setUp(self) -> None:
        super().setUp()
        self.write('mm.c', OWN)

    def test_make_builds_it_and_nothing_else(self) -> None:
        out = self.make()
        compiled = re.findall(r'\S+\.c\b', out)
        self.assertEqual(compiled, ['mm.c'], out)
        self.assertIn('structs.rep', self.good(
            './mdriver', '-V', '--no-timing', '-f', 'traces/structs.rep'))

    def test_every_target_takes_it(self) -> None:
        self.make('OPT=-O0 -g0', 'lab', 'runtime', 'libraries', 'test-build')
        self.assertIn('500500', self.good(
            'tools/run', '-a', 'mm', '--', 'python3', '-c',
            'print(sum(range(1001)))'))

    def test_somebody_elses_is_judged_beside_it(self) -> None:
        out = self.make('handin', 'MM=tests/handin/classic.c',
                        'ARGS=--no-timing -f structs')
        self.assertIn('Results for tests/handin/classic.c malloc', out)

    def test_start_runs_it(self) -> None:
        out = self.good('tools/start', 'run', '--no-timing', '-f', 'structs')
        self.assertIn('Results for mm malloc', out)

    def test_the_tests_of_the_flagship_say_so(self) -> None:
        self.make('build/release/tests/mm_audit_test')
        out = self.good('build/release/tests/mm_audit_test')
        self.assertIn('# SKIP mm.c is not the flagship here', out)


class TwoAtOnce(Tree):
    def test_both_succeed(self) -> None:
        """Each links what the other may be writing at this moment."""
        for folder in ('real', 'preload', 'lib', 'judge/driver/worker',
                       'variants'):
            shutil.rmtree(self.tree / 'build/release' / folder)
        made = [f'build/release/{path}' for path in (
            'preload/kr.so', 'lib/libpool.a', 'lib/libpool.so.1',
            'variants/kr.so', 'variants/naive.so')]
        makes = [subprocess.Popen(
            ['make', '-j4', 'OPT=-O0 -g0', 'judge', *made],
            cwd=self.tree,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        said = [process.communicate()[0] for process in makes]
        for process, text in zip(makes, said):
            self.assertEqual(process.returncode, 0, text)
        self.good('./mdriver', '--no-timing', '-c', 'traces/structs.rep',
                  '--allocator', 'mm,kr')
        left = [path for path in (self.tree / 'build').rglob('*.[0-9]*')
                if path.suffix[1:].isdigit() and '.so.' not in path.name
                and path.is_file()]
        self.assertEqual(left, [])


class Help(Tree):
    def test_every_target_that_it_names_is_one(self) -> None:
        """One make names the first that is none."""
        names = re.findall(r'^make ([a-z-]+)', self.make('help'), re.M)
        self.assertGreater(len(names), 10)
        self.good('make', '-n', *names, 'MM=tests/handin/classic.c')
