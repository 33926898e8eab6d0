"""The runtime: every allocator as the malloc of real processes.

family_test and process_test (tests/runtime) are run under each of them, and
under libc, which is the reference. First, the mallocs of tests/runtime/bad:
each breaks one promise, and the tests have to find it. Comments in them say

    /* fails: NAME ... */       tests that have to fail,
    /* may fail: NAME ... */    those that may, and no others,
    /* cannot: WORD ... */      what it is not tested for (family.h),
    /* soak: REGEX */           what the soak has to say of it.
"""
from __future__ import annotations

import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from functools import cache
from pathlib import Path

from support import (BUILD, ROOT, TESTS, Finished, account, catches,
                     compile_cpp, in_release_only, run, wait_until)

in_release_only('a sanitizer is a malloc itself, and there are no programs of '
                '32 bits')

FOLDER = BUILD / 'runtime'
RACES = 20
PROGRAMS = ('family_test', 'process_test')
SOAK = BUILD / 'soak'
HMM = BUILD / 'lib/libhmm.so.1'

BAD = sorted((TESTS / 'runtime/bad').glob('*.c'))
PRELOADS = sorted((BUILD / 'preload').glob('*.so'))

# What allocators do not do (tests/runtime/family.h).
LIBC = 'signals errno peaks'
HMMS = 'signals sparse peaks'
NEVER_FREE = {'naive', 'bump'}
GIVE_BACK = {'mm', 'mm_hardened', 'slab'}

DIRECTIVE = re.compile(r'/\* (fails|may fail|cannot): (.*?) \*/', re.S)
SOAK_FINDS = re.compile(r'/\* soak: (.*?) \*/')
MALLOC_NAME = re.compile(
    r'(__libc_|posix_|aligned_)?c?(malloc|calloc|realloc|reallocarray|free|'
    r'alloc|v?p?valloc|memalign|mallinfo2?|mallopt|'
    r'malloc_(usable_size|stats|info|trim))|free_(aligned_)?sized')
VERDICT = re.compile(r'^(ok|not ok) ([\w-]+)', re.M)


def directives(source: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, text in DIRECTIVE.findall(source.read_text()):
        found.setdefault(key, []).extend(text.split())
    return found


def exports(library: str | Path) -> set[str]:
    listing = run('nm', '-D', '--defined-only', '-f', 'posix', library).stdout
    return {line.split()[0].partition('@')[0] for line in listing.splitlines()}


def under(preload: str | Path, *command: str | Path, cannot: str = '',
          prepare: Callable[[], None] | None = None, **more: str
          ) -> Finished[str]:
    variables = {**os.environ, 'LD_PRELOAD': str(preload),
                 'MALLOC_CANNOT': cannot, **more}
    return run(*command, env=variables, preexec_fn=prepare)


def limit_data() -> None:
    """ulimit -d: memory that may be written to counts, closed pages do not."""
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 26, 1 << 26))


def limit_address_space() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def cannot_of(name: str) -> str:
    words = ['reuse'] if name in NEVER_FREE else []
    return ' '.join(words if name in GIVE_BACK else [*words, 'give-back'])


def beside(preload: str | Path) -> list[tuple[str, Finished[str]]]:
    """A library that allocates in its constructor and destructor, preloaded
    too: it is there before the malloc has begun, or when it has ended."""
    plugin = FOLDER / 'plugin.so'
    return [(name, under(order, 'true')) for name, order in (
        ('library-loaded-before', f'{plugin}:{preload}'),
        ('library-loaded-later', f'{preload}:{plugin}'))]


def failed_tests(preload: str | Path, program: str, *names: str, cannot: str,
                 **more: str) -> set[str]:
    finished = under(preload, FOLDER / program, *names, cannot=cannot, **more)
    verdicts = VERDICT.findall(finished.stdout)
    assert verdicts, account(finished)
    assert 'cannot be preloaded' not in finished.stderr, finished.stderr
    return {name for word, name in verdicts if word != 'ok'}


@cache
def listed_by(program: str) -> set[str]:
    return set(run(FOLDER / program, '--list').stdout.split())


def programs_with(names: set[str]) -> list[str]:
    """The programs that have one of these tests."""
    return [program for program in PROGRAMS if names & listed_by(program)]


def failed_soon(preload: str | Path, cannot: str, expected: set[str]
                ) -> set[str]:
    """Names of the tests that fail, of the programs that have an expected one.
    The malloc may hang in these, so it has some seconds. What fails besides may
    have been slow, and is run anew."""
    failed = {name for name, finished in beside(preload)
              if finished.returncode != 0}
    for program in programs_with(expected):
        soon = failed_tests(preload, program, cannot=cannot, CHECK_SECONDS='5')
        others = soon - expected
        failed |= soon & expected
        if others:
            failed |= failed_tests(preload, program, *others, cannot=cannot)
    return failed


