"""tools/convert: what is read, and files that the real tools wrote.

Where a tool is installed it is run as well.
"""
from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import support
from converting import (
    FILES, MIXED, RECORDER, SMALL, Converting, after_pool, as_malloc, churn,
    make, needs, without_realloc)
from malloclab.convert import (
    checked_trace, command, formats, late_ends, moments)
from malloclab.convert.write_options import WriteOptions
from malloclab.traces import rep
from malloclab.traces.rep import Op

support.in_release_only('the tools are the same in every build')


class Logs(Converting):
    def test_mtrace(self) -> None:
        self.assertEqual(self.ops(FILES / 'churn.mtrace'),
                         as_malloc(churn(), 'cm'))
        self.assertEqual(self.notes(), [])

    def test_ltrace(self) -> None:
        self.assertEqual(self.ops(FILES / 'churn.ltrace'), list(churn()))
        self.assertEqual(self.notes(), [])

    def test_valgrind(self) -> None:
        self.assertEqual(self.ops(FILES / 'churn.valgrind'), list(churn()))
        self.assertEqual(self.notes(), [])

    @needs('zstd')
    def test_heaptrack_raw(self) -> None:
        ops = self.ops(FILES / 'churn.heaptrack.raw.zst')
        self.assertEqual(after_pool(ops), without_realloc(churn()))
        self.assertEqual(self.notes(), [])

    @needs('zstd')
    def test_heaptrack_interpreted(self) -> None:
        """Blocks that are alike may be freed in another order."""
        def plain(ops: Iterable[Op]) -> list[tuple[str, int]]:
            sizes: dict[int, int] = {}
            return [(op.kind, sizes.setdefault(op.id, op.size)) for op in ops]

        ops = self.ops(FILES / 'churn.heaptrack.zst')
        self.assertEqual(plain(after_pool(ops)),
                         plain(without_realloc(churn())))
        self.assertRegex(self.notes()[0], "^frees that could be of several "
                         "blocks alike, taken for the oldest's: [1-9]")


class Scripts(Converting):
    """Heap labs' scripts: a trace's lines, without its header."""

    SCRIPT = '# of a lab\n\n  a 7 100\r\na 3 24 # small\nr 7 200\nf 3\n' \
        'f -1\na 3 1\nr 9 5'

    def test_they_are_read(self) -> None:
        self.assertEqual(
            self.lines(self.written('x.script', self.SCRIPT)),
            'a 0 100, a 1 24, r 0 200, f 1, f -1, a 2 1, a 3 5')

    def test_the_judge_names_the_converter(self) -> None:
        for text in self.SCRIPT, 'f -1\n':
            said = support.mdriver('-c', self.written('x.rep', text))
            self.assertEqual(said.returncode, 2)
            self.assertIn('tools/convert makes a trace of a script without a '
                          'header', said.stderr)

    def test_what_is_wrong_in_them(self) -> None:
        for line, sentence in (
                ('x 1', "unknown operation 'x'"),
                ('a 1', "'a' takes 2 numbers and perhaps a thread, not 1"),
                ('a 0 9', 'id 0 is allocated while it is in use'),
                ('f 5', 'id 5 is freed but was never allocated'),
                ('f 0\nr 0 9', 'id 0 is reallocated after it was freed')):
            path = self.written('x.script', f'# one\na 0 8\n{line}\n')
            number = 3 + line.count('\n')
            self.refused(f'{path}:{number}: {sentence}', path)

    def test_nothing_but_comments(self) -> None:
        path = self.written('x.script', '# one\n')
        self.refused(f'{path}: no operation in it', '--from', 'script', path)


