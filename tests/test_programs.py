"""tools/programs: it has to find allocators and programs that are wrong."""
from __future__ import annotations

import csv
import functools
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import (BUILD, ROOT, TESTS, Finished, account, in_release_only,
                     run, wait_until)

from malloclab.programs import (
    benching, command, comparing, running, suite)
from malloclab.programs.running import Result
from malloclab.programs.suite import Program

in_release_only('preloads are of release only')

SOURCE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    char *text = malloc(8);

    strcpy(text, "third");
    text = realloc(text, 4242);
    puts("first\\nsecond");
    puts(text);
    return 0;
}
"""
# What realloc does to the program above, and only to it.
WRONG = {
    'sound': '',
    'damages': 'new[0] ^= 1;',
    'segfaults': '*(volatile char *)8 = 1;',
    'aborts': 'abort();',
    'exits': '_exit(3);',
    'hangs': 'for (;;) pause();',
    'greedy': 'memset(__libc_malloc(64 << 20), 1, 64 << 20);',
    'slow': 'while (clock() < CLOCKS_PER_SEC * 3 / 10) {}',
}
WRAPPER = """
#include "wrong.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void *realloc(void *block, size_t size)
{
    char *new = __libc_realloc(block, size);

    if (size == 4242) { %s }
    return new;
}
"""
# The tool with programs of ours. SIGINT may be ignored where tests run.
DRIVER = """
import signal, sys
sys.path.insert(0, {tools!r})
from malloclab.programs import command, running, suite
from malloclab.programs.suite import Program
signal.signal(signal.SIGINT, signal.default_int_handler)
suite.SUITE = {suite!r}
running.LISTING = 1.0
sys.exit(command.main(sys.argv[1:]))
"""
KEYS = ['program', 'allocator', 'outcome', 'details']


def compiled(target: Path, text: str, *flags: str) -> Path:
    source = target.with_suffix('.c')
    source.write_text(text)
    subprocess.run(['cc', '-O0', '-w', '-D_GNU_SOURCE', '-I',
                    str(TESTS / 'runtime/bad'), '-o', str(target),
                    str(source), *flags], check=True)
    return target


def processes_with(text: str) -> list[str]:
    """Commands of those that have it in their environment."""
    found = []
    for path in Path('/proc').glob('[0-9]*'):
        try:
            if text.encode() in (path / 'environ').read_bytes():
                found.append((path / 'cmdline').read_text())
        except OSError:
            pass
    return found


@functools.cache
def victim_and_wrong() -> tuple[Path, dict[str, str]]:
    """Compiled once for all classes: a program, and allocators by their names."""
    kept = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(kept.cleanup)
    folder = Path(kept.name).resolve()
    return compiled(folder / 'victim', SOURCE), {
        name: str(compiled(folder / f'{name}.so', WRAPPER % code, '-shared',
                           '-fPIC')) for name, code in WRONG.items()}


class Workshop(unittest.TestCase):
    """A folder with a program, allocators that are wrong, and the tool."""
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        cls.kept = tempfile.TemporaryDirectory()
        cls.root = Path(cls.kept.name).resolve()
        cls.main, cls.preload = victim_and_wrong()
        cls.victim = cls.program('victim', str(cls.main))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.kept.cleanup()

    def setUp(self) -> None:
        self.temporary = Path(tempfile.mkdtemp(dir=self.root))

    @classmethod
    def program(cls, name: str, script: str, prepare: tuple[str, ...] = (),
                main: str = '', package: str = 'package',
                threads: bool = False) -> Program:
        return Program(name, f'{name} in short',
                       ((main or str(cls.main), package),), prepare, script,
                       threads)

    def command(self, suite: tuple[Program, ...],
                *words: str | Path) -> list[str]:
        driver = self.root / 'driver.py'
        driver.write_text(DRIVER.format(tools=str(ROOT / 'tools'),
                                        suite=suite))
        return [sys.executable, '-B', str(driver), *map(str, words)]

    def environment(self) -> dict[str, str]:
        variables = {**os.environ, 'TMPDIR': str(self.temporary)}
        variables.pop('LD_PRELOAD', None)
        return variables

    def nothing_is_left(self) -> None:
        """Neither processes, which know the folder, nor files."""
        wait_until(lambda: not processes_with(str(self.temporary)))
        self.assertEqual(list(self.temporary.iterdir()), [])

    def tool(self, suite: tuple[Program, ...], *words: str | Path,
             status: int = 0) -> Finished[str]:
        finished = run(*self.command(suite, *words), cwd=self.root,
                       env=self.environment())
        self.assertEqual(finished.returncode, status, account(finished))
        self.nothing_is_left()
        return finished

    def names(self, *names: str) -> str:
        """A list for --allocator."""
        return ','.join(self.preload.get(name, name) for name in names)

    def interrupted(self, suite: tuple[Program, ...], *words: str | Path,
                    wait_for: str, number: int = signal.SIGINT) -> str:
        """What it still prints after a signal once it has said that."""
        with subprocess.Popen(
                self.command(suite, *words), text=True, cwd=self.root,
                env=self.environment(), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE) as process:
            for line in process.stderr:
                if wait_for in line:
                    break
            process.send_signal(number)
            try:
                out, err = process.communicate()
            finally:
                process.kill()
        self.assertEqual((process.returncode, err), (130, ''))
        self.nothing_is_left()
        return out

    def refuses(self, pattern: str, *words: str | Path,
                suite: tuple[Program, ...] | None = None) -> None:
        """One line, and nothing is run."""
        finished = self.tool(suite or (self.victim,), *words, status=2)
        self.assertEqual(finished.stdout, '')
        self.assertRegex(finished.stderr, f'^tools/programs: {pattern}\n$')


class Test(Workshop):
    """The command `test`."""

    def outcome(self, name: str, *more: str, status: int = 1) -> str:
        """What is said of the victim under that allocator."""
        finished = self.tool((self.victim,), 'test', '-a', self.preload[name],
                             *more, status=status)
        self.assertIn(f'[1/1] victim on {self.preload[name]}: ',
                      finished.stderr)
        start = f'victim on {self.preload[name]}: '
        return '\n'.join(line.removeprefix(start) for line
                         in finished.stdout.splitlines()
                         if line.startswith(start))

    # ---- Allocators that are wrong. ----

    def test_other_output(self) -> None:
        self.assertEqual(self.outcome('damages'),
                         "differs line 3 is 'uhird', not 'third'")

    def test_a_crash(self) -> None:
        self.assertRegex(self.outcome('segfaults'), '^crashed SIGSEGV$')
        self.assertRegex(self.outcome('aborts'), '^crashed SIGABRT$')

    def test_a_crash_of_one_of_its_processes(self) -> None:
        program = self.program('victim', f'{self.main}; :')
        out = self.tool((program,), 'test', '-a', self.preload['aborts'],
                        status=1).stdout
        self.assertRegex(out, r'crashed SIGABRT: .*Aborted')

    def test_an_exit(self) -> None:
        self.assertEqual(self.outcome('exits'), 'failed exit 3')

    def test_a_hang(self) -> None:
        self.assertEqual(self.outcome('hangs', '--time-limit', '0.7',
                                      status=0), 'too slow')

    def test_a_sound_one(self) -> None:
        self.assertEqual(self.outcome('sound', status=0), '')

    def test_each_has_its_place_in_the_table(self) -> None:
        names = ('sound', 'damages', 'aborts', 'exits', 'hangs', 'libc')
        out = self.tool((self.victim,), 'test', '--time-limit', '5',
                        '-a', self.names(*names), status=1).stdout
        rows = [line.split() for line in out.splitlines()[:7]]
        self.assertEqual(rows[0], ['victim'])
        cells = ['same', 'DIFFERS', 'CRASHED', 'FAILED', 'slow', 'same']
        self.assertEqual(rows[1:], [[self.preload.get(name, name), cell]
                                    for name, cell in zip(names, cells)])
        self.assertEqual(out.splitlines()[-1], '2 same, 1 too slow, '
                         '1 differs, 1 crashed, 1 failed')

    # ---- Programs that cannot be compared. ----

    def reference_says(self, program: Program, pattern: str,
                       status: int = 1, *more: str) -> None:
        out = self.tool((program, self.victim), 'test', '-a',
                        self.preload['sound'], *more, status=status).stdout
        self.assertRegex(out, pattern)
        self.assertRegex(out, r'(?m)^\S+sound.so +- +same$')

    def test_a_program_that_fails_under_libc(self) -> None:
        self.reference_says(self.program('p', 'echo because >&2; exit 3'),
                            '(?m)^p on libc: failed exit 3: because$')

    def test_a_pipe_of_which_a_part_fails(self) -> None:
        self.reference_says(self.program('p', 'false | cat; echo'),
                            '(?m)^p on libc: failed exit 1$')

    def test_a_program_that_hangs_under_libc(self) -> None:
        self.reference_says(self.program('p', 'sleep 300 | cat'),
                            '(?m)^p on libc: too slow$', 0,
                            '--time-limit', '5')

    def test_a_program_that_leaves_others_behind(self) -> None:
        program = self.program('p', 'sleep 300 & echo fine')
        self.tool((program,), 'test', '-a', 'libc')

    def not_loaded(self, main: Path, preload: str, pattern: str) -> None:
        program = self.program('p', str(main), main=str(main))
        out = self.tool((program,), 'test', '-a', preload, status=1).stdout
        self.assertRegex(out, f' NOT LOADED\np on {preload}: not loaded '
                         f'{pattern}\n')

    def linked_statically(self, name: str, text: str) -> Path:
        try:
            return compiled(self.root / name, text, '-static')
        except subprocess.CalledProcessError:
            self.skipTest('no static C library here')

    def test_a_program_that_is_linked_statically(self) -> None:
        main = self.linked_statically('static', SOURCE)
        self.not_loaded(main, self.preload['sound'],
                        f'{main} keeps its own malloc')

    def test_a_static_one_that_waits_when_it_is_asked(self) -> None:
        main = self.linked_statically('server', '#include <unistd.h>\n'
                                      'int main(int c, char **v) '
                                      '{ return c > 1 || pause(); }')
        program = self.program('p', f'{main} word || :', main=str(main))
        out = self.tool((program,), 'test', '-a', self.preload['sound'],
                        status=1).stdout
        self.assertIn('keeps its own malloc', out)

    def test_an_allocator_that_the_loader_refuses(self) -> None:
        path = self.root / 'foreign.so'
        data = bytearray(Path(self.preload['sound']).read_bytes())
        data[18] = 2  # of the machine in the header: SPARC
        path.write_bytes(data)
        self.not_loaded(self.main, str(path), 'ERROR: ld.so: .*ignored.*')

    def test_a_program_that_is_not_installed(self) -> None:
        """Nor is its input made, for which it may be needed."""
        program = self.program('p', 'no-such', ('no-such',), 'no-such',
                               'its-package')
        finished = self.tool((self.victim, program), 'test', '-a', 'libc')
        self.assertEqual(finished.stdout.splitlines(), [
            '      victim  p', 'libc  same    -',
            'p: skipped, not installed: its-package',
            '1 same, 0 failed, 1 skipped'])
        self.assertIn('[1/1] victim on libc: same', finished.stderr)

    def test_what_libc_prints_is_that_of_libc(self) -> None:
        program = self.program('p', 'cat /proc/self/maps | grep -c sound.so '
                               '|| :')
        out = self.tool((program,), 'test', '-a', self.preload['sound'],
                        status=1).stdout
        self.assertRegex(out, r"differs line 1 is '[1-9]', not '0'")

    # ---- How it is run. ----

    def test_input_and_folder(self) -> None:
        """Made once for those that share it, and an empty folder each."""
        script = 'cat "$INPUT/x"; touch "x$(ls | wc -l)"; ls'
        make = ('echo made >>"$INPUT/x"',)
        suite = tuple(self.program(name, script, make) for name in 'ab')
        keep = self.root / 'kept'
        self.tool(suite, 'test', '-a', self.names('sound', 'libc'), '--keep',
                  keep)
        for path in ('a/reference', 'b/reference', 'a/libc', 'b/libc'):
            self.assertEqual((keep / path / 'stdout').read_text(),
                             'made\nx0\n')
            self.assertTrue((keep / path / 'work/x0').exists())

    def test_names_that_are_given_twice(self) -> None:
        out = self.tool((self.victim,), 'test', 'victim', 'victim', '-a',
                        'libc,libc').stdout
        self.assertEqual(out, '      victim\nlibc  same\n1 same, 0 failed\n')

    def test_paths_that_are_alike(self) -> None:
        for name in ('x/y.so', 'x_y.so'):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(self.preload['sound'], self.root / name)
        self.tool((self.victim,), 'test', '-a', f'{self.root}/x/y.so,'
                  f'{self.root}/x_y.so')

    def test_all_leaves_out_those_that_keep_everything(self) -> None:
        finished = self.tool((self.victim,), 'test', '-a', 'all')
        names = [line.split()[0] for line in finished.stdout.splitlines()[1:-1]]
        built = {path.stem for path in (BUILD / 'preload').glob('*.so')}
        self.assertEqual(set(names), built - {'naive', 'bump'})
        self.assertEqual(names[0], 'mm')

    def test_a_handin_is_built_once(self) -> None:
        """Not again while a program runs on it."""
        self.addCleanup(running.preload_of.cache_clear)
        source = str(TESTS / 'handin/cmu.c')
        with mock.patch.object(running.run.handin, 'build',
                               return_value=Path('x.so')) as build:
            names = command.allocator_list(source, [])
            self.assertEqual(running.preload_of(names[0]), 'x.so')
        self.assertEqual(build.call_count, 1)

    # ---- Files. ----

    def test_json_and_csv(self) -> None:
        names = ('sound', 'damages')
        files = self.root / 't.json', self.root / 't.csv'
        absent = self.program('p', '', main='no-such')
        self.tool((self.victim, absent), 'test', '-a', self.names(*names),
                  '--json', files[0], '--csv', files[1], status=1)
        rows = json.loads(files[0].read_text())['rows']
        self.assertEqual([[row[key] for key in KEYS] for row in rows], [
            ['p', 'libc', 'skipped', 'not installed: package'],
            ['victim', self.preload['sound'], 'same', ''],
            ['victim', self.preload['damages'], 'differs',
             "line 3 is 'uhird', not 'third'"]])
        self.assertGreater(rows[1]['elapsed'], 0)
        self.assertGreater(rows[1]['rss'], 500)
        with open(files[1], newline='') as file:
            self.assertEqual(list(csv.DictReader(file)), [
                {key: str(value) for key, value in row.items()}
                for row in rows])

    # ---- Interruption. ----

    def test_interruption_keeps_what_was_done(self) -> None:
        """Though it stands behind one that is still running."""
        sound, hangs = self.preload['sound'], self.preload['hangs']
        path = self.root / 'i.json'
        for number in (signal.SIGINT, signal.SIGTERM):
            out = self.interrupted(
                (self.victim,), 'test', '-j', '2', '-a', f'{hangs},{sound}',
                '--json', path, wait_for=f'[1/2] victim on {sound}: same',
                number=number)
            rows = [line.split() for line in out.splitlines()]
            self.assertEqual(rows, [
                ['victim'], [hangs, '-'], [sound, 'same'],
                '1 same, 0 failed'.split(),
                'interrupted: this is what was done'.split()])
            found = json.loads(path.read_text())['rows']
            self.assertEqual([row['allocator'] for row in found], [sound])

    def test_interruption_while_the_input_is_made(self) -> None:
        program = self.program('p', '', ('echo now >&2; sleep 300 | cat',))
        for command in ('test', 'bench'):
            out = self.interrupted((program,), command, '-a', 'libc',
                                   wait_for='now')
            self.assertIn('interrupted', out)

    def test_interruption_of_what_libc_prints(self) -> None:
        program = self.program('p', 'sleep 300 | cat',
                               ('echo now >&2',))
        self.interrupted((program,), 'test', '-a', 'libc', wait_for='now')


class Bench(Workshop):
    """The command `bench`."""

    def bench(self, *names: str, suite: tuple[Program, ...] = (),
              rounds: int = 1, status: int = 0, more: tuple[str, ...] = ()
              ) -> tuple[Finished[str], dict[str, dict]]:
        """What it prints, and the JSON's rows by allocator."""
        path = self.root / 'b.json'
        finished = self.tool(suite or (self.victim,), 'bench', '--rounds',
                             str(rounds), '-a', self.names(*names), '--json',
                             path, *more, status=status)
        rows = json.loads(path.read_text(), parse_constant=self.fail)['rows']
        labels = {path: name for name, path in self.preload.items()}
        return finished, {labels.get(row['allocator'], row['allocator']): row
                          for row in rows}

    def tables(self, text: str) -> list[list[list[str]]]:
        """Three, as words, below their titles."""
        blocks = text.split('\n\n')
        self.assertEqual(len(blocks), 3)
        return [[re.split(r' {2,}', line) for line in block.splitlines()[1:]]
                for block in blocks]

    def begun(self, finished: Finished[str]) -> list[str]:
        """What it says that it begins, in that order."""
        labels = {path: name for name, path in self.preload.items()}
        found = re.findall(r'(?m)^victim: round (\d) of \d, (.*)$',
                           finished.stderr)
        return [f'{number} {labels.get(name, name)}'
                for number, name in found]

    def test_rounds_with_libc_first(self) -> None:
        finished, rows = self.bench('sound', 'libc', 'greedy', rounds=2)
        self.assertEqual(self.begun(finished), [
            '1 libc', '1 sound', '1 greedy', '2 libc', '2 sound', '2 greedy'])
        self.assertEqual([row['rounds'] for row in rows.values()], [2] * 3)

    def test_tables(self) -> None:
        finished, rows = self.bench('sound', rounds=2)
        elapsed, cpu, rss = self.tables(finished.stdout)
        libc, sound = rows['libc'], rows['sound']
        head = ['', 'libc', self.preload['sound'].removesuffix('.so')]
        self.assertEqual(elapsed, [
            head, ['victim', f'{libc["elapsed"]:.2f}',
                   f'{sound["elapsed_ratio"]:.2f} '
                   f'({sound["elapsed_p25"]:.2f}-{sound["elapsed_p75"]:.2f})'],
            ['geometric mean', f'{sound["elapsed_ratio"]:.2f}']])
        self.assertEqual(cpu, [
            head, ['victim', f'{sound["cpu_ratio"]:.2f}'],
            ['geometric mean', f'{sound["cpu_ratio"]:.2f}']])
        self.assertEqual(rss, [
            head, ['victim', f'{libc["rss"] / 1024:.1f}',
                   f'{sound["rss_ratio"]:.2f}'],
            ['geometric mean', f'{sound["rss_ratio"]:.2f}']])
        self.assertEqual(libc['rss_ratio'], 1)

    def test_memory(self) -> None:
        """A small program is not as large as the tool that starts it."""
        _, rows = self.bench('sound', 'greedy')
        self.assertLess(rows['libc']['rss'], 8 << 10)
        self.assertLess(rows['sound']['rss'], 8 << 10)
        self.assertGreater(rows['greedy']['rss'], 64 << 10)
        self.assertGreater(rows['greedy']['rss_ratio'], 8)

    def test_time(self) -> None:
        _, rows = self.bench('slow')
        self.assertGreaterEqual(rows['slow']['elapsed'], 0.3)
        self.assertGreater(rows['slow']['cpu_ratio'], 3)

    def test_programs_with_threads_are_not_pinned(self) -> None:
        count = len(os.sched_getaffinity(0))
        suite = (self.program('victim', 'test $(nproc) = 1'),
                 self.program('threads', f'test $(nproc) = {count}',
                              threads=True))
        self.bench('libc', suite=suite)

    # ---- What goes wrong. ----

    def test_outcomes_in_place_of_figures(self) -> None:
        finished, rows = self.bench(
            'aborts', 'exits', 'hangs', 'sound', rounds=2, status=1,
            more=('--time-limit', '1'))
        for table in self.tables(finished.stdout.split('\nvictim on')[0]):
            self.assertEqual(table[1][-4:-1], ['CRASHED', 'FAILED', 'slow'])
            self.assertEqual(table[2][1:4], ['-', '-', '-'])
        said = re.findall(r'(?m)^victim on .*/(.*)$', finished.stdout)
        self.assertEqual(said, ['aborts.so: crashed SIGABRT',
                                'exits.so: failed exit 3',
                                'hangs.so: too slow'])
        self.assertEqual([row['outcome'] for row in rows.values()],
                         ['ended', 'crashed', 'failed', 'too slow', 'ended'])
        self.assertEqual(rows['exits']['elapsed'], None)
        self.assertEqual(self.begun(finished)[5:], ['2 libc', '2 sound'])

    def test_too_slow_is_no_failure(self) -> None:
        self.bench('hangs', more=('--time-limit', '0.7'))

    def test_a_failure_in_a_later_round(self) -> None:
        program = self.program('victim', 'echo >>"$INPUT/n"\n'
                               '[ $(wc -l <"$INPUT/n") -lt 4 ]')
        finished, rows = self.bench('sound', suite=(program,), rounds=2,
                                    status=1)
        self.assertEqual(rows['sound']['outcome'], 'failed')
        self.assertIn(': failed exit 1', finished.stdout)

    def test_libc_fails(self) -> None:
        program = self.program('victim', 'exit 3')
        finished, rows = self.bench('sound', suite=(program,), rounds=3,
                                    status=1)
        self.assertEqual(self.begun(finished), ['1 libc'])
        self.assertRegex(finished.stdout, r'(?m)^victim +FAILED +-$')
        self.assertIn('\nvictim on libc: failed exit 3\n', finished.stdout)
        self.assertEqual([row['outcome'] for row in rows.values()],
                         ['failed', 'skipped'])

    def test_not_loaded(self) -> None:
        try:
            main = compiled(self.root / 'static', SOURCE, '-static')
        except subprocess.CalledProcessError:
            self.skipTest('no static C library here')
        program = self.program('victim', str(main), main=str(main))
        finished, _ = self.bench('sound', suite=(program,), status=1)
        self.assertRegex(finished.stdout, r'(?m)^victim .* NOT LOADED$')

    def test_not_installed(self) -> None:
        program = self.program('p', '', main='no-such', package='its-package')
        finished, rows = self.bench('libc', suite=(program,))
        self.assertEqual(finished.stdout,
                         'p: skipped, not installed: its-package\n')
        self.assertEqual(rows, {})

    def test_interruption_keeps_what_was_done(self) -> None:
        out = self.interrupted(
            (self.victim, self.program('later', 'true')), 'bench', '-a',
            self.names('sound', 'hangs'), wait_for='hangs.so')
        self.assertRegex(out, r'(?m)^victim +\d+\.\d\d +\d+\.\d\d \(.*\) +-$')
        self.assertNotIn('later', out)
        self.assertTrue(out.endswith('\ninterrupted: this is what was done\n'))

    def test_csv(self) -> None:
        path = self.root / 'b.csv'
        _, rows = self.bench('exits', status=1, more=('--csv', str(path)))
        with open(path, newline='') as file:
            found = list(csv.DictReader(file))
        self.assertEqual(found, [
            {key: '' if value is None else str(value)
             for key, value in row.items()} for row in rows.values()])