def failed_at_last(preload: str | Path, cannot: str, expected: set[str]
                   ) -> set[str]:
    """Those of the tests that fail in one of some runs: two threads that race
    do not meet in each, where the machine is busy."""
    failed: set[str] = set()
    for _ in range(RACES):
        for program in programs_with(expected - failed):
            names = (expected - failed) & listed_by(program)
            failed |= failed_tests(preload, program, *names, cannot=cannot,
                                   CHECK_SECONDS='5')
    return failed


class Wrong(unittest.TestCase):
    """Filled below, with a method for each source."""

    def judge(self, source: Path) -> None:
        said = directives(source)
        library = FOLDER / f'bad/{source.stem}.so'
        if 'fails' in said:
            cannot = ' '.join(said.get('cannot', [LIBC]))
            fails, may = set(said['fails']), set(said.get('may fail', []))
            failed = failed_soon(library, cannot, fails | may)
            failed |= failed_at_last(library, cannot, fails - failed)
            self.assertEqual(failed - may, fails)
        for pattern in SOAK_FINDS.findall(source.read_text()):
            finished = soak(library, seconds=200)
            self.assertEqual(finished.returncode, 1, account(finished))
            self.assertRegex(finished.stdout, f'^soak: wrong: .*({pattern})')
            self.assertEqual(finished.stdout.count('\n'), 1)


def add_wrong(source: Path) -> None:
    def test(self: Wrong) -> None:
        self.judge(source)

    setattr(Wrong, f'test_{source.stem}', test)


for _source in BAD:
    add_wrong(_source)


class Sources(unittest.TestCase):
    """The wrong mallocs are as the tests above take them to be."""

    def names(self) -> set[str]:
        return set().union(*map(listed_by, PROGRAMS))

    def test_there_are_many(self) -> None:
        self.assertGreaterEqual(len(BAD), 40)

    def test_say_what_finds_them(self) -> None:
        known = self.names() | {name for name, _ in beside('')}
        for source in BAD:
            with self.subTest(source.name):
                said = directives(source)
                text = re.sub(r'\s+\*\s+', ' ', source.read_text())
                self.assertIn('Must be found.', text)
                self.assertTrue('fails' in said or SOAK_FINDS.search(text))
                self.assertLessEqual({*said.get('fails', []),
                                      *said.get('may fail', [])}, known)

    def test_most_tests_are_tested(self) -> None:
        found = {name for source in BAD
                 for name in directives(source).get('fails', [])}
        left = self.names() - found - {
            # Nothing here gets these wrong alone.
            'serves-after-exit', 'libraries-come-and-go', 'sorts',
            'prints-and-reads-long-lines', 'writes-into-memory',
            'lists-directories', 'keeps-an-environment',
            # The C library does: its word is `errno`.
            'posix-memalign-leaves-errno-when-it-fails'}
        self.assertEqual(left, set())


def allocators() -> list[tuple[str, Path, str]]:
    """Names, shared objects, and what each does not do."""
    found = [(path.stem, path, cannot_of(path.stem)) for path in PRELOADS]
    if HMM.exists():
        found.append(('libhmm', HMM, HMMS))
    return found


class Family(unittest.TestCase):
    """Filled below, with a method for each allocator."""

    def passes(self, preload: str | Path, cannot: str, **more) -> None:
        for program in PROGRAMS:
            finished = under(preload, FOLDER / program, cannot=cannot, **more)
            self.assertEqual(finished.returncode, 0, account(finished))
            self.assertEqual(finished.stderr, '')
        for _, finished in beside(preload):
            self.assertEqual(finished.returncode, 0, account(finished))
            self.assertEqual(finished.stderr, '')

    def test_libc_itself(self) -> None:
        self.passes('', LIBC)

    def test_is_opened_by_a_program_too(self) -> None:
        code = ('import ctypes, sys; lib = ctypes.CDLL(sys.argv[1]); '
                'lib.malloc.restype = ctypes.c_void_p; '
                'lib.free.argtypes = [ctypes.c_void_p]; '
                'lib.free(lib.malloc(100))')
        for name in 'mm', 'tlsf':
            with self.subTest(name):
                done = run('python3', '-c', code, BUILD / f'preload/{name}.so')
                self.assertEqual(done.returncode, 0, account(done))

    def test_no_name_stays_the_c_librarys(self) -> None:
        """It would answer for another heap, or take another's blocks."""
        libc = re.search(r'/\S*/libc\.so\.6', run('ldd', '/bin/sh').stdout)
        wanted = set(filter(MALLOC_NAME.fullmatch, exports(libc[0])))
        self.assertIn('mallopt', wanted)
        for library in BUILD / 'preload/mm.so', HMM:
            with self.subTest(library):
                self.assertEqual(wanted - exports(library), set())

    def test_in_little_address_space(self) -> None:
        self.passes(BUILD / 'preload/mm.so', cannot_of('mm'),
                    prepare=limit_address_space)