class Corners(Converting):
    """corners.c: each kind of call, and what goes wrong."""

    def test_mtrace(self) -> None:
        self.assertEqual(
            self.lines(FILES / 'corners.mtrace'),
            'a 0 100, a 1 120, a 2 50, r 0 2000, f 1, a 3 300, a 4 512, '
            'a 5 10, a 6 10, a 7 0, r 2 200, f 0, a 8 7, f 3, f 4, f 5, f 6, '
            'f 7, f 2')
        self.assertEqual(self.notes(), ['calls that failed, left out: 3'])

    def test_ltrace(self) -> None:
        self.assertEqual(
            self.lines(FILES / 'corners.ltrace'),
            'a 0 100, c 1 3 40, a 2 50, r 0 2000, f 1, m 3 256 512, m 4 64 10, '
            'm 5 4096 10, a 6 0, r 2 200, f 0, f -1, a 7 7, f 3, f 4, f 5, '
            'f 6, f 2')
        self.assertEqual(self.notes(), [
            'posix_memalign calls that do not show their block, left out: 1',
            'calls by libc itself, which ltrace -e confuses, left out: 1',
            'calls that failed, left out: 5',
            'frees of pointers never seen, dropped: 1'])

    WHOLE = ('a 0 100, c 1 3 40, a 2 50, r 0 2000, f 1, m 3 64 300, '
             'm 4 256 512, m 5 64 10, m 6 4096 10, a 7 0, r 2 200, f 0, f -1, '
             'a 8 7, f 3, f 4, f 5, f 6, f 7, f 2')

    def test_ltrace_with_prototypes(self) -> None:
        self.assertEqual(self.lines(FILES / 'prototypes.ltrace'), self.WHOLE)
        self.assertEqual(self.notes(), ['calls that failed, left out: 5'])

    def test_valgrind(self) -> None:
        self.assertEqual(self.lines(FILES / 'corners.valgrind'), self.WHOLE)
        self.assertEqual(self.notes(), ['calls that failed, left out: 4'])

    @needs('zstd')
    def test_heaptrack(self) -> None:
        """It knows neither memalign nor valloc nor realloc(p, 0)."""
        self.assertEqual(
            self.lines(FILES / 'corners.heaptrack.raw.zst'),
            'a 0 72704, a 1 100, a 2 120, a 3 50, f 1, a 4 2000, f 2, a 5 300, '
            'a 6 512, a 7 10, a 8 0, f 3, a 9 200, a 10 7, f 5, f 6, f 7, f 8, '
            'f 9, f 0')
        self.assertEqual(self.notes(),
                         ['frees of pointers never seen, dropped: 1'])

    OPERATORS = ('a 0 4, a 1 40, a 2 100, m 3 64 128, m 4 64 384, '
                 'f 0, f 1, f 2, f 3, f 4')

    def test_operators_of_ltrace(self) -> None:
        """malloc within operator new counts once, whatever the names are."""
        for name in 'operators', 'demangled':
            with self.subTest(name):
                self.assertEqual(self.lines(FILES / f'{name}.ltrace'),
                                 self.OPERATORS)
                self.assertEqual(self.notes(), [])

    def test_operators_of_valgrind(self) -> None:
        ops = self.ops(FILES / 'operators.valgrind')
        self.assertEqual(', '.join(map(rep.render, after_pool(ops))),
                         self.OPERATORS)

    def test_threads_of_ltrace(self) -> None:
        ops = self.ops(FILES / 'threads.ltrace')
        self.assertEqual({op.thread for op in ops}, {0, 1, 2, 3})
        sizes = Counter((op.thread, op.kind, op.size) for op in ops
                        if op.thread and op.kind != 'f')
        each = Counter({('r', 50000): 10, **{
            ('a', 2000 + i): len(range(i, 30, 8)) for i in range(8)}})
        self.assertEqual(sizes, Counter({
            (thread, *what): count for thread in (1, 2, 3)
            for what, count in each.items()}))
        self.assertEqual(rep.measure(ops).live, {})
        self.assertEqual(self.notes(), [])

    def test_processes_of_ltrace(self) -> None:
        parent, child = sorted(set(re.findall(
            r'^(\d+)', (FILES / 'forks.ltrace').read_text(), re.M)))
        self.assertEqual(self.lines(FILES / 'forks.ltrace', '--process',
                                    parent), 'a 0 10, f 0, a 1 30')
        self.assertEqual(self.notes(), ['lines of other processes, left out: '
                                        '5'])
        self.assertEqual(self.lines(FILES / 'forks.ltrace', '--process',
                                    child), 'a 0 20')
        self.ops(FILES / 'forks.ltrace')
        self.assertEqual(self.notes(), [
            'there are child processes, and the log does not tell them from '
            'threads: --process PID takes one alone'])