class Refusals(Workshop):
    def test_unknown_names(self) -> None:
        for command in ('test', 'bench'):
            self.refuses("no program 'nope': see tools/programs list", command,
                         'nope')
            self.refuses("no allocator 'nope': it is none of mm, .*", command,
                         '-a', 'mm,nope')
        self.refuses("no program 'nope': .*", 'list', 'nope')

    def test_numbers(self) -> None:
        for option in ('--jobs', '--rounds', '--time-limit'):
            for number in ('0', '-1'):
                self.refuses(f'{option} takes a number above 0', 'test',
                             f'{option}={number}')
        for number in ('nan', 'inf'):
            self.refuses('--time-limit takes .*', 'test', '--time-limit',
                         number)

    def test_files_that_cannot_be_written(self) -> None:
        for option in ('--json', '--csv'):
            for command in ('test', 'bench'):
                self.refuses('no/such: No such file or directory', command,
                             '-a', 'libc', option, 'no/such')
            self.refuses('.*: Is a directory', 'test', '-a', 'libc', option,
                         str(self.root))

    def test_a_folder_that_is_there(self) -> None:
        self.refuses('.*: File exists', 'test', '-a', 'libc', '--keep',
                     str(self.root))

    def test_what_is_refused_leaves_no_folder(self) -> None:
        keep = self.root / 'never'
        self.refuses('.*', 'test', 'nope', '--keep', keep)
        self.refuses('.*', 'test', '-a', 'nope', '--keep', keep)
        self.refuses('.*', 'test', '-a', 'libc', '--json', 'no/such',
                     '--keep', keep)
        self.assertFalse(keep.exists())

    def test_an_input_that_cannot_be_made(self) -> None:
        program = self.program('p', 'true', ('\nexit 7\n',))
        for command in ('test', 'bench'):
            self.refuses('an input could not be made: exit 7', command, '-a',
                         'libc', suite=(program,))

    def test_no_command(self) -> None:
        finished = self.tool((), status=2)
        self.assertIn('tools/programs: error: the following arguments', finished.stderr)

    def test_help(self) -> None:
        text = self.tool((), '--help').stdout
        for word in ('--time-limit', '--keep', 'Exit status: 0', 'jemalloc'):
            self.assertIn(word, text)

    def test_list(self) -> None:
        absent = self.program('p', '', main='no-such')
        out = self.tool((self.victim, absent), 'list').stdout
        self.assertEqual(out, 'victim          victim in short\n'
                         'p               p in short '
                         '(not installed: package)\n')


