"""Traces and allocators that the tests of ./mdriver make for themselves."""
from __future__ import annotations

import os
import random
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

import support

# Every letter, a thread column, free(NULL), sizes of 0. Its peak of payload is
# reached after the sixth operation.
EVERY = """\
20000
4
13
1
a 0 100 0
c 1 10 20 1
m 2 64 500 2
r 0 300
f -1
a 3 0 1
r 3 16
r 3 0
f 1 2
a 1 40
f 0
f 2
f 1
"""
EVERY_PEAK = 300 + 200 + 500 + 16
EVERY_KINDS = 'acmrfarrfafff'

ALLOCATOR = """\
#include "mm.h"
#include "memlib.h"
#include <stdlib.h>
#include <string.h>

#define CAP(size) (((size) + 15) / 16 * 16 + 16)

static void *last;

int mm_init(void)
{
    last = NULL;
    INIT
    return 0;
}

/* Never reuses anything; a block has its size in the 16 bytes before it. */
void *mm_malloc(size_t size)
{
    BEFORE
    char *p = mem_sbrk(CAP(size));
    if (p == (char *)-1)
        return NULL;
    *(size_t *)p = size;
    return last = p + 16;
}

void mm_free(void *p)
{
    (void)p;
}

void *mm_realloc(void *p, size_t size)
{
    void *q = size ? mm_malloc(size) : NULL;
    if (p && q) {
        size_t old = *(size_t *)((char *)p - 16);
        memcpy(q, p, old < size ? old : size);
    }
    return q;
}
"""

# Put before a malloc: every request gets the first block.
SAME_BLOCK = 'if (last) return mem_sbrk(8192), last;'


def text_of(operations: list[str], ids: int) -> str:
    lines = ['20000', str(ids), str(len(operations)), '1', *operations]
    return '\n'.join(lines) + '\n'


def random_trace(seed: int, length: int, live: int = 100) -> str:
    """A text of that many operations: malloc, realloc, free."""
    dice = random.Random(seed)
    operations: list[str] = []
    ids: list[int] = []
    count = 0
    while len(operations) < length:
        if len(ids) < live and dice.random() < 0.55 or not ids:
            operations.append(f'a {count} {dice.randint(1, 800)}')
            ids.append(count)
            count += 1
        elif dice.random() < 0.3:
            operations.append(f'r {dice.choice(ids)} {dice.randint(1, 800)}')
        else:
            block = ids.pop(dice.randrange(len(ids)))
            operations.append(f'f {block}')
    return text_of(operations, count)


def bits_of_build() -> list[str]:
    return ['-m32'] if support.BUILD.name == 'm32' else []


def mdriver_refusing(*arguments: str | Path) -> support.Finished[str]:
    """Run mdriver, which is to complain; it may leave memory behind then."""
    options = os.environ.get('ASAN_OPTIONS', '')
    environment = {**os.environ, 'ASAN_OPTIONS': f'{options}:detect_leaks=0'}
    return support.run(support.MDRIVER, *arguments, cwd=support.ROOT,
                       env=environment)


class Samples(unittest.TestCase):
    """A test case with a folder of its own, gone when it is done."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = Path(temporary.name)
        cls.every = cls.write('every.rep', EVERY)

    @classmethod
    def write(cls, name: str, text: str) -> Path:
        path = cls.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    @classmethod
    def build(cls, name: str, before: str = '', init: str = '',
              more: str = '', flags: Sequence[str] = ()) -> Path:
        """Compile ALLOCATOR: with C before a malloc, in mm_init, behind."""
        source = cls.write(f'{name}.c', ALLOCATOR + more)
        library = cls.folder / f'{name}.so'
        finished = support.run(
            os.environ.get('CC', 'cc'), '-O1', '-g', *bits_of_build(), *flags,
            '-I', support.ROOT, f'-DBEFORE={before}', f'-DINIT={init}',
            '-DDRIVER', '-fPIC', '-shared', '-Wl,-Bsymbolic', '-o', library,
            source)
        if finished.returncode != 0:
            raise AssertionError(support.account(finished))
        return library

    def good(self, *arguments: str | Path, status: int = 0
             ) -> support.Finished[str]:
        """Run mdriver; it has to end with that status."""
        run = mdriver_refusing if status == 2 else support.mdriver
        finished = run(*arguments)
        self.assertEqual(finished.returncode, status,
                         support.account(finished))
        return finished

    def refused(self, line: str, *arguments: str | Path) -> None:
        """It has to end with 2, having said that line and nothing else."""
        finished = self.good(*arguments, status=2)
        self.assertEqual(finished.stdout, '')
        self.assertEqual(finished.stderr, line + '\n')