class Forms(Converting):
    """What the fixtures do not have."""

    def test_prefixes_of_ltrace(self) -> None:
        """-t, -i, -T, @library; numbers of either sign."""
        path = self.written('x', '''\
[pid 7] 15:30:47.381949 [0x562b6905d1dd] a.out->malloc(24) = 0x10 <0.00012>
10:15:02 malloc@libc.so.6(41)                 = 0x30
[pid 7] calloc(-1, 2, 0, 0)                   = nil
free@libc.so.6(0x10)                          = <void>
some text of the program
+++ exited (status 0) +++
''')
        self.assertEqual(self.lines(path), 'a 0 24, a 1 41, f 0')
        self.assertEqual(self.notes(), [
            'lines that are no calls, left out: 1',
            'calls that failed, left out: 1'])

    def test_ltrace_among_threads(self) -> None:
        """The end of a block is its call, the beginning the return."""
        path = self.written('x', '''\
1 malloc(10) = 0x10
1 free(0x10 <unfinished ...>
2 malloc(20) = 0x10
1 <... free resumed> ) = <void>
2 realloc(0x10, 30 <no return ...>
1 malloc(40) = 0x10
2 <... realloc resumed> ) = 0x20
1 posix_memalign( <unfinished ...>
2 free(0x20) = <void>
1 <... posix_memalign resumed> 0x50, 64, 50) = 0
1 malloc(60 <unfinished ...>
''')
        self.assertEqual([(*op[:3], op.thread) for op in self.ops(path)], [
            ('a', 0, 10, 0), ('f', 0, 0, 0), ('a', 1, 20, 1), ('a', 2, 40, 0),
            ('r', 1, 30, 1), ('f', 1, 0, 1), ('m', 3, 50, 0)])
        self.assertEqual(self.notes(), [
            'calls that never returned, left out: 1',
            'the log does not say how the program ended: it is cut short'])

    def test_valgrind_amid_output(self) -> None:
        path = self.written('x', '''\
==5== Memcheck, a memory error detector
no line end of its own --5-- malloc(10) = 0x10
--5-- REDIR: 0x4 (libc.so.6:malloc) redirected to 0x5 (malloc)
--6-- malloc(11) = 0x10
--5-- posix_memalign(al 64, size 8) = 0x40
--5-- malloc_usable_size(0x10) = 10
--5-- __builtin_new(7) = 0x80
--5-- free(0x10)
''')
        self.assertEqual(self.lines(path), 'a 0 10, m 1 64 8, a 2 7, f 0')
        self.assertEqual(self.notes(), [
            'lines of other processes, left out: 1',
            'the log has no summary at its end: it is cut short, or the '
            'program was killed'])
        self.assertEqual(self.lines(path, '--process', '6'), 'a 0 11')

    def test_realloc_to_nothing_in_valgrind(self) -> None:
        """Of 3.19, and of later ones, where it need not be a free."""
        path = self.written('x', '''\
--5-- malloc(1) = 0x10
--5-- malloc(2) = 0x20
--5-- realloc(0x10,0)free(0x10)
--5--  = 0
--5-- realloc(0x20,0) = 0x30
--5-- free(0x30)
''')
        self.assertEqual(self.lines(path), 'a 0 1, a 1 2, f 0, f 1, a 2 0, f 2')

    def test_first_heaptracks(self) -> None:
        """Version 0 has pointers; 1 and 2 strings without a length."""
        self.assertEqual(
            self.lines(self.written('x', 'v 10000\n+ 10 1 ff\n- ff\n')),
            'a 0 16, f 0')
        path = self.written('x', 'v 10100 2\ns main\na 10 0\n+ 0\n+ 0\n- 0\n')
        self.assertEqual(self.lines(path), 'a 0 16, a 1 16, f 0')

    def test_lines_of_mtrace_without_places(self) -> None:
        path = self.written('x', '= Start\n+ 0x10 0x8\n@ a b:(f+0x3)[0x4] '
                            '- 0x10\n@ [0x4] + (nil) 0x99\n= End\n')
        self.assertEqual(self.lines(path), 'a 0 8, f 0')
        self.assertEqual(self.notes(), ['calls that failed, left out: 1'])

    def test_a_log_packed_by_gzip(self) -> None:
        data = (FILES / 'churn.mtrace').read_bytes()
        self.assertEqual(self.ops(self.written('x', gzip.compress(data))),
                         as_malloc(churn(), 'cm'))

    @unittest.skipUnless(RECORDER.exists(), 'no build/release/record.so')
    def test_recording(self) -> None:
        ended = support.run(
            support.ROOT / 'tools/record', '-o', self.folder / 'ls.rep',
            '--keep', self.folder / 'raw', '--', 'ls', '/')
        self.assertEqual(ended.returncode, 0, support.account(ended))
        raw, = (self.folder / 'raw').glob('*.rec')
        self.assertEqual(self.ops(raw),
                         rep.read(str(self.folder / 'ls.rep')).ops)


class Lateness(unittest.TestCase):
    """Lines + begin at an address, lines - end there; names come back."""

    def setUp(self) -> None:
        self.notes: Counter[str] = Counter()
        self.addresses = late_ends.Addresses(self.notes)

    def names(self, signs: str) -> list[int]:
        """Which block each sign is of, by its number."""
        met: list[int] = []
        result = []
        for sign in signs:
            name = (self.addresses.begin if sign == '+'
                    else self.addresses.end)(64)
            if name not in met:
                met.append(name)
            result.append(met.index(name))
        return result

    def test_in_order(self) -> None:
        self.assertEqual(self.names('+-+-'), [0, 0, 0, 0])
        self.assertEqual(self.notes, {})

    def test_an_end_that_is_late(self) -> None:
        self.assertEqual(self.names('++--+-'), [0, 1, 0, 1, 0, 0])
        self.assertEqual(self.notes, {late_ends.NOTE: 1})

    def test_an_end_that_is_later_than_the_next(self) -> None:
        self.assertEqual(self.names('++-+--'), [0, 1, 0, 2, 1, 2])
        self.assertEqual(self.notes, {late_ends.NOTE: 2})

    def test_an_end_that_is_lost(self) -> None:
        """After some time the block that is too many is replaced."""
        self.names('++-')
        for _ in range(late_ends.MAX_LATENESS):
            self.addresses.begin(0)
        alias = self.addresses.begin(64)
        self.assertGreater(alias, 1 << 64)
        self.assertEqual(self.addresses.end(64), alias)
        self.assertEqual(self.addresses.begin(64), 64)
        self.assertEqual(self.notes, {})

    def test_an_end_of_nothing(self) -> None:
        self.assertEqual(self.addresses.end(64), 64)
        self.assertEqual(self.addresses.begin(0), 0)


