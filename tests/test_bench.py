"""tools/bench: its figures are consistent. No time is looked at."""
from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import (BUILD, ROOT, TESTS, Finished, account, in_release_only,
                     run)

from malloclab.bench import benchmark, pareto

in_release_only('benchmarks are of release only')

MATPLOTLIB = importlib.util.find_spec('matplotlib')
SMALL = TESTS / 'traces/small.rep'

PARTS = ('table', 'pareto', 'worst', 'scaling', 'threads', 'exchange',
         'memory-return', 'misuse', 'judge', 'record', 'lookahead')

# A free of 41 instructions; malloc and realloc wander where they are told to.
KNOWN = r"""
#include <stddef.h>
static char pool[1 << 16];
static volatile int sink;
int mm_init(void) { return 0; }
void *mm_malloc(size_t size)
{
    if (size == 777)
        for (int i = 0; i < 1000; i++)
            sink = i;
    %s
    return pool;
}
void mm_free(void *block);
__asm__(".text\n.globl mm_free\n.type mm_free, %%function\nmm_free:\n"
        ".rept 40\n nop\n.endr\n ret\n");
void *mm_realloc(void *block, size_t size) { (void)size; return block; }
"""
TRACE = """20000
4
9
1
a 0 16
a 1 16
f 0
a 2 777
f 2
a 3 16
r 3 20
f 3
f 1
"""


def bench(*words: str | Path, **more) -> Finished[str]:
    return run(ROOT / 'tools/bench', *words, **more)


def table(text: str) -> list[dict[str, str]]:
    """The rows of the first table in text, by column."""
    lines = text.splitlines()
    head = re.split(r' {2,}', lines[0].strip())
    rows = []
    for line in lines[1:]:
        if not line:
            break
        if len(cells := re.split(r' {2,}', line.strip())) == len(head):
            rows.append(dict(zip(head, cells)))
    return rows


def forbid_ptrace() -> None:
    """For this process and its children: EPERM (seccomp, x86-64)."""
    code = [(0x20, 0, 0, 0),            # load the system call's number
            (0x15, 0, 1, 101),          # is it ptrace?
            (0x06, 0, 0, 0x00050001),   # then EPERM
            (0x06, 0, 0, 0x7fff0000)]   # else go on
    text = b''.join(struct.pack('=HBBI', *line) for line in code)
    buffer = ctypes.create_string_buffer(text)
    program = struct.pack('@HP', len(code), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if libc.prctl(22, 2, program, 0, 0):  # PR_SET_SECCOMP
        raise OSError(ctypes.get_errno(), 'prctl')


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def good(self, *words: str | Path, **more) -> str:
        finished = bench(*words, **more)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stderr, '')
        return finished.stdout

    def fails(self, status: int, sentence: str, *words: str | Path,
              **more) -> str:
        """One line on stderr, which is returned on stdout's side."""
        finished = bench(*words, **more)
        self.assertEqual(finished.returncode, status, account(finished))
        self.assertRegex(finished.stderr, f'^tools/bench: {sentence}\n$')
        return finished.stdout

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def library(self, source: str, name: str = 'known') -> Path:
        path = self.folder / f'{name}.so'
        compiler = os.environ.get('CC', 'cc')
        subprocess.run([compiler, '-O1', '-fPIC', '-shared',
                        f'-I{ROOT}', '-o', path, self.write(f'{name}.c', source)],
                       check=True)
        return path