class Setup(Workshop):
    """With an apt-get of ours."""

    def setup(self, installed: str, apt: str = 'true',
              status: int = 0) -> tuple[Finished[str], str]:
        """What it says, and what apt-get was told."""
        folder = self.root / 'bin'
        folder.mkdir(exist_ok=True)
        log = folder / 'log'
        log.write_text('')
        for name, text in (('dpkg-query', f'printf "{installed}"'),
                           ('apt-get', f'echo "$@" >>{log}; {apt}'),
                           ('sudo', 'exec "$@"')):
            (folder / name).write_text(f'#!/bin/sh\n{text}\n')
            (folder / name).chmod(0o755)
        path = f'{folder}:{os.environ["PATH"]}'
        with mock.patch.dict(os.environ, {'PATH': path}):
            return self.tool((), 'setup', status=status), log.read_text()

    def test_only_what_is_missing(self) -> None:
        there = ''.join(f'{name} install ok installed\\n' for name
                        in suite.PACKAGES if name != 'pigz')
        finished, log = self.setup(there + 'pigz deinstall ok config-files')
        self.assertEqual(log, '-qq update\n-qq install -y '
                         '--no-install-recommends pigz\n')
        self.assertIn(' pigz\n', finished.stdout)

    def test_nothing_to_do(self) -> None:
        there = ''.join(f'{name} install ok installed\\n'
                        for name in suite.PACKAGES)
        finished, log = self.setup(there)
        self.assertEqual(finished.stdout + log, '')

    def test_failure(self) -> None:
        finished, _ = self.setup('', 'exit 100', status=2)
        self.assertEqual(finished.stderr, 'tools/programs: apt-get failed\n')


