"""What has changed: mdriver --baseline and --fail-if, and tools/compare."""
from __future__ import annotations

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import samples
import support
from support import account, in_release_only, mdriver, mdriver_json, run

in_release_only('one build is enough')

from malloclab import versions

LIMITS = 'util<-0.5%,instructions>+1%'
LOOP = 'for (volatile int i = 0; i < 20; i++);'
TELL = '''
#include <stdio.h>
#include <time.h>
static inline void tell(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    fprintf(stderr, "%ld%09ld\\n", t.tv_sec, t.tv_nsec);
}
'''


def result(**fields: Any) -> dict[str, Any]:
    """One of the results in a file of --json."""
    return {'allocator': 'plain', 'trace': 'every.rep', 'verdict': 'ok',
            **fields}


class Compared(samples.Samples):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.plain = cls.build('plain')

    def compare(self, b: Path, *words: str | Path, status: int,
                ) -> dict[str, Any]:
        done, report = mdriver_json(
            '--allocator', f'a={self.plain},b={b}', '--baseline', 'a',
            '--no-timing', '--count', '--fail-if', LIMITS, *words, self.every)
        self.assertEqual(done.returncode, status, account(done))
        self.said = done.stdout
        return report['comparison']

    def old(self, *results: dict[str, Any]) -> Path:
        return self.write('old.json', json.dumps({'results': results}))


class InOneRun(Compared):
    def test_the_same_again(self) -> None:
        changes = self.compare(self.plain, status=0)
        self.assertEqual(changes['regressions'], [])
        for row in changes['differences']:
            for metric in 'util', 'instructions':
                self.assertEqual(row[metric]['change'], 0)

    def test_instructions(self) -> None:
        changes = self.compare(self.build('slow', LOOP), status=1)
        self.assertEqual([(one['allocator'], one['trace'], one['limit'])
                          for one in changes['regressions']],
                         [('b', None, 'instructions>+1%')])
        self.assertIn('regression: b: mean: instructions>+1%: +', self.said)

    def test_utilization(self) -> None:
        markdown = self.folder / 'changes.md'
        changes = self.compare(self.build('large', 'mem_sbrk(4096);'),
                               '--markdown', markdown, status=1)
        self.assertEqual([one['limit'] for one in changes['regressions']],
                         ['util<-0.5%', 'instructions>+1%'])
        lines = markdown.read_text().splitlines()
        self.assertEqual(lines[0], '### b against a')
        self.assertEqual([line.split('|')[1].strip() for line in lines
                          if line.startswith('| ')],
                         ['trace', 'every.rep', 'mean'])
        self.assertIn('- regression: b: mean: util<-0.5%: -', markdown
                      .read_text())

    def test_a_fault_is_worse_than_a_limit(self) -> None:
        """No trace is left to compare: that is no wrong input."""
        wrong, markdown = self.build('wrong', 'return 0;'), self.folder / 'w.md'
        self.compare(wrong, '--markdown', markdown, status=1)
        self.assertRegex(markdown.read_text(),
                         r'(?m)^- b: null: every.rep:\d+: ')

    def test_a_bar_ends_no_cell(self) -> None:
        markdown = self.folder / 'bar.md'
        path = self.folder / 'a|b.rep'
        path.write_bytes(Path(self.every).read_bytes())
        self.compare(self.plain, '--markdown', markdown, path, status=0)
        self.assertIn('\n| a\\|b.rep | ', markdown.read_text())

    def test_times_are_of_the_same_rounds(self) -> None:
        done, report = mdriver_json(
            '--allocator', f'a={self.plain},b={self.plain}', '--baseline',
            'a', '--reps', '7', self.every)
        time = report['comparison']['differences'][0]['time']
        self.assertLessEqual(time['low'], time['change'])
        self.assertLessEqual(time['change'], time['high'])

    def test_who_comes_second_changes(self) -> None:
        """Every other round goes backwards. A timed replay of a short trace is
        the second of two, and others come alone; libc and no allocator are the
        fourth and the fifth."""
        library = self.build('clock', init='tell();', flags=(
            '-include', self.write('tell.h', TELL).as_posix()))
        done = mdriver('--allocator', ','.join(f'{name}={library}'
                                               for name in 'abc'),
                       '--reps', '6', self.every)
        told = re.findall(r'^\[([abc])\] (\d+)$', done.stderr, re.M)
        names = ''.join(name for name, _ in
                        sorted(told, key=lambda one: int(one[1])))
        turns = [[(number + first) % 5 for number in range(5)]
                 for first in range(7)]
        expected = [turn if number % 2 == 0 else [4 - one for one in turn]
                    for number, turn in enumerate(turns)]
        self.assertEqual(re.findall(r'(.)\1', names),
                         ['abc'[one] for turn in expected for one in turn
                          if one < 3])

    def test_few_rounds_tell_nothing(self) -> None:
        done = mdriver('--allocator', f'a={self.plain},b={self.plain}',
                       '--baseline', 'a', '--reps', '5', '--fail-if',
                       'time>+3%', self.every)
        self.assertEqual((done.returncode, done.stderr),
                         (2, 'mdriver: --fail-if time>+3%: b and a do not both '
                          'have it (by six rounds or more: --reps)\n'))