class Command(Case):
    def test_help(self) -> None:
        text = self.good('--help')
        for part in PARTS:
            self.assertRegex(text, rf'\n    {part}\s')
            self.assertIn('--build', self.good(part, '--help'))

    def test_words_that_are_none(self) -> None:
        for words in (['nope'], ['worst', '--nope'], ['worst', '--ops', '0'],
                      ['worst', '--ops', 'x']):
            with self.subTest(words):
                finished = bench(*words)
                self.assertEqual(finished.returncode, 2, account(finished))
                self.assertEqual(finished.stdout, '')

    def test_a_build_that_is_none(self) -> None:
        self.fails(2, f'{self.folder}/bench/steps: not built; run make benchmarks',
                   'worst', '--build', self.folder, '-f', SMALL,
                   '-a', BUILD / 'mm.so')

        self.fails(2, f'{self.folder}/bench/steps: not built; run make benchmarks',
                   '--build', self.folder, 'worst', '-f', SMALL,
                   '-a', BUILD / 'mm.so')

    def test_interrupted(self) -> None:
        process = subprocess.Popen(
            [sys.executable, '-c', 'import signal, sys; '
             'signal.signal(signal.SIGINT, signal.default_int_handler); '
             f'sys.path[:0] = [{str(ROOT / "tools")!r}]; '
             'from malloclab.bench.command import main; '
             'print(flush=True); sys.exit(main())', 'worst'], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        process.stdout.readline()
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
        self.assertEqual((process.returncode, err), (130, ''), out)


# On-line, the four blocks lie in a row, and the two that go leave two holes.
HOLES = """20000
5
7
1
a 0 16
a 1 16
a 2 16
a 3 16
f 0
f 2
a 4 32
"""


@unittest.skipUnless(importlib.util.find_spec('numpy'), 'needs numpy')
class Lookahead(Case):
    def test_what_is_known_helps(self) -> None:
        rows = table(self.good('lookahead', '-f', self.write('h.rep', HOLES),
                               '-k', '0,4,7,all'))
        self.assertEqual(rows[0], {'trace': 'h.rep', '0': '66.7', '4': '66.7',
                                   '7': '100.0', 'all': '100.0'})
        self.assertEqual(rows[1]['trace'], 'mean')

    def test_a_realloc_and_blocks_that_stay(self) -> None:
        text = '20000\n2\n4\n1\na 0 16\na 1 16\nr 0 32\nf 1\n'
        row = table(self.good('lookahead', '-f', self.write('r.rep', text),
                              '-k', '0,all'))[0]
        self.assertEqual((row['0'], row['all']), ('75.0', '100.0'))

    def test_words_that_are_none(self) -> None:
        done = bench('lookahead', '-k', '1,some')
        self.assertEqual(done.returncode, 2, account(done))
        self.assertIn("'some' is neither a number nor all", done.stderr)


class Worst(Case):
    def row(self, *words: str | Path) -> dict[str, str]:
        rows = table(self.good('worst', *words))
        self.assertEqual(len(rows), 1)
        return rows[0]

    def known(self, source: str = KNOWN % '', trace: str = TRACE,
              *words: str) -> dict[str, str]:
        return self.row('-a', self.library(source), '-f',
                        self.write('t.rep', trace), *words)

    def test_exact(self) -> None:
        row = self.known(KNOWN % '', '20000\n1\n2\n1\na 0 16\nf 0\n')
        self.assertEqual((row['operations'], row['p99'], row['maximum']),
                         ('2', '41', '41'))
        self.assertEqual(row['the worst'], 'line 6: f 0')
        few = int(row['median'])
        self.assertLess(few, 41)
        self.assertEqual(row['mean'], f'{(few + 41) / 2:.1f}')

    def test_the_slow_operation_is_found(self) -> None:
        row = self.known()
        self.assertEqual(row['the worst'], 'line 8: a 2 777')
        self.assertEqual(row['operations'], '9')
        self.assertEqual(row['maximum'], row['p99.9'])
        self.assertEqual(row['median'], '41')
        self.assertGreater(int(row['maximum'].replace(',', '')), 2000)
        self.assertLess(int(row['maximum'].replace(',', '')), 9000)

    def test_no_more_than_asked_for(self) -> None:
        row = self.known(KNOWN % '', TRACE, '--ops', '3')
        self.assertEqual(row['operations'], '3')
        self.assertEqual(row['the worst'], 'line 7: f 0')

    def test_copying_is_told_apart(self) -> None:
        plain = self.known()
        body = '__builtin_memset(pool, 1, size * 16);'
        row = self.known(KNOWN % body)
        self.assertEqual((plain['moved'], row['moved']), ('0', '12,432'))
        few = [int(r['maximum'].replace(',', '')) for r in (plain, row)]
        self.assertTrue(0 < few[1] - few[0] < 60, few)

    def test_the_same_in_every_run(self) -> None:
        words = ('worst', '-a', 'mm,tlsf', '-f', SMALL, '-n', '60')
        first, again = self.good(*words), self.good(*words)
        self.assertEqual(first, again)
        rows = table(first)
        self.assertEqual([r['allocator'] for r in rows], ['mm', 'tlsf'])
        for row in rows:
            figures = [int(row[key].replace(',', '')) for key in
                       ('median', 'p99', 'p99.9', 'maximum')]
            self.assertEqual(figures, sorted(figures))
            self.assertEqual(row['operations'], '60')

    def test_a_sample_is_part_of_all(self) -> None:
        steps = BUILD / 'bench/steps'
        library = self.library(KNOWN % '')
        lines = ''.join(f'a {i} 16\nf {i}\n' for i in range(2000))
        path = self.write('t.rep', f'20000\n2000\n4000\n1\n{lines}')
        finished = run(steps, '--sample', '100', library, path)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertRegex(finished.stdout, r'"operations": 4000, "stepped": '
                         r'(?:[6-9]\d|1[0-4]\d), "median": \d+, "p99": 41, '
                         r'"p999": 41, "max": 41, ')

    def test_refusals(self) -> None:
        self.fails(2, "no allocator 'nope' in .*, and no such path", 'worst',
                   '-a', 'nope')
        self.fails(2, 'nope: no such file, nor a trace of traces/', 'worst',
                   '-f', 'nope')
        other = self.library('int mm_init(void) { return 0; }', 'other')
        self.fails(2, f'{other}: it has no mm_malloc, mm_free, mm_realloc',
                   'worst', '-a', other, '-f', SMALL)
        broken = self.write('broken.rep', '20000\n1\n1\n1\nf 0\n')
        self.fails(2, f'{broken}:5: .*', 'worst', '-a', 'mm', '-f', broken)

    def test_allocators_that_fail(self) -> None:
        cases = {
            'crashes': ('if (size == 777) __builtin_trap();',
                        'ended by SIGILL'),
            'refuses': ('if (size == 777) return 0;', 'it returned NULL'),
            'exits': ('extern void _exit(int); if (size == 777) _exit(9);',
                      'it exited with status 9'),
        }
        trace = self.write('t.rep', TRACE)
        for name, (body, sentence) in cases.items():
            with self.subTest(name):
                path = self.library(KNOWN % body, name)
                out = self.fails(1, rf'{path}: {trace}:8: a 2 777: {sentence}',
                                 'worst', '-a', f'mm,{path}', '-f', trace)
                self.assertEqual([r['allocator'] for r in table(out)], ['mm'])

    def test_one_that_does_not_return(self) -> None:
        path = self.library(KNOWN % 'while (size == 777) sink = 1;')
        finished = run(BUILD / 'bench/steps', '--most', '3000', path,
                       self.write('t.rep', TRACE))
        self.assertEqual(finished.returncode, 1)
        self.assertRegex(finished.stderr, r't\.rep:8: a 2 777: not over after '
                         r'3000 instructions\n$')

    @unittest.skipUnless(os.uname().machine == 'x86_64', 'numbers of x86-64')
    def test_without_ptrace(self) -> None:
        self.fails(2, 'ptrace is not permitted here: Operation not permitted',
                   'worst', '-a', 'mm', '-f', SMALL, preexec_fn=forbid_ptrace)


# Free looks at as many words as there are live blocks.
LINEAR = """
#include <stddef.h>
#include "memlib.h"
static size_t live;
static volatile int sink;
int mm_init(void) { return live = 0; }
void *mm_malloc(size_t size)
{
    live++;
    return mem_sbrk((size + 15) / 16 * 16);
}
void mm_free(void *block)
{
    for (size_t i = 0; i < live; i++)
        sink = (int)(size_t)block;
    live--;
}
void *mm_realloc(void *block, size_t size) { (void)size; return block; }
"""


class Scaling(Case):
    def test_what_grows_and_what_does_not(self) -> None:
        path = self.library(LINEAR)
        words = ('scaling', '--ops', '20000,2000', '--sample', '30', '-a',
                 f'{path},tlsf')
        text = self.good(*words)
        rows = table(text)
        self.assertEqual(
            [(row['operations'], row['live'], row['allocator'])
             for row in rows],
            [(ops, live, name) for ops, live in (('2,000', '200'),
                                                 ('20,000', '2,000'))
             for name in (str(path), 'tlsf')])
        self.assertEqual(rows[0]['growth'], '1.00')
        self.assertGreater(float(rows[2]['growth']), 4)
        self.assertLess(float(rows[3]['growth']), 2)

    def test_all_of_them_leave_no_error_of_sampling(self) -> None:
        words = ('scaling', '--ops', '200', '-a', 'tlsf', '--sample')
        all_ = table(self.good(*words, '200'))[0]
        more = table(self.good(*words, '1000'))[0]
        self.assertEqual(all_, more)
        self.assertEqual((all_['stepped'], all_['+-']), ('200', '0.0'))

    def test_refusals(self) -> None:
        for given, said in (('', 'it is empty'),
                            ('10,', "'10,' has an empty name"),
                            ('10,x', "'x' is not a positive integer")):
            finished = bench('scaling', '--ops', given)
            self.assertEqual(
                (finished.returncode, finished.stderr),
                (2, 'tools/bench scaling: error: argument -n/--ops: '
                 f'{said}\n'))


# A malloc that is libc's but for one thing.
WRAPPER = """
#include <stddef.h>
#include <unistd.h>
void *__libc_malloc(size_t size);
void __libc_free(void *block);
static char pool[512];
void free(void *block)
{
    if ((char *)block != pool && (char *)block != pool + 1)
        __libc_free(block);
}
void *malloc(size_t size)
{
    %s
    return __libc_malloc(size);
}
"""


class Exchange(Case):
    QUICK = ('exchange', '--exchanges', '2', '--rounds')

    def test_all_take_turns(self) -> None:
        rows = table(self.good(*self.QUICK, '2', '-t', '1', '3', '-a',
                               'mm,libc'))
        self.assertEqual([(row['blocks'], row['threads'], row['allocator'])
                          for row in rows],
                         [(blocks, threads, name)
                          for blocks in ('small', 'mixed')
                          for threads in ('1', '3') for name in ('mm', 'libc')])
        for row in rows:
            self.assertGreater(float(row['ns/op']), 0)
            if row['allocator'] == 'libc':
                self.assertEqual(row[': libc'], '1.00')

    def test_without_libc_there_is_no_ratio(self) -> None:
        for row in table(self.good(*self.QUICK, '1', '-t', '1', '-a', 'mm')):
            self.assertEqual(row[': libc'], '-')

    def test_one_that_refuses(self) -> None:
        path = self.library(WRAPPER % 'if (size == 100) return NULL;')
        self.fails(1, f'{path}: small: exchange: malloc returned NULL',
                   *self.QUICK, '1', '-t', '2', '-a', path)


class Threads(Case):
    QUICK = ('threads', '--seconds', '0.02', '--rounds')

    def test_all_take_turns(self) -> None:
        rows = table(self.good(*self.QUICK, '2', '-a', 'mm,libc'))
        self.assertEqual([(row['work'], row['allocator']) for row in rows],
                         [('apart', 'mm'), ('apart', 'libc'),
                          ('handed', 'mm'), ('handed', 'libc')])
        for row in rows:
            self.assertGreater(float(row['1 thread']), 0)
            self.assertGreater(float(row['2 threads']), 0)
            low, high = map(float, row['p25-p75'].split('-'))
            self.assertLessEqual(low, float(row['2:1']))
            self.assertGreaterEqual(high, float(row['2:1']))

    def test_ratio(self) -> None:
        for row in table(self.good(*self.QUICK, '1', '-a', 'libc')):
            # Each is rounded, to a tenth at least.
            one, two = float(row['1 thread']), float(row['2 threads'])
            self.assertGreaterEqual(float(row['2:1']) + 0.005,
                                    (two - 0.05) / (one + 0.05))
            self.assertLessEqual(float(row['2:1']) - 0.005,
                                 (two + 0.05) / (one - 0.05))

    def test_who_never_frees_is_seen(self) -> None:
        """The busier the machine, the longer it takes until it shows."""
        for seconds in '0.02', '0.2', '2':
            rows = table(self.good('threads', '--seconds', seconds, '--rounds',
                                   '1', '-a', 'libc,bump'))
            peaks = [float(row['peak MiB']) for row in rows]
            if all(4 * keeps < leaks for keeps, leaks in
                   (peaks[:2], peaks[2:])):
                return
        self.fail(f'libc and bump: {peaks}')

    def test_mallocs_that_fail(self) -> None:
        cases = {'gives NULL': ('if (size == 300) return NULL;',
                                'apart: threads: malloc returned NULL'),
                 'ends': ('if (size == 300) __builtin_trap();',
                          'apart: ended by SIGILL'),
                 'overlaps': ('if (size == 300 || size == 301) '
                              'return pool + size % 2;',
                              'apart: threads: a block changed')}
        for name, (body, sentence) in cases.items():
            with self.subTest(name):
                path = self.library(WRAPPER % body, 'wrapper')
                out = self.fails(1, f'{path}: {sentence}', *self.QUICK, '1',
                                 '-a', f'{path},libc')
                self.assertEqual([row['allocator'] for row in table(out)],
                                 ['libc', 'libc'])

    def test_who_is_not_there(self) -> None:
        self.fails(2, "no allocator 'nope': it is none of .*", 'threads',
                   '-a', 'nope')


# A malloc with a page for each block, that gives it back or does not.
PAGE = os.sysconf('SC_PAGE_SIZE')
PAGES = f'enum {{ PAGE = {PAGE} }};' + """
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
enum { MOST = 1 << 30 };
static char *region;
static size_t used;
void *malloc(size_t size)
{
    if (!region)
        region = mmap(NULL, MOST, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t at = used;
    used += (size + PAGE - 1) / PAGE * PAGE;
    return region + at;
}
void free(void *block)
{
    if (block && %d)
        madvise(block, PAGE, MADV_DONTNEED);
}
"""


class MemoryReturn(Case):
    QUICK = ('memory-return', '--mb', '20', '--keep', '200', '--wait', '0.01')

    def row(self, source: str) -> dict[str, str]:
        path = self.library(source, 'pages')
        return table(self.good(*self.QUICK, '-a', path))[0]

    def test_pages_are_exact(self) -> None:
        row = self.row(PAGES % 1)
        blocks, live = (int(row[key].replace(',', ''))
                        for key in ('blocks', 'live'))
        self.assertAlmostEqual(blocks, 20e6 / 2056, delta=300)
        self.assertAlmostEqual(live, blocks / 5, delta=300)
        self.assertEqual(row['pages MB'], f'{live * PAGE / 1e6:.1f}')
        self.assertAlmostEqual(float(row['peak MB']), blocks * PAGE / 1e6,
                               delta=1)

    def test_who_gives_back_and_who_does_not(self) -> None:
        gives, keeps = self.row(PAGES % 1), self.row(PAGES % 0)
        self.assertAlmostEqual(float(gives['after MB']),
                               float(gives['pages MB']), delta=1)
        self.assertAlmostEqual(float(keeps['after MB']),
                               float(keeps['peak MB']), delta=1)
        self.assertEqual(keeps['pages MB'], gives['pages MB'])

    def test_names(self) -> None:
        rows = table(self.good(*self.QUICK, '-a', 'libc,mm'))
        self.assertEqual([row['allocator'] for row in rows], ['libc', 'mm'])
        for row in rows:
            self.assertGreaterEqual(float(row['peak MB']),
                                    float(row['pages MB']))

    def test_mallocs_that_fail(self) -> None:
        path = self.library(WRAPPER % 'if (size == 300) return NULL;')
        self.fails(1, f'{path}: peak: malloc returned NULL', *self.QUICK, '-a',
                   path)
        path = self.library(WRAPPER % 'if (size / 100 == 3) return pool;')
        self.fails(1, f'{path}: peak: a block changed', *self.QUICK, '-a',
                   path)


# 3001 blocks, of which 1000 are resized.
CALLS = r"""
#include <stdlib.h>
int main(int argc, char **argv)
{
    void *block = malloc(1);
    for (int i = 0; i < 3000; i++) {
        void *other = malloc(64);
        if (i % 3 == 0)
            block = realloc(block, i + 1);
        free(other);
    }
    free(block);
    return argc > 1 && argv;
}
"""


class Record(Case):
    def program(self) -> Path:
        path = self.folder / 'calls'
        subprocess.run(['cc', '-O0', '-fno-builtin', '-o', path,
                        self.write('calls.c', CALLS)], check=True)
        return path

    def test_a_command(self) -> None:
        row, = table(self.good('record', '-r', '2', '-c',
                               str(self.program())))
        self.assertEqual((row['program'], row['operations']),
                         ('command', '7,002'))
        for column, least in ('us/op p25-p75', -9), ('ratio p25-p75', 0):
            median, low, high = map(float, re.fullmatch(
                r'(-?[\d.]+) (-?[\d.]+)-(-?[\d.]+)', row[column]).groups())
            self.assertTrue(least < low <= median <= high, row)

    def test_one_that_cannot_be_measured(self) -> None:
        self.fails(2, 'command: cannot run no-such-program: No such file or '
                   'directory', 'record', '-c', 'no-such-program')
        self.fails(2, 'command: .* failed with status 1', 'record', '-c',
                   f'{self.program()} x')
        self.fails(2, "no program 'nobody': there are cc1, .*", 'record',
                   '-p', 'nobody')


def result(allocator: str, trace: str, **more) -> dict:
    """As mdriver --json has it."""
    figure = {'median': 2.0, 'min': 1.0, 'p25': 1.5, 'p75': 2.5, 'rounds': 9}
    return {'allocator': allocator, 'trace': trace, 'verdict': 'ok',
            'message': '', 'ops': 9, 'ops_done': 9, 'peak_payload': 80,
            'utilization': 0.5, 'bounds': {'aligned': 0.99, 'best_fit': None,
                                           'packing': None},
            'ns_per_op': figure, 'ratio_to_libc_spread': figure, **more}


def ratio(median: float) -> dict:
    return {'median': median, 'p25': median * 0.9, 'p75': median * 1.1}


class Figures(Case):
    """What mdriver measured, as a file."""

    def report(self, *results: dict, interrupted: bool = False) -> Path:
        return self.write('report.json', json.dumps(
            {'results': results, 'interrupted': interrupted}))


class Comparison(Figures):
    def tables(self, text: str) -> dict[str, list[dict[str, str]]]:
        """By title."""
        parts = re.findall(r'^(\S.*):\n\n((?:.+\n)+)', text, re.M)
        return {title: table(rows) for title, rows in parts}

    def test_a_run(self) -> None:
        kept = self.folder / 'kept.json'
        text = self.good('table', '-a', 'mm,libc', '-f', 'stack', '-f',
                         SMALL, '--json', kept)
        tables = self.tables(text)
        self.assertEqual(len(tables), 3)
        for rows in tables.values():
            self.assertEqual([row['trace'] for row in rows][:2],
                             ['stack.rep', 'small.rep'])
            self.assertRegex(rows[2]['trace'], 'mean')
        utilization = tables['Utilization, per cent']
        first = next(r for r in json.loads(kept.read_text())['results']
                     if (r['allocator'], r['trace']) == ('mm', 'stack.rep'))
        self.assertEqual(utilization[0]['mm'],
                         f'{100 * first["utilization"]:.1f}')
        self.assertEqual(self.good('table', '--from', kept), text)

    def test_means(self) -> None:
        path = self.report(
            result('mm', 'x', utilization=0.9, ratio_to_libc_spread=ratio(4)),
            result('libc', 'x'),
            result('mm', 'y', utilization=0.6, ratio_to_libc_spread=ratio(1)),
            result('libc', 'y'))
        tables = self.tables(self.good('table', '--from', path))
        self.assertEqual(tables['Utilization, per cent'][2]['mm'], '75.0')
        title = "Throughput relative to libc's: median, quartiles"
        self.assertEqual(tables[title][2]['mm'], '2.00')
        self.assertEqual(tables[title][0]['mm'], '4.00 3.60-4.40')
        self.assertEqual(tables['ns/op: median, quartiles'][2]['libc'], '2.0')

    def test_means_of_each_kind(self) -> None:
        known = {'aligned': 1.0, 'best_fit': 0.5, 'packing': None}
        shares = {'stack.rep': .9, 'git-log.rep.gz': .8, 'sed-wrap.rep.gz': .6,
                  'git-repack.rep.gz': .5, 'lua-tables.rep.gz': .1, 'x.rep': .4}
        path = self.report(*(
            result('mm', name, utilization=share, bounds=known,
                   ratio_to_libc_spread=ratio(10 * share))
            for name, share in shares.items()))
        tables = self.tables(self.good('table', '--from', path))
        rows = tables['Utilization, per cent'][len(shares):]
        self.assertEqual([tuple(row.values()) for row in rows], [
            ('mean', '100.0', '50.0', '55.0'),
            ('mean, generated', '100.0', '50.0', '90.0'),
            ('mean, recorded', '100.0', '50.0', '70.0'),
            ('mean, unseen', '100.0', '50.0', '30.0')])
        title = "Throughput relative to libc's: median, quartiles"
        self.assertEqual([row['mm'] for row in tables[title][len(shares):]],
                         ['4.53', '9.00', '6.93', '2.24'])

    def test_best_fit_where_it_is_known(self) -> None:
        known = {'aligned': 0.99, 'best_fit': 0.875, 'packing': None}
        path = self.report(result('mm', 'x', bounds=known),
                           result('mm', 'y'))
        rows = self.tables(self.good('table', '--from', path))[
            'Utilization, per cent']
        self.assertEqual([row['best fit'] for row in rows], ['87.5', '-', '-'])
        path = self.report(result('mm', 'x'))
        rows = self.tables(self.good('table', '--from', path))[
            'Utilization, per cent']
        self.assertNotIn('best fit', rows[0])

    def test_what_one_did_not_do(self) -> None:
        wrong = {'verdict': 'too-slow', 'ns_per_op': None,
                 'ratio_to_libc_spread': None}
        path = self.report(
            result('mm', 'x', utilization=0.25), result('implicit', 'x'),
            result('mm', 'y'), result('implicit', 'y', **wrong))
        text = self.fails(1, 'implicit: y: too-slow', 'table', '--from', path)
        rows = self.tables(text)['Utilization, per cent']
        self.assertEqual(rows[1]['implicit'], 'too-slow')
        self.assertEqual((rows[2]['trace'], rows[2]['mm']), ('mean', '25.0'))
        self.assertTrue(text.endswith(
            '\nmeans: of 1 of 2 traces; not done by all: y\n'), text)

    def test_interrupted(self) -> None:
        path = self.report(result('mm', 'x'), interrupted=True)
        finished = bench('table', '--from', path)
        self.assertEqual(finished.returncode, 130, account(finished))
        self.assertIn('x', finished.stdout)

    def test_refusals(self) -> None:
        self.fails(2, 'nope: No such file or directory', 'table', '--from',
                   'nope')
        other = self.write('other', '{}')
        self.fails(2, f'{other}: not what mdriver --json writes: the object '
                   "has no 'interrupted'", 'table', '--from', other)
        finished = bench('table', '-a', 'nope', '-f', SMALL)
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertRegex(finished.stderr, r"^mdriver: no allocator 'nope'.*\n$")


class Pareto(Figures):
    def three(self) -> Path:
        """small and slow, large and fast, and one that both beat."""
        return self.report(
            result('dense', 'x', utilization=0.9,
                   ratio_to_libc_spread=ratio(1)),
            result('quick', 'x', utilization=0.6,
                   ratio_to_libc_spread=ratio(3)),
            result('beaten', 'x', utilization=0.6,
                   ratio_to_libc_spread=ratio(0.5)))

    def test_front(self) -> None:
        for points, kept in (([], []), ([(1, 1)], [0]),
                             ([(1, 2), (2, 1), (1, 1)], [0, 1]),
                             ([(2, 1), (1, 2)], [1, 0]),
                             ([(1, 1), (1, 1)], [0, 1]),
                             ([(1, 1), (2, 2), (2, 1)], [1])):
            with self.subTest(points):
                self.assertEqual(pareto.front(points), kept)

    def test_points(self) -> None:
        both = ({'utilization': u, 'ratio_to_libc_spread': ratio(r)}
                for u, r in ((0.5, 1), (0.7, 4)))
        path = self.report(*(result('mm', trace, **figures)
                             for trace, figures in zip('xy', both)))
        [point] = pareto.points_of(benchmark.read(path))
        self.assertAlmostEqual(point.x, 60)
        self.assertAlmostEqual(point.y, 2)
        self.assertAlmostEqual(point.x_low, 55)
        self.assertAlmostEqual(point.x_high, 65)
        self.assertAlmostEqual(point.y_low, 1.75)
        self.assertAlmostEqual(point.y_high, 3.25)

    def test_short_names(self) -> None:
        for name, short in (('libjemalloc.so.2', 'jemalloc'), ('mm', 'mm'),
                            ('libtcmalloc_minimal.so.4', 'tcmalloc'),
                            ('libc', 'libc'), ('/x/y.so', 'y')):
            self.assertEqual(benchmark.short(name), short)

    @unittest.skipUnless(MATPLOTLIB, 'not installed: python3-matplotlib')
    def test_pictures(self) -> None:
        """tools/plot draws them: test_plot.Formats has all formats."""
        out = self.folder / 'x.svg'
        text = self.good('pareto', '--from', self.three(), '-o', out)
        self.assertTrue(out.read_bytes().startswith(b'<?xml'))
        self.assertEqual(
            [(row['allocator'], row['front']) for row in table(text)],
            [('dense', 'yes'), ('quick', 'yes'), ('beaten', 'no')])
        self.assertTrue(text.endswith(f'\n{out}\n'))

    @unittest.skipUnless(MATPLOTLIB, 'not installed: python3-matplotlib')
    def test_a_folder_that_is_none(self) -> None:
        out = self.folder / 'none/x.png'
        self.fails(2, f'{out}: No such file or directory', 'pareto', '--from',
                   self.three(), '-o', out)

    def test_without_matplotlib(self) -> None:
        text = 'not installed: python3-matplotlib'
        ended = subprocess.CompletedProcess([], 2, '', f'tools/plot: {text}\n')
        chosen = argparse.Namespace(source=self.three(),
                                    output=self.folder / 'x.png')
        with mock.patch.object(subprocess, 'run', lambda *_, **__: ended), \
                self.assertRaisesRegex(pareto.BenchError, f'^{text}$'):
            pareto.run(chosen)

    def test_refusals(self) -> None:
        self.fails(2, 'x.bmp: it has to end in .png, .svg, .pdf', 'pareto',
                   '-o', 'x.bmp')
        path = self.report(result('mm', 'x', verdict='hung'))
        self.fails(2, 'there is no trace that every allocator did', 'pareto',
                   '--from', path, '-o', 'x.png')