class Figures(unittest.TestCase):
    """As computed by hand."""

    def runs(self, name: str, *figures: tuple[float, float, int],
             outcome: str = 'ended') -> list[Result]:
        return [Result('p', name, outcome, '', *row) for row in figures]

    def test_ratios(self) -> None:
        self.assertEqual(benching._median_ratio([2, 3, 4, 10], [1, 1, 2, 2]),
                         (2.5, 2, 3.5))
        self.assertEqual(benching._median_ratio([3], [2]), (1.5,) * 3)
        self.assertEqual(benching._median_ratio([3, 1], [0, 2]), (0.5,) * 3)
        for value in benching._median_ratio([1, 1], [0, 0]):
            self.assertTrue(math.isnan(value))

    def test_a_figure(self) -> None:
        """Ratios are of the same round: medians alone would give 2."""
        mine = self.runs('a', (2, 1, 300), (6, 2, 100), (4, 9, 200))
        libc = self.runs('libc', (1, 1, 100), (2, 4, 100), (4, 3, 400))
        found = benching.figure('p', 'a', mine, libc)
        self.assertEqual((found.outcome, found.rounds), ('ended', 3))
        self.assertEqual((found.elapsed, found.elapsed_ratio), (4, 2))
        self.assertEqual((found.elapsed_p25, found.elapsed_p75), (1.5, 2.5))
        self.assertEqual((found.cpu_ratio, found.rss, found.rss_ratio),
                         (1, 200, 1))

    def test_a_round_that_was_interrupted(self) -> None:
        mine = self.runs('a', (3, 1, 1))
        libc = self.runs('libc', (1, 1, 1), (100, 1, 1))
        found = benching.figure('p', 'a', mine, libc)
        self.assertEqual((found.rounds, found.elapsed_ratio), (1, 3))
        self.assertEqual(benching.figure('p', 'a', [], libc).outcome,
                         'interrupted')

    def test_no_time_at_all(self) -> None:
        runs = self.runs('libc', (0, 0, 0))
        found = benching.figure('p', 'libc', runs, runs)
        self.assertEqual(benching._ratio(found.cpu_ratio), '-')

    def test_runs_that_did_not_end(self) -> None:
        good = self.runs('libc', (1, 1, 1), (1, 1, 1))
        bad = self.runs('a', (1, 1, 1)) + self.runs('a', (9, 9, 9),
                                                    outcome='crashed')
        found = benching.figure('p', 'a', bad, good)
        self.assertEqual((found.outcome, found.rounds), ('crashed', 0))
        self.assertTrue(math.isnan(found.elapsed_ratio))

    def test_geometric_mean(self) -> None:
        self.assertAlmostEqual(benching._geometric([1, 4, math.nan]), 2)
        self.assertTrue(math.isnan(benching._geometric([])))

    def test_exit_codes(self) -> None:
        for code, outcome in ((0, ('ended', '')), (1, ('failed', 'exit 1')),
                              (-11, ('crashed', 'SIGSEGV')),
                              (134, ('crashed', 'SIGABRT')),
                              (128, ('failed', 'exit 128')),
                              (255, ('failed', 'exit 255')),
                              (None, ('too slow', ''))):
            self.assertEqual(running._judge(code), outcome)

    def test_first_difference(self) -> None:
        long = b'x' * 100
        for wanted, got, text in (
                (b'a\nb\n', b'a\nc\n', "line 2 is 'c', not 'b'"),
                (b'a\n', b'a\nb\n', "line 2 is 'b', not ''"),
                (b'a\nb\n', b'a\n', "line 2 is '', not 'b'"),
                (b'a\n', b'a', "line 2 is missing, ''"),
                (b'a', b'a\n', "line 2 is '', not the end"),
                (b'', b'a', "line 1 is 'a', not ''"),
                (b'\xfe', b'\xff', "line 1 is '\\xff', not '\\xfe'"),
                (long + b'1', long + b'2', f"line 1 is '{'x' * 20}2', "
                                           f"not '{'x' * 20}1'")):
            self.assertEqual(comparing._first_difference(wanted, got), text)