class WithAFile(Compared):
    def judged(self, limits: str, *old: dict[str, Any], status: int = 0
               ) -> str:
        how = ['--reps', '7'] if 'time' in limits else ['--no-timing']
        return self.good('--allocator', f'plain={self.plain}', '--baseline',
                         self.old(*old), '--fail-if', limits, *how, self.every,
                         status=status).stdout

    def test_what_this_run_has(self) -> None:
        done, report = mdriver_json('--allocator', f'plain={self.plain}',
                                    '--no-timing', '--count', self.every)
        path = self.write('own.json', json.dumps(report))
        self.good('--allocator', f'other={self.plain}', '--no-timing',
                  '--count', '--baseline', path, '--fail-if',
                  f'{LIMITS},any.instructions>+0.1%', self.every)

    def test_times_are_relative_to_libc(self) -> None:
        """So certain that no load of the machine changes it."""
        for ratio, status in (1e-6, 0), (1e6, 1):
            spread = {'median': ratio, 'low': ratio / 1.1, 'high': ratio * 1.1}
            old = result(ns_per_op=spread, ratio_to_libc_spread=spread)
            said = self.judged('time>+3%,any.time>+3%', old, status=status)
            self.assertEqual(said.count('regression: plain: '), 2 * status)

    def test_a_limit_within_the_interval_is_not_exceeded(self) -> None:
        spread = {'median': 1e6, 'low': 1e-9, 'high': 2e6}
        self.judged('time>+3%', result(ns_per_op=spread,
                                       ratio_to_libc_spread=spread))

    def test_what_cannot_be_decided_does_not_pass(self) -> None:
        self.judged('instructions>+1%', result(utilization=0.5), status=2)
        self.judged('util<-1%', result(trace='other.rep'), status=2)
        self.judged('util<-1%', result(verdict='crashed', utilization=0.5),
                    status=2)

    def test_traces_that_one_alone_has_are_left_out(self) -> None:
        more = self.write('more.rep', samples.EVERY)
        old = self.old(result(utilization=0.01),
                       result(trace='other.rep', utilization=1))
        done = self.good('--allocator', f'plain={self.plain}', '--no-timing',
                         '--baseline', old, '--fail-if', 'util<-50%',
                         self.every, more)
        self.assertNotIn('other.rep', done.stdout.split('against')[1])
        for note in ('more.rep is not in it for plain: not compared',
                     '1 of its 2 results are of traces that are not replayed '
                     'now, such as other.rep'):
            self.assertIn(f'{old}: note: {note}\n', done.stderr)

    def test_an_allocator_that_is_not_in_it(self) -> None:
        old = self.old(result(utilization=0.5), result(allocator='second'))
        words = ('--allocator', f'new={self.plain},plain={self.plain}',
                 '--no-timing', '--baseline', old, self.every)
        done = self.good(*words)
        self.assertIn(f'{old}: note: every.rep is not in it for new: not '
                      'compared\n', done.stderr)
        self.refused(f'{old}: it has none of these traces for new, so --fail-if '
                     'cannot tell', *words, '--fail-if', 'util<-1%')