class Cut(Converting):
    """A tool that was killed: what was there counts."""

    def cut(self, name: str) -> list[str]:
        """Notes of the file without its second half, amid a line."""
        data = (FILES / name).read_bytes()
        half = data.rindex(b'\n', 0, len(data) // 2) + 20
        path = self.written('cut', data[:half])
        self.assertEqual(len(rep.measure(self.ops(path)).seen) > 20, True)
        return self.notes()

    def test_logs(self) -> None:
        lost = r'line \d+ is cut short, left out'
        for name, *sentences in (
                ('churn.mtrace', lost),
                ('churn.ltrace', lost, 'the log does not say how the program '
                 'ended: it is cut short'),
                ('churn.valgrind', lost, 'the log has no summary at its end: '
                 'it is cut short, or the program was killed')):
            with self.subTest(name):
                notes = '\n'.join(self.cut(name))
                for sentence in sentences:
                    self.assertRegex(notes, f'(?m)^{sentence}$')

    def test_a_number_that_is_cut_is_not_another(self) -> None:
        path = self.written('x', '= Start\n@ a + 0x10 0x5\n@ a + 0x20 0x5')
        self.assertEqual(self.lines(path), 'a 0 5')

    def test_gzip(self) -> None:
        lines = b''.join(b'@ a + 0x%x 0x%x\n' % (i * 4096 + 16, i * i)
                         for i in range(20000))
        data = gzip.compress(b'= Start\n' + lines)
        ops = self.ops(self.written('x.gz', data[:len(data) // 2]))
        self.assertGreater(len(ops), 5000)
        self.assertEqual([op.size for op in ops],
                         [i * i for i in range(len(ops))])
        self.assertIn('the packed file is cut short: converted as far as it '
                      'goes', self.notes())

    @needs('zstd')
    def test_zstd(self) -> None:
        lines = ''.join(f'+ {i * i:x} 1 {i * 4096 + 16:x}\n'
                        for i in range(100000))
        path = self.written('x', 'v 10400 3\n' + lines)
        subprocess.run(['zstd', '-q', path], check=True)
        data = path.with_name('x.zst').read_bytes()
        ops = self.ops(self.written('y', data[:len(data) * 3 // 4]))
        self.assertGreater(len(ops), 10000)
        self.assertIn('the packed file is cut short: converted as far as it '
                      'goes', self.notes())

    def test_nothing_that_is_left(self) -> None:
        path = self.written('x.gz', gzip.compress(b'= Start\n')[:10])
        self.refused(f'{path}: nothing is packed in it, or it is cut short',
                     path)

    def test_a_trace_without_its_end(self) -> None:
        data = gzip.compress(MIXED.read_bytes())
        status, said = self.call('-o', self.folder / 'o.rep', self.written(
            'x.rep.gz', data[:len(data) * 3 // 4]))
        self.assertEqual(status, 2)
        self.assertIn('the packed file is cut short', said)
        self.assertIn('the header says', said)

    def test_realloc_of_mtrace(self) -> None:
        path = self.written('x', '= Start\n+ 0x10 0x8\n< 0x10\n')
        self.assertEqual(self.lines(path), 'a 0 8')
        self.assertEqual(self.notes(),
                         ['the log ends within a realloc, left out'])

    def test_call_of_valgrind(self) -> None:
        path = self.written('x', '--1-- malloc(8) = 0x10\n--1-- malloc(9)\n')
        self.assertEqual(self.lines(path), 'a 0 8')
        self.assertEqual(self.notes(), ['the log ends within a call, left out'])


class Malformed(Converting):
    def bad(self, text: str | bytes, sentence: str, *words: str) -> None:
        path = self.written('bad', text)
        self.refused(f'{path}{sentence}', *words, path)

    def test_mtrace(self) -> None:
        line = ('no line of mtrace: expected +, -, <, > or ! and an address')
        pair = 'a line with < and the one with > after it belong together'
        for text, sentence in (
                ('hello\n', line), ('@ a + 0x10\n', line),
                ('@ a - 0x10 0x20\n', line), ('@ a + 0xzz 0x1\n', line),
                ('@ a ? 0x10 0x20\n', line), ('@ a > 0x10 0x20\n', pair),
                ('@ a < 0x10\n@ a - 0x10\n', f'3: {pair}')):
            with self.subTest(text):
                number = '' if sentence[0] == '3' else '2: '
                self.bad(f'= Start\n{text}', f':{number}{sentence}')

    def test_ltrace(self) -> None:
        for text, sentence in (
                ('malloc(many) = 0x10', "'many' is not an integer"),
                ('malloc(10) = some', "'some' is not an integer"),
                ('calloc(10) = 0x10', 'calloc takes 2 arguments, not 1'),
                ('free() = <void>', "'' is not an integer"),
                ('malloc(10)', 'malloc has neither a result nor <unfinished '
                 '...>')):
            with self.subTest(text):
                self.bad(f'malloc(1) = 0x90\n{text}\n', f':2: {sentence}')
        self.bad('malloc(1 <unfinished ...>\n<... malloc resumed> huh\n',
                 ':2: malloc is resumed without a result')
        self.bad('puts("x") = 2\n', ': no call of malloc in it')

    def test_valgrind(self) -> None:
        for text, sentence in (
                ('malloc(many) = 0x1', "expected 1 number, found 'many'"),
                ('calloc(1) = 0x1', "expected 2 numbers, found '1'"),
                ('free()', "expected 1 number, found ''"),
                ('malloc(1) = 0x1 and more',
                 'expected NAME(NUMBERS) or = ADDRESS'),
                ('malloc(1', 'expected NAME(NUMBERS) or = ADDRESS')):
            with self.subTest(text):
                self.bad(f'==1== x\n--1-- {text}\n',
                         f':2: no line of --trace-malloc: {sentence}')
        self.bad('==1== Memcheck\n==1== All heap blocks were freed\n',
                 ': no call of malloc in it: was it written with '
                 '--trace-malloc=yes?')

    def test_heaptrack(self) -> None:
        for text, sentence in (
                ('+ 5\n', 'allocation info 5 was not declared'),
                ('a 10 0\n- 7\n', '3: allocation info 7 was not declared'),
                ('+ 1 2\n', "'+' does not take 2 numbers"),
                ('+ 1 2 xyz\n', "'xyz' is not a hexadecimal integer"),
                ('- \n', "'' is not a hexadecimal integer"),
                ('hello\n', "unknown line 'hello' in a file of heaptrack")):
            with self.subTest(text):
                number = '' if sentence[0] == '3' else '2: '
                self.bad(f'v 10400 3\n{text}', f':{number}{sentence}')
        self.bad('v 20000 4\n', ":1: version 4 of heaptrack's format; this "
                 'reads those to 3')

    def test_numbers_that_no_machine_has(self) -> None:
        """Each reader has its bounds, and none has as many digits as int()."""
        block = (f'a block of {1 << 47} bytes: at most {rep.MAX_SIZE} are '
                 'possible')
        align = f'an alignment of {1 << 47}: at most {1 << 46} is possible'
        digits, many = '7' * 23, '7' * 5000
        for head, text, sentence in (
                ('= Start', '+ 0x10 0x800000000000', block),
                ('= Start', f'+ 0x10 0x{digits}',
                 f'the number 0x{digits} is out of range'),
                ('= Start', f'- 0x{many}', None),
                ('v 10400 3', '+ -5 1 10', "'-5' is not a hexadecimal integer"),
                ('v 10400 3', '+ 800000000000 1 10', block),
                ('v 10400 3', f'- {digits}',
                 f'the number {digits} is out of range'),
                ('v 10400 3', f'+ {many} 1 10', None),
                ('malloc(1) = 0x9', 'malloc(140737488355328) = 0x10', block),
                ('malloc(1) = 0x9', 'memalign(140737488355328, 1) = 0x10',
                 align),
                ('malloc(1) = 0x9', 'calloc(65536, 2147483648) = 0x10', block),
                ('malloc(1) = 0x9', f'malloc({digits}) = 0x10',
                 f'the number {digits} is out of range'),
                ('malloc(1) = 0x9', f'free({many}) = <void>', None),
                ('==1== x', '--1-- malloc(140737488355328) = 0x10', block),
                ('==1== x', '--1-- memalign(al 140737488355328, size 1) = 0x1',
                 align),
                ('==1== x', f'--1-- free(0x{many})', None),
                ('9 1 1 1', f'a 0 {digits}',
                 f'the number {digits} is out of range'),
                ('9 1 1 1', f'a 0 {many}', None)):
            with self.subTest(text[:60]):
                shown = sentence or 'the number {0}... is out of range'.format(
                    ('0x' * ('0x' in text) + many)[:40])
                self.bad(f'{head}\n{text}\n', f':2: {shown}')

    def test_more_live_bytes_than_mdriver_counts(self) -> None:
        lines = (f'a {i} {rep.MAX_SIZE}\n' for i in range(1 << 16))
        self.bad(f'9 65538 65538 1\n{"".join(lines)}a 65536 65535\n'
                 'a 65537 1\n', f':65539: the live blocks add up to more than '
                 f'{(1 << 63) - 1} bytes')

    def test_as_many_zeros_as_mdriver_takes(self) -> None:
        zeros = '0' * 5000
        path = self.written('x', f'9 1 2 1\na {zeros} {zeros}8\nf 0\n')
        self.assertEqual(self.lines(path), 'a 0 8, f 0')

    def test_spaces_that_are_none_to_c(self) -> None:
        for space in '\x1c\x1d\x1e\x1f\x85\xa0':
            line = f'9 1 1 1\na 0{space}8\n'.encode('latin-1')
            self.bad(line, ":2: 'a' takes 2 numbers and perhaps a thread, not "
                     "1", '--from', 'rep')
        path = self.written('x', '9 1 1 1\n\v\n\ta\f0\r8\r\n')
        self.assertEqual(self.lines(path, '--from', 'rep'), 'a 0 8')

    def test_calls_that_failed_may_ask_for_anything(self) -> None:
        path = self.written('x', 'malloc(18446744073709551615) = 0\n'
                            'memalign(-1, 8) = 0\nmalloc(8) = 0x10\n')
        self.assertEqual(self.lines(path), 'a 0 8')
        self.assertIn('calls that failed, left out: 2', self.notes())

    def test_processes_are_names(self) -> None:
        """However many digits one has that is not asked for."""
        many = '7' * 5000
        path = self.written('x', f'=={many}== x\n--{many}-- malloc(1) = 0x1\n'
                            '--7-- malloc(8) = 0x10\n')
        self.assertEqual(self.lines(path, '--process', '7'), 'a 0 8')
        path = self.written('x', f'{many} malloc(1) = 0x1\n'
                            '7 malloc(8) = 0x10\n')
        self.assertEqual(self.lines(path, '--process', '7'), 'a 0 8')

    def test_a_fault_is_told_on_one_line(self) -> None:
        self.bad(b'malloc(1) = 0x9\nmalloc(\x1b[2J\r\x85m) = 0x10\n',
                 r":2: '\x1b[2J\r\x85m' is not an integer")

    def test_binary(self) -> None:
        def file(*records: tuple[int, int, int], weight: int = 1,
                 count: int | None = None, slots: int = 1) -> bytes:
            header = struct.pack(
                '<8sIIQQI28x', b'mmtrace\1', weight, 0, 1,
                len(records) if count is None else count, slots)
            return header + b''.join(struct.pack('<IIQ', *one)
                                     for one in records)

        alloc, free = (0, 0, 8), (1, 0, 0)
        for data, sentence in (
                (file()[:30], ': the file is cut short in its header'),
                (b'mmtrace\2' + file(alloc)[8:], ': it does not begin as the '
                 'binary form does'),
                (file(alloc, weight=4), ': the weight 4 is out of range 0..3'),
                (file(alloc, count=2), ': the file is cut short: the header '
                 'declares 2 operations, 1 are there'),
                (file(alloc, slots=3), ': the number of slots 3 is out of '
                 'range'),
                (file(alloc) + b'x', ': bytes after the last operation'),
                (file(alloc, (9, 0, 0)), ':2: an unknown operation'),
                (file(alloc, alloc),
                 ':2: the slot is allocated again while it is live'),
                (file(free), ':1: the slot is not live'),
                (file((2, 0, 8)), ':1: the slot is not live'),
                (file(alloc, (2, 0, 0)),
                 ':2: a block is resized to 0 bytes'),
                (file((2 << 4, 0, 8)), ':1: the slot is out of range'),
                (file((1 << 4 | 7, 0, 0)), ':1: the slot is out of range'),
                (file((5, 1 << 31, 1 << 40)), ':1: the size is over the limit'),
                (file((6, 47, 8)), ':1: the alignment is over the limit'),
                (file(), ': there is no operation in it')):
            with self.subTest(sentence):
                self.bad(data, sentence, '--from', 'binary')

    def test_rep(self) -> None:
        """What mdriver refuses, tools/convert does; and says the file's name,
        and but for what concerns the whole file a line."""
        for path in sorted((support.TESTS / 'malformed').glob('*.rep')):
            with self.subTest(path.name):
                status, said = self.call('-o', self.folder / 'x.rep', '--from',
                                         'rep', path)
                self.assertEqual(status, 2, said)
                whole = 'no-operations', 'empty', 'header-only-blank-lines'
                self.assertRegex(said, rf'{re.escape(str(path))}:' + (
                    '' if path.stem in whole else r'\d+: '))
                self.assertEqual(said.count('\n'), 1)

    def test_damaged(self) -> None:
        data = bytearray(gzip.compress(bytes(range(256)) * 999))
        data[60:70] = b'0123456789'
        path = self.written('x.gz', bytes(data))
        status, said = self.call('-o', self.folder / 'x.rep', '--from',
                                 'mtrace', path)
        self.assertEqual(status, 2)
        self.assertRegex(said, 'x.gz:(1: no line|.* the file is damaged)')

    @needs('zstd')
    def test_damaged_by_zstd(self) -> None:
        lines = ''.join(f'@ a + 0x{i * 16 + 16:x} 0x8\n' for i in range(99999))
        path = self.written('x', f'= Start\n{lines}')
        subprocess.run(['zstd', '-q', path], check=True)
        data = bytearray(path.with_name('x.zst').read_bytes())
        data[len(data) // 2:][:8] = data[-8:] = b'01234567'
        self.bad(bytes(data), ': the file is damaged: zstd cannot unpack it')


class Refused(Converting):
    def test_profiles(self) -> None:
        end = ', not the order of the calls: it cannot be replayed'
        sums = f'holds sums by call stack{end}'
        protobuf = self.written('x.pb.gz', gzip.compress(
            b'\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x12\x03'))
        for path, sentence in (
                (FILES / 'churn.massif', 'a profile of massif holds sizes of '
                 f'the heap at some moments{end}'),
                (FILES / 'churn.dhat', f'a profile of DHAT {sums}'),
                (FILES / 'churn.jemalloc', f'a pprof profile {sums}'),
                (protobuf, f'a pprof profile {sums}')):
            with self.subTest(path.name):
                self.refused(f'{path}: {sentence}', path)

    def test_unknown(self) -> None:
        for data, shown in ((b'#include <stdio.h>\n', "'#include <stdio.h>'"),
                            (b'\x7fELF\x02\xff', r"'\x7fELF\x02\ufffd'")):
            path = self.written('x', data)
            self.refused(f'{path}: no format that is known begins with '
                         f'{shown}; --from says which it is', path)
        path = self.written('x', '')
        self.refused(f'{path}: the file is empty', path)
        self.refused('/nowhere: No such file or directory', '/nowhere')
        self.refused(f'{support.TESTS}: Is a directory', support.TESTS)

    def test_processes_where_there_are_none(self) -> None:
        path = FILES / 'churn.mtrace'
        self.refused(f'{path}: a file of mtrace does not name processes: '
                     '--process is for others', '--process', '1', path)
        path = FILES / 'churn.valgrind'
        self.refused(f'{path}: no call of malloc by process 1 in it', path,
                     '--process', '1')
        path = FILES / 'churn.ltrace'
        self.refused(f'{path}: no call of malloc by process 1 in it', path,
                     '--process', '1')

    def test_a_link_stays_one(self) -> None:
        link = self.folder / 'link.rep'
        link.symlink_to(self.folder / 'target.rep')
        self.assertEqual(self.call('-o', link, SMALL)[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertTrue((self.folder / 'target.rep').exists())

    def test_a_pipe_that_closes(self) -> None:
        ended = support.run('sh', '-c', f'{support.ROOT}/tools/convert -o - '
                            f'--to chrome {MIXED} | head -1')
        self.assertEqual(ended.stdout, '{"displayTimeUnit": "ms",\n')
        self.assertNotIn('Traceback', ended.stderr)

    def test_output(self) -> None:
        for out, sentence in (
                ('x.txt', 'x.txt: no format\'s name ends so; --to says which '
                 'it is to be'),
                ('/nowhere/x.rep',
                 '/nowhere/x.rep: No such file or directory')):
            self.assertEqual(self.call('-o', out, SMALL),
                             (2, f'tools/convert: {sentence}\n'))
        status, said = self.call('-o', '/dev/full', '--to', 'rep', SMALL)
        self.assertEqual((status, said), (
            2, 'tools/convert: /dev/full: No space left on device\n'))

    def test_a_file_that_was_there_stays(self) -> None:
        kept = self.written('kept.rep', 'precious')
        self.assertEqual(self.call('-o', kept, FILES / 'churn.dhat')[0], 2)
        self.assertEqual(kept.read_text(), 'precious')

    def test_interrupted(self) -> None:
        """Ctrl-C while it waits for more: no traceback, nothing left."""
        pipe = self.folder / 'pipe'
        os.mkfifo(pipe)
        process = subprocess.Popen(
            [support.ROOT / 'tools/convert', '-o', self.folder / 'x.rep',
             '--from', 'mtrace', pipe], stderr=subprocess.PIPE, text=True)
        with open(pipe, 'w'):
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
        self.assertEqual((process.returncode, said), (130, ''))
        self.assertEqual(list(self.folder.iterdir()), [pipe])


# ---- Names, help, and what all share. ----

class Names(Converting):
    def test_of_output(self) -> None:
        for path, name in (
                ('a.rep', 'rep'), ('a.rep.gz', 'rep'), ('b/a.rep.zst', 'rep'),
                ('a.repb', 'binary'), ('massif.out.77', 'massif'),
                ('a.massif', 'massif'), ('heaptrack.ls.12.zst', 'heaptrack'),
                ('a.heaptrack.gz', 'heaptrack'), ('a.json', 'chrome'),
                ('a.folded', 'folded'), ('a.csv.gz', 'minimalloc')):
            self.assertEqual(formats.of_name(path).name, name)
        for path in 'rep', 'a.gz', 'a.txt', 'x.mtrace', 'massif/x':
            self.assertIsNone(formats.of_name(path))

    def test_each_input_is_told_by_its_content_alone(self) -> None:
        """And no other reader takes it for its own."""
        for path in FILES.glob('churn.*'):
            if path.suffix in ('.c', '.zst'):
                continue
            head = path.read_bytes()
            takers = [one.name for one in formats.FORMATS
                      if one.reader and one.reader.recognise(head)]
            name = path.suffix[1:].replace('jemalloc', 'pprof')
            self.assertEqual(takers, [name])

    def test_list(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(command.main(['--list']), 0)
        rows = [line.split() for line in out.getvalue().splitlines()[1:]]
        self.assertEqual({row[0] for row in rows if row[1] == 'yes'},
                         {'binary', 'recording', 'heaptrack', 'mtrace',
                          'valgrind', 'ltrace', 'rep', 'script'})
        self.assertEqual({row[0] for row in rows if row[2] == 'yes'},
                         {'binary', 'massif', 'heaptrack', 'rep', 'chrome',
                          'folded', 'minimalloc'})

    def test_usage(self) -> None:
        for words in [], ['-o', 'x.rep'], ['x'], [
                '-o', 'x', '--to', 'mtrace', 'y'], ['--list', 'x']:
            with self.assertRaises(SystemExit) as ended, \
                    contextlib.redirect_stderr(io.StringIO()):
                command.main(words)
            self.assertEqual(ended.exception.code, 2)

    def test_both_named(self) -> None:
        path = self.written('x', (FILES / 'churn.ltrace').read_text())
        self.assertEqual(self.ops(path, '--from', 'ltrace', '--to', 'rep'),
                         list(churn()))


class Tapes(unittest.TestCase):
    def test_ids_anew(self) -> None:
        one = checked_trace.CheckedTrace()
        one.extend([Op('a', 7, 1), Op('f', 7), Op('c', 7, 2, 3), Op('f', -1),
                    Op('r', 7, 9), Op('r', 3, 4), Op('r', 7, 0)])
        self.assertEqual(', '.join(map(rep.render, one)),
                         'a 0 1, f 0, c 1 3 2, f -1, r 1 9, r 2 4, r 1 0')
        self.assertEqual((len(one), one.account.ids, one.peak_at), (7, 3, 6))

    def test_what_cannot_be(self) -> None:
        for ops in ([Op('f', 0)], [Op('a', 0, 1), Op('f', 0), Op('f', 0)],
                    [Op('a', 0, 1), Op('a', 0, 1)],
                    [Op('a', 0, rep.MAX_SIZE + 1)],
                    [Op('a', 5, 1), Op('f', 0)]):
            with self.assertRaises(rep.RepError):
                checked_trace.CheckedTrace().extend(ops)

    def test_moments(self) -> None:
        """Few, even, with the peak and the end among them."""
        one = checked_trace.CheckedTrace()
        one.extend([*(Op('a', i, 5) for i in range(700)), Op('a', 999, 9999),
                    Op('f', 999), *(Op('f', i) for i in range(300))])
        found = moments.moments(one, WriteOptions('x'), 50)
        self.assertTrue(25 < len(found) <= 50)
        self.assertIn((701, 3500 + 9999, 0), found)
        self.assertEqual(found[-1], (1002, 2000, 0))
        known = WriteOptions('x', 'mm', [(1, 100), (700, 90000), (1002, 70000)])
        self.assertEqual(moments.moments(one, known, 50), [
            (1, 5, 95), (700, 3500, 86500), (1002, 2000, 68000)])


# ---- Live: program, tool, trace; and our own recorder's of the same. ----

@unittest.skipUnless(shutil.which('gcc'), 'no gcc')
class Live(Converting):
    def setUp(self) -> None:
        super().setUp()
        self.program = make.build('churn.c', self.folder)

    def log(self, tool: Any, name: str, *options: str) -> Path:
        path = self.folder / name
        tool(self.program, path, *options)
        if not path.exists() or not path.stat().st_size:
            self.skipTest(f'{tool.__name__} wrote nothing here')
        return path

    @unittest.skipUnless(RECORDER.exists(), 'no build/release/record.so')
    def test_recorder(self) -> None:
        """What the others are compared with is what our recorder sees."""
        path = self.folder / 'ours.rep'
        ended = support.run(support.ROOT / 'tools/record', '-o', path, '--',
                            self.program)
        self.assertEqual(ended.returncode, 0, support.account(ended))
        self.assertEqual(rep.read(str(path)).ops, list(churn()))

    def test_mtrace(self) -> None:
        if not make.run(self.program, './churn', LD_PRELOAD=make.DEBUG) == '':
            self.skipTest(f'no {make.DEBUG} here')
        self.assertEqual(self.ops(self.log(make.mtrace, 'x')),
                         as_malloc(churn(), 'cm'))

    @needs('ltrace')
    def test_ltrace(self) -> None:
        self.assertEqual(self.ops(self.log(make.ltrace, 'x')), list(churn()))

    @needs('valgrind')
    def test_valgrind(self) -> None:
        self.assertEqual(self.ops(self.log(make.valgrind, 'x')), list(churn()))

    @needs('heaptrack', 'zstd')
    def test_heaptrack(self) -> None:
        path = self.log(make.heaptrack, 'x.raw.zst')
        self.assertEqual(after_pool(self.ops(path)),
                         without_realloc(churn()))

    @needs('heaptrack', 'zstd')
    def test_threads_of_heaptrack(self) -> None:
        """Ends that are logged late: all is freed, and nothing unknown is."""
        self.program = make.build('threads.c', self.folder)
        ops = self.ops(self.log(make.heaptrack, 'x.raw.zst', '3000'))
        sizes = Counter(op.size for op in ops if op.kind == 'a')
        self.assertEqual(sizes[50000], 3 * 1000)
        self.assertEqual([sizes[2000 + i] for i in range(8)], [3 * 375] * 8)