class Real(unittest.TestCase):
    """The programs of the suite."""

    def test_a_real_program(self) -> None:
        for program in ('perl', 'awk'):
            if not shutil.which(program):
                self.skipTest(f'no {program} here')
        finished = run(ROOT / 'tools/programs', 'test', 'perl', '-a', 'mm')
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stdout,
                         '    perl\nmm  same\n1 same, 0 failed\n')

    def test_list(self) -> None:
        finished = run(ROOT / 'tools/programs', 'list')
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual([line.split()[0] for line
                          in finished.stdout.splitlines()],
                         [program.name for program in suite.SUITE])

    def test_scripts_are_sound(self) -> None:
        self.assertEqual(len({p.name for p in suite.SUITE}), 12)
        for program in suite.SUITE:
            for script in (program.script, *program.prepare):
                with self.subTest(program.name):
                    finished = run('bash', '-n', '-c', script)
                    self.assertEqual(finished.returncode, 0,
                                     account(finished))

    def test_input_that_is_used_is_made(self) -> None:
        for program in suite.SUITE:
            used = set(re.findall(r'\$\{?INPUT\}?/([\w.]+)', program.script))
            made = set(re.findall(r'"\$INPUT/([\w.]+)"',
                                  ' '.join(program.prepare)))
            with self.subTest(program.name):
                self.assertLessEqual(used, made)

    def test_no_python(self) -> None:
        """Its modules are missing then, too."""
        tests = suite.choose(['python-tests'])[0]
        with mock.patch.object(suite, 'PYTHON', '/no/such'):
            self.assertIn(tests.needs[1][1], tests.missing())