class Refusals(Compared):
    def test_limits(self) -> None:
        for limits in ('', 'util', 'util>1%', 'time<-1%', 'time>3', 'speed>1%',
                       'time>3%,', 'time>nan%', 'time>0x1p3%',
                        'all.time>3%'):
            self.refused(f"mdriver: --fail-if takes up to 16 conditions such "
                         "as util<-0.5%,time>+3%,any.instructions>+1%, not "
                         f"'{limits}'", '--baseline', self.old(), '--fail-if',
                         limits, self.every)

    def test_files(self) -> None:
        for text, said in (('', '1: the JSON text is cut short'),
                           ('[]', '1: expected an object with results'),
                           ('{}', ' not what mdriver --json writes: it has no '
                            '"results"'),
                           ('{"results": [0]}', '1: not what mdriver --json '
                            'writes: a result has no "allocator"'),
                           ('{"schema": 2,\n"results": []}', '1: its schema is '
                            '2; here it is 1'),
                           ('{"results": [],\n"results": []}', '2: the key '
                            '"results" stands twice')):
            path = self.write('bad.json', text)
            self.refused(f'{path}:{said}', '--baseline', path, self.every)
        self.refused('nonesuch: cannot read it: No such file or directory',
                     '--baseline', 'nonesuch', self.every)

    def test_figures_that_are_none(self) -> None:
        for key, values in (('utilization', ('0.9', -1, 1.5, True, [])),
                            ('instructions_per_op', (-5, '94', 1e19)),
                            ('ns_per_op', (3, {'median': '7'}))):
            for value in values:
                with self.subTest(key, value=value):
                    old = self.old(result(**{key: value}))
                    done = self.good('--baseline', old, self.every, status=2)
                    self.assertRegex(
                        done.stderr, rf'^{old}:1: not what mdriver --json '
                        r'writes: no (figure|object) is "\w+"\n$')
        self.refused(f'{self.old(result(verdict="fine"))}:1: not what mdriver '
                     '--json writes: there is no verdict "fine"', '--baseline',
                     self.folder / 'old.json', self.every)

    def test_other_traces_of_the_same_name(self) -> None:
        for ops, peak in ((len(samples.EVERY), 1), (1, None)):
            old = self.old(result(ops=ops, peak_payload=peak))
            done = self.good('--baseline', old, self.every, status=2)
            self.assertRegex(done.stderr, rf'^{old}:1: every.rep was another '
                             rf'trace: of {ops} operations and a peak payload of '
                             r'\d+ bytes, not \d+ and \d+\n$')

    def test_another_alignment(self) -> None:
        old = self.write('old.json', json.dumps({'align': 8, 'results': []}))
        self.refused(f'{old}: it was judged with --align 8, not 16',
                     '--baseline', old, self.every)

    def test_two_results_of_one_trace(self) -> None:
        old = self.old(result(), result(utilization=0.5))
        self.refused(f'{old}:1: plain has a result of every.rep in line 1, too',
                     '--baseline', old, self.every)

    def test_options(self) -> None:
        self.refused('mdriver: --fail-if is of what --baseline compares',
                     '--fail-if', LIMITS, self.every)
        self.refused('mdriver: --baseline mm: there is no other allocator to '
                     'compare with it', '--baseline', 'mm', self.every)


SOURCE = '''\
#define GROWTH 4096 /* bytes */
/* An enum { CUTOFF = 9 } of old. */
enum { FIRST, CUTOFF = 8 * (1 + 2), LAST = CUTOFF };
static const size_t limit = 64;
'''


