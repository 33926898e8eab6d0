"""Pages of 16 and 64 KiB: judge, worker and real processes on such a kernel.

tests/larger_pages.c makes a kernel with pages of 4 KiB refuse what one with
larger pages refuses. It is preloaded into the judge and, by a script at the
place of the build's worker, into the worker.
"""
from __future__ import annotations

import json
import os
import re
import shutil
import sys
import unittest
from pathlib import Path

import samples
from support import BUILD, ROOT, Finished, account, in_release_only, run
from test_bad import SOURCES, TRACES, directives, verdict_of, words

in_release_only('preloads are of release only')

KIB = (16, 64)
STRICTEST = 64  # it refuses all that 16 does

PROGRAMS = [BUILD / 'tests' / name
            for name in ('memlib_test', 'oslib_test', 'page_map_test')]
LIBRARIES = [BUILD / 'tests' / source.stem for source in
             sorted((ROOT / 'tests/libraries').glob('*_test.c'))]
PRELOADS = sorted((BUILD / 'preload').glob('*.so'))
FAMILY = BUILD / 'runtime/family_test'

# Wrong programs that have to do with the heap's shape.
ABOUT_MAPPINGS = re.compile(
    r'ok\.(audits|gives|maps|null|reads|sound)|wrote-past-heap\.|out-of-heap\.'
    r'|overlap\.(unmaps|gives)|bad-heap\.(slab|buddy)|no-memory\.never-unmaps')

WORKER = '#!/bin/sh\nLD_PRELOAD={}${{LD_PRELOAD:+:$LD_PRELOAD}} exec {}\n'

# Large blocks side by side, each given back alone.
NEIGHBOURS = [line for n in range(0, 60, 3) for line in (
    f'a {n} {9000 + 4096 * n}', f'a {n + 1} {300000 + 4096 * n}',
    f'a {n + 2} {9000 + 4096 * n}', f'f {n + 1}')]


def interposer(kib: int) -> Path:
    return BUILD / f'pages/{kib}.so'


def under(kib: int, *command: str | Path, before: str = '') -> Finished[str]:
    preload = f'{interposer(kib)} {before}'
    return run(*command, env={**os.environ, 'LD_PRELOAD': preload}, cwd=ROOT)


def make_build(folder: Path, kib: int) -> Path:
    """A build whose worker has pages of that size; returns its mdriver."""
    folder.mkdir()
    for name in ('mdriver', 'profiles.json'):
        shutil.copy(BUILD / name, folder)
    for name in ('mm.so', 'variants', 'libraries'):
        (folder / name).symlink_to(BUILD / name)
    worker = folder / 'worker'
    worker.write_text(WORKER.format(interposer(kib), BUILD / 'worker'))
    worker.chmod(0o755)
    return folder / 'mdriver'


class Judging(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.mdriver = {kib: make_build(cls.folder / str(kib), kib)
                       for kib in KIB}

    def judge(self, kib: int, *arguments: str | Path) -> dict[str, str]:
        """What each result says, by allocator and trace: verdict, message."""
        out = self.folder / 'out.json'
        out.unlink(missing_ok=True)
        finished = under(kib, self.mdriver[kib], '--json', out, *arguments)
        self.assertTrue(out.exists(), account(finished))
        return {f'{r["allocator"]} {r["trace"]}':
                f'{r["verdict"]}: {r["message"] or ""}'
                for r in json.loads(out.read_text())['results']}

    def all_are(self, verdict: str, said: dict[str, str]) -> None:
        self.assertTrue(said)
        for which, text in said.items():
            self.assertEqual(text.partition(':')[0], verdict,
                             f'{which}: {text}')

    def test_worker_has_such_pages(self) -> None:
        for kib in KIB:
            library = self.build(
                f'asks{kib}', init=f'if (mem_pagesize() != {kib} << 10)'
                ' return -1;')
            self.all_are('ok', self.judge(kib, '--allocator', library,
                                          '-f', self.every))

    def test_every_allocator_is_right(self) -> None:
        said = self.judge(STRICTEST, '--no-timing', '--allocator', 'all',
                          '-f', 'structs', '-f', TRACES / 'mixed.rep', '-f',
                          self.every)
        self.assertGreater(len(said), 40)
        self.all_are('ok', said)

    def test_large_neighbours(self) -> None:
        text = samples.text_of(NEIGHBOURS, 60)
        trace = self.write('neighbours.rep', text)
        maps = BUILD / 'bad/ok.maps-large-blocks.so'
        for kib in KIB:
            with self.subTest(kib):
                self.all_are('ok', self.judge(
                    kib, '--no-timing', '--allocator',
                    f'slab,osmem,memory_allocator,{maps}',
                    '-f', trace))

    def test_wrong_programs_are_found(self) -> None:
        for source in filter(lambda s: ABOUT_MAPPINGS.match(s.name), SOURCES):
            said = directives(source)
            files = [word for name in words(said['trace'])
                     for word in ('-f', TRACES / name)]
            with self.subTest(source.name):
                self.all_are(verdict_of(source), self.judge(
                    STRICTEST, '--reps', '2', '--allocator',
                    BUILD / f'bad/{source.stem}.so', *words(said['options']),
                    *files))

    def test_heap_limit_is_rounded_up_to_whole_pages(self) -> None:
        for kib, limit in (16, 80 << 10), (64, 128 << 10):
            library = self.build(
                f'fills{kib}', init=f'if (mem_sbrk({limit}) == (void *)-1 ||'
                f' mem_sbrk(-{limit}) == (void *)-1) return -1;')
            self.all_are('ok', self.judge(kib, '--heap-limit', '68K',
                                          '--allocator', library, '-f',
                                          self.every))


class Real(unittest.TestCase):
    def passes(self, program: Path) -> None:
        with self.subTest(program.name):
            finished = under(STRICTEST, program)
            self.assertEqual(finished.returncode, 0, account(finished))

    def test_heaps_keep_their_promises(self) -> None:
        for program in PROGRAMS:
            self.passes(program)

    def test_libraries_keep_their_promises(self) -> None:
        self.assertTrue(LIBRARIES)
        for program in LIBRARIES:
            self.passes(program)

    def test_every_allocator_serves_programs(self) -> None:
        self.assertTrue(PRELOADS)
        count = 'print(len({str(i): [i] for i in range(20000)}))'
        for preload in PRELOADS:
            with self.subTest(preload.stem):
                finished = under(STRICTEST, sys.executable, '-S', '-c', count,
                                 before=str(preload))
                self.assertEqual((finished.stdout, finished.stderr),
                                 ('20000\n', ''), account(finished))

    def test_family(self) -> None:
        for name in 'mm', 'slab':
            with self.subTest(name):
                finished = under(STRICTEST, FAMILY,
                                 before=str(BUILD / f'preload/{name}.so'))
                self.assertEqual(finished.returncode, 0, account(finished))