def add_family(name: str, library: Path, cannot: str) -> None:
    def test(self: Family) -> None:
        self.passes(library, cannot)

    setattr(Family, f'test_{name}', test)


for _entry in allocators():
    add_family(*_entry)


# ---- C++: programs that bring the new and delete of another malloc. ----

class NewAndDelete(unittest.TestCase):
    def check(self, *options: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / 'new'
            compile_cpp(program, ROOT / 'tests/runtime/new.cc', *options)
            for name in 'mm', 'tlsf', 'hmm':
                for words in (), ('fail',):
                    with self.subTest(allocator=name, words=words):
                        done = under(BUILD / f'preload/{name}.so', program,
                                     *words)
                        self.assertEqual(done.returncode, 0, account(done))

    def test_of_the_standard_library(self) -> None:
        self.check()

    def test_of_jemalloc(self) -> None:
        self.check('-Wl,--no-as-needed', '-l:libjemalloc.so.2')


class Large(unittest.TestCase):
    """Blocks beyond what the allocator itself serves, and what is left of many."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.program = Path(folder.name) / 'large'
        cls.plugin = Path(folder.name) / 'plugin.so'
        compile_cpp(cls.program, ROOT / 'tests/runtime/large.cc')
        compile_cpp(cls.plugin, ROOT / 'tests/runtime/plugin_new.cc',
                    '-shared', '-fPIC')

    def check(self, case: str, *names: str,
              prepare: Callable[[], None] | None = None) -> None:
        for name in names:
            with self.subTest(name):
                done = under(name and BUILD / f'preload/{name}.so',
                             self.program, case, prepare=prepare)
                self.assertEqual((done.returncode, done.stderr), (0, ''),
                                 account(done))

    def test_delete_is_told_the_size(self) -> None:
        self.check('sized-delete', '', 'mm', 'mm_hardened', 'tlsf')

    def test_pages_that_the_program_treats_apart(self) -> None:
        self.check('split', '', 'mm', 'mm_hardened', 'tlsf')

    def test_addresses_that_the_heap_alone_has(self) -> None:
        self.check('limited', '', 'mm', 'tlsf')

    def test_alignment_that_leaves_pages_behind_the_block(self) -> None:
        self.check('aligned', '', 'mm', 'mm_hardened', 'tlsf')

    def test_more_blocks_than_the_system_has_areas(self) -> None:
        self.check('mappings', '', 'mm', 'mm_hardened', 'tlsf')

    def test_little_memory_that_may_be_written_to(self) -> None:
        self.check('data', '', 'mm', 'mm_hardened', 'tlsf',
                   prepare=limit_data)

    def test_memory_of_all_classes_goes_back(self) -> None:
        self.check('given-back', 'mm', 'mm_hardened')

    def test_many_empty_blocks(self) -> None:
        self.check('empty', '', 'mm', 'mm_hardened', 'tlsf')

    def test_many_keys_and_threads_leave_handlers_their_reserve(self) -> None:
        self.check('keys', 'mm', 'mm_hardened', 'tlsf')

    def test_a_realloc_of_the_programs_own(self) -> None:
        program = self.program.with_name('own_realloc')
        done = run('cc', '-D_GNU_SOURCE', '-fno-builtin', '-rdynamic', '-o',
                   program, ROOT / 'tests/runtime/own_realloc.c')
        self.assertEqual(done.returncode, 0, account(done))
        for preload in ('', *PRELOADS, HMM):
            with self.subTest(preload):
                done = under(preload, program)
                self.assertEqual(done.returncode, 0, account(done))

    @unittest.skipUnless(platform.machine() == 'x86_64',
                         'its handler of refused calls is for x86-64')
    def test_a_process_that_may_map_nothing(self) -> None:
        program = self.program.with_name('refused')
        done = run('cc', '-D_GNU_SOURCE', '-o', program,
                   ROOT / 'tests/runtime/refused.c')
        self.assertEqual(done.returncode, 0, account(done))
        for name in 'mm', 'mm_hardened', 'tlsf':
            done = under(BUILD / f'preload/{name}.so', program)
            if done.returncode == 77:
                self.skipTest('seccomp: this system does not have it')
            self.assertEqual(done.returncode, 0, account(done))

    def test_new_in_a_plug_in_of_a_program_in_c(self) -> None:
        code = 'import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).refused())'
        for preload in ('', BUILD / 'preload/mm.so',
                        BUILD / 'preload/mm_hardened.so'):
            done = under(preload, sys.executable, '-c', code, self.plugin)
            self.assertEqual((done.returncode, done.stdout), (0, '1\n'),
                             account(done))

    def test_closed_while_threads_have_used_it(self) -> None:
        program = self.program.with_name('unloaded')
        compile_cpp(program, ROOT / 'tests/runtime/unloaded.cc')
        for library in ('preload/mm.so', 'preload/tlsf.so',
                        'lib/libmm_malloc.so.1'):
            done = run(program, BUILD / library)
            self.assertEqual(done.returncode, 0, account(done))


def soak(preload: str | Path = '', api: str = 'malloc',
         seconds: float = 1, *words: str) -> Finished[str]:
    return under(preload, SOAK, '--threads=4', f'--seconds={seconds}',
                 f'--api={api}', *words)


class Soak(unittest.TestCase):
    """Short ones; tools/soak is for the long."""

    def passes(self, finished: Finished[str]) -> None:
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertRegex(finished.stdout, r'^\w+: \d+ operations .* 0 bytes '
                         r'lost; \d+ checks, 0 wrong\n$')
        self.assertEqual(finished.stderr, '')
        allocated, freed = re.findall(r'(\d+) (?:allocated|freed)',
                                      finished.stdout)
        self.assertEqual(allocated, freed)
        self.assertGreater(int(allocated), 1000)

    def test_libc(self) -> None:
        self.passes(soak())

    def test_mm(self) -> None:
        self.passes(soak(BUILD / 'preload/mm.so', seconds=2))

    def test_variants(self) -> None:
        for name in ('implicit', 'tlsf', 'slab'):
            with self.subTest(name):
                self.passes(soak(BUILD / f'preload/{name}.so'))

    def test_with_signals_and_forks(self) -> None:
        for name in ('mm', 'tlsf'):
            with self.subTest(name):
                done = soak(BUILD / f'preload/{name}.so', 'malloc', 1,
                            '--signals=500', '--forks=20')
                self.passes(done)
                self.assertRegex(done.stdout, r' \d+ signals, \d+ forks;')
        for name in run(SOAK, '--api', 'list').stdout.split():
            with self.subTest(name):
                self.passes(soak('', name, 0.3, '--forks=20'))

    def test_hmm(self) -> None:
        if not HMM.exists():
            self.skipTest('there is no hmm')
        self.passes(soak(HMM))

    def test_libraries_by_their_own_names(self) -> None:
        names = run(SOAK, '--api', 'list').stdout.split()
        self.assertEqual(names[0], 'malloc')
        for name in names[1:]:
            with self.subTest(name):
                self.passes(soak(api=name))

    def test_ends_in_good_order_when_interrupted(self) -> None:
        with subprocess.Popen([SOAK, '--seconds', '60'], text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            wait_until(lambda: catches(process.pid, signal.SIGINT))
            process.send_signal(signal.SIGINT)
            out, error = process.communicate()
        self.assertEqual(process.returncode, 130, out + error)
        self.assertRegex(out, 'malloc: .* 0 wrong\n$')

    def test_wrong_options(self) -> None:
        for words in (['--threads', '0'], ['--api', 'none'], ['--seconds', 'x'],
                      ['--what'], ['more']):
            with self.subTest(words):
                finished = run(SOAK, *words)
                self.assertEqual(finished.returncode, 2, account(finished))
                self.assertRegex(finished.stderr, '^soak: .*\n$')


class SoakCommand(unittest.TestCase):
    """tools/soak."""

    def soak(self, *words: str | Path) -> Finished[str]:
        return run(ROOT / 'tools/soak', '--seconds=0.3', '--threads=3', *words)

    def test_prints_a_table(self) -> None:
        finished = self.soak('-j1', 'mm', 'libc')
        self.assertEqual(finished.returncode, 0, account(finished))
        head, *rows = finished.stdout.splitlines()
        self.assertRegex(head, '^allocator +as +operations .* outcome$')
        self.assertEqual([line.split()[0] for line in rows], ['mm', 'libc'])
        for line in rows:
            self.assertTrue(line.endswith('  0 wrong'), line)

    def test_says_what_is_wrong(self) -> None:
        library = FOLDER / 'bad/eight-aligned.so'
        finished = self.soak('libc', library)
        self.assertEqual(finished.returncode, 1, account(finished))
        self.assertRegex(finished.stdout, r'eight-aligned.so .* misaligned, ')
        self.assertRegex(finished.stdout, r'(?m)^libc .* 0 wrong$')

    def test_an_unknown_allocator(self) -> None:
        finished = self.soak('no-such')
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertRegex(finished.stderr, "^tools/soak: no allocator "
                         "'no-such': .*\n$")