class Versions(unittest.TestCase):
    def test_constants(self) -> None:
        text = versions.with_constants(
            SOURCE, {'GROWTH': '1 << 16', 'CUTOFF': '32', 'limit': '7',
                     'LAST': '2'}, 'mm.c')
        self.assertEqual(text, SOURCE.replace('4096', '1 << 16')
                         .replace('8 * (1 + 2)', '32').replace('64', '7')
                         .replace('LAST = CUTOFF', 'LAST = 2'))

    def test_what_is_no_constant(self) -> None:
        for name in 'FIRST', 'NONE', 'size_t':
            with self.assertRaisesRegex(versions.VersionError,
                                        f'mm.c: it has no constant {name}: '):
                versions.value_of(SOURCE, name, 'mm.c')
        with self.assertRaisesRegex(versions.VersionError,
                                    'mm.c: GROWTH gets a value in lines 1 and '
                                    '5'):
            versions.value_of(SOURCE + '#define GROWTH 1\n', 'GROWTH', 'mm.c')

    def test_constants_of_the_lab(self) -> None:
        for path, name, value in (('mm.c', 'MAX_PROBES', '3'),
                                  ('variants/tlsf.c', 'LOG_COLUMNS', '4'),
                                  ('variants/segregated.c', 'MAX_PROBES',
                                   '64')):
            text = (support.ROOT / path).read_text()
            begin, end = versions.value_of(text, name, path)
            self.assertEqual(text[begin:end], value)


class Revisions(unittest.TestCase):
    """Two revisions of one file, with a header."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.source = self.folder / 'mine.c'
        self.commit('#define BEFORE\n')
        self.commit(f'#define BEFORE {LOOP}\n')

    def commit(self, header: str) -> None:
        (self.folder / 'own.h').write_text(header)
        self.source.write_text('#include "own.h"\n#define INIT\n' +
                               samples.ALLOCATOR)
        for words in (('init', '-q'), ('add', '.'),
                      ('-c', 'user.name=x', '-c', 'user.email=x', 'commit',
                       '-qm', 'x')):
            subprocess.run(['git', '-C', self.folder, *words], check=True)

    def test_a_regression_is_named(self) -> None:
        done = run('tools/compare', f'{self.source}@HEAD~1', self.source,
                   '-f', 'tests/traces/small.rep', '--fail-if', LIMITS, '--',
                   '--no-timing', cwd=support.ROOT)
        self.assertEqual(done.returncode, 1, account(done))
        self.assertIn(f'\nregression: {self.source}: mean: instructions>+1%: +',
                      done.stdout)

    def test_what_is_not_there(self) -> None:
        for given, said in (
                ('nonesuch.c', 'nonesuch.c: No such file or directory'),
                (f'{self.source}@none', f'{self.source}: there is no revision '
                 'none'),
                (f'{self.source}@--help', f'{self.source}: there is no '
                 'revision --help'),
                (f'{self.folder}/none.c@HEAD', f'{self.folder}/none.c: it is '
                 'not in revision HEAD')):
            with tempfile.TemporaryDirectory() as place, \
                    self.assertRaises(versions.VersionError) as raised:
                versions.fetch(given, Path(place))
            self.assertEqual(str(raised.exception), said)


class CommandLine(unittest.TestCase):
    def test_what_is_wrong_is_one_line(self) -> None:
        for words, said in (
                (('mm', 'mm'), 'A and B are both mm'),
                (('mm', 'tlsf', '--fail-if', ''), 'argument --fail-if: it is '
                 'empty'),
                (('mm', 'tlsf', '--json', ''), 'argument --json: it is empty'),
                (('mm', ''), 'argument B: it is empty'),
                (('mm', 'tlsf', '--', '--baseline=x'), '--baseline is what A '
                 'and B are for'),
                (('mm', 'tlsf', '--', '--allocator', 'x'), '--allocator is '
                 'what A and B are for')):
            with self.subTest(words):
                done = run(support.ROOT / 'tools/compare', *words)
                self.assertEqual((done.returncode, done.stdout, done.stderr),
                                 (2, '', f'tools/compare: error: {said}\n'))

    def test_a_folder_with_an_at(self) -> None:
        self.assertTrue(versions.is_source('/home/me@corp/mm.c'))
        self.assertTrue(versions.is_source('mm.c@HEAD~3'))
        self.assertTrue(versions.is_source('mm.c@origin/main'))
        self.assertFalse(versions.is_source('libjemalloc.so.2'))
