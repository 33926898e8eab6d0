"""aarch64: the tree compiles for it, and its allocators are right there.

MODE=aarch64 (Makefile) builds worker and allocators for that machine; qemu-user
runs them under this machine's judge, with pages of 4 and 64 KiB.
"""
from __future__ import annotations

import json
import os
import shlex
import shutil
import unittest
from pathlib import Path

import samples
from support import (BUILD, ROOT, account, in_release_only, run,
                     sources)
from test_bad import TRACES, directives, verdict_of, words

in_release_only('it has a build of its own')

WARN = '-Wall -Wextra -Wshadow -Wstrict-prototypes -Werror'
EMULATOR = 'qemu-aarch64'

# Not ours to keep clean: hand-ins, and programs that misuse malloc.
FOREIGN = ('tests/handin/', 'tests/convert/', 'tests/cheats/',
           'driver/worker/counter_tool.c')  # a part of valgrind

# Headers that only this machine has (zlib, json-c, libelf) come last.
FLAGS = ['-std=gnu11', '-fsyntax-only', '-I.', '-Idriver', '-Ilibraries',
         *WARN.split(), '-idirafter', '/usr/include', '-DPAGE_KIB=16',
         '-DBUILD_MODE="aarch64"', '-DWORKER_BITS=64', '-DWORKER_FOREIGN=1',
         '-DLAB_VERSION=""', '-DHANDIN_SBRK=int']

ALLOCATORS = [str(path.relative_to(ROOT).with_suffix('')) for path in (
    ROOT / 'mm.c', *sorted(ROOT.glob('variants/*.c')),
    *sorted(ROOT.glob('libraries/*.c')))]

# Wrong programs of which the machine has a say: signals, stacks, mappings.
WRONG = ['crashed.null-in-malloc', 'crashed.stack-overflow', 'hung.in-malloc',
         'exited.in-free', 'out-of-heap.unmapped', 'not-zeroed.recycled',
         'wrote-past-heap.into-an-unmapped-hole']


def compiler() -> list[str]:
    """What MODE=aarch64 compiles with."""
    said = run('make', '-pn', 'MODE=aarch64', 'help', cwd=ROOT).stdout
    line, = (line for line in said.splitlines()
             if line.startswith('WORKER_CC := '))
    return shlex.split(line.partition(' := ')[2])


def check_command(files: list[str]) -> list[str]:
    """What compiles them all, without output. clang would start itself anew for
    each file, which takes far longer than the file: its compiler proper, which
    it names, takes all of them."""
    command = [*compiler(), *FLAGS]
    if 'clang' not in command[0]:
        return [*command, *files]
    said = run(*command, '-###', files[0], cwd=ROOT).stderr
    *proper, last = shlex.split(said.splitlines()[-1])
    assert last == files[0], said
    return [*proper, *files]


def compiles(folder: Path) -> bool:
    """Is all there that it takes to build a program for aarch64?"""
    source = folder / 'empty.c'
    source.write_text('int main(void) { return 0; }\n')
    return shutil.which(compiler()[0]) is not None and run(
        *compiler(), '-o', folder / 'empty', source).returncode == 0


class Emulated(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if not compiles(cls.folder):
            raise unittest.SkipTest('no compiler and libraries for aarch64')

    def build_for_aarch64(self, *names: str) -> None:
        """Build these into self.folder, beside this machine's mdriver."""
        finished = run('make', 'MODE=aarch64', f'OUT={self.folder}',
                       f'WARN={WARN} -g0', f'-j{os.cpu_count()}',
                       *(self.folder / name for name in names), cwd=ROOT)
        self.assertEqual(finished.returncode, 0, account(finished))
        for name in ('mdriver', 'profiles.json'):
            shutil.copy(BUILD / name, self.folder)

    def judge(self, page: int, *arguments: str | Path) -> dict[str, str]:
        """The verdicts of a worker with such pages, by allocator and trace."""
        out = self.folder / 'out.json'
        out.unlink(missing_ok=True)
        finished = run(self.folder / 'mdriver', '--no-timing', '--json', out,
                       *arguments, cwd=ROOT,
                       env={**os.environ, 'QEMU_PAGESIZE': str(page)})
        self.assertTrue(out.exists(), account(finished))
        return {f'{r["allocator"]} {r["trace"]}: {r["message"] or ""}':
                r['verdict'] for r in json.loads(out.read_text())['results']}

    def test_all_compiles_without_a_warning(self) -> None:
        files = [name for name in map(str, sorted(
            path.relative_to(ROOT) for path in sources('*.c')))
            if not name.startswith(FOREIGN)]
        self.assertGreater(len(files), 200)
        finished = run(*check_command(files), cwd=ROOT)
        self.assertEqual(finished.returncode, 0, account(finished))

    @unittest.skipUnless(shutil.which(EMULATOR), f'no {EMULATOR}')
    def test_verdicts(self) -> None:
        self.build_for_aarch64('worker', *(f'{a}.so' for a in ALLOCATORS),
                               *(f'bad/{name}.so' for name in WRONG))
        for page, trace in (4096, TRACES / 'mixed.rep'), (65536, 'structs'):
            with self.subTest(page=page):
                said = self.judge(page, '--allocator', 'all', '-f', trace)
                self.assertEqual(len(said), len(ALLOCATORS) + 1)
                self.assertEqual(set(said.values()), {'ok'}, said)
        said = self.judge(65536, '--allocator', 'mm,buddy,hmm', '-f', 'random')
        self.assertEqual(set(said.values()), {'ok'}, said)
        for name in WRONG:
            source = ROOT / f'tests/bad/{name}.c'
            options = [word for trace in words(directives(source)['trace'])
                       for word in ('-f', str(TRACES / trace))]
            with self.subTest(name):
                said = self.judge(
                    4096, '--allocator', self.folder / f'bad/{name}.so',
                    *words(directives(source)['options']), *options)
                self.assertEqual(set(said.values()), {verdict_of(source)},
                                 said)
