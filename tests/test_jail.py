"""Allocators that are not trusted: mdriver --jail.

Files of tests/jail are named VERDICT.how.c, and say in comments with what they
get it, as those of tests/bad do. One more line is for right verdicts:

    /* counts: LOW HIGH */    bytes outside memlib that count as footprint
"""
from __future__ import annotations

import json
import re
import unittest
from pathlib import Path

import samples
import support
from test_bad import directives, verdict_of, words

SOURCES = sorted((support.TESTS / 'jail').glob('*.c'))
TRACES = support.TESTS / 'traces'
MIXED = TRACES / 'mixed.rep'
SOUND = '#define OWN_MALLOC\n#define _GNU_SOURCE\n#include "../bad/sound.h"\n'
FLAGS = ('-std=gnu11', '-g', '-O2', '-I', str(support.ROOT),
         '-I', str(support.ROOT / 'driver'), '-I', str(support.TESTS / 'jail'),
         '-DDRIVER', '-fPIC', '-shared', '-Wl,-Bsymbolic')
ALONE = '-nostartfiles'

# What the twentieth malloc does, and how it is called in the verdict.
CALLS = {
    'forks': ('if (fork() == 0) _exit(0)', 'unistd.h', 'v?fork|clone3?'),
    'opens': ('open("/etc/passwd", O_RDONLY)', 'fcntl.h', 'open(at)?'),
    'looks-for-memory': ('fopen("/proc/self/maps", "r")', 'stdio.h',
                         'open(at)?'),
    'speaks': ('socket(AF_UNIX, SOCK_STREAM, 0)', 'sys/socket.h',
               'socket(call)?'),
    'signals': ('kill(1, 0)', 'signal.h', 'kill'),
    'traces': ('ptrace(PTRACE_TRACEME, 0, 0, 0)', 'sys/ptrace.h', 'ptrace'),
    'makes-a-file': ('memfd_create("books", 0)', 'sys/mman.h', 'memfd_create'),
    'shares-memory': ('mmap(0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, '
                      '-1, 0)', 'sys/mman.h', 'mmap2?'),
    'makes-code': ('mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | '
                   'MAP_ANONYMOUS, -1, 0)', 'sys/mman.h', 'mmap2?'),
    'opens-its-code': ('mprotect(sound_malloc, 1, PROT_WRITE | PROT_EXEC)',
                       'sys/mman.h', 'mprotect'),
    'catches': ('signal(SIGSYS, SIG_IGN)', 'signal.h', '(rt_)?sigaction'),
    'stops': ('raise(SIGSTOP)', 'signal.h', 'tgkill'),
    'execs': ('execl("/bin/true", "true", (char *)0)', 'unistd.h', 'execve'),
    'sleeps': ('usleep(1000)', 'unistd.h', '(clock_)?nanosleep(_time64)?'),
    'closes': ('close(1)', 'unistd.h', 'close'),
    'shares-work': ('pthread_t t; pthread_create(&t, 0, (void *(*)(void *))'
                    'sound_malloc, 0)', 'pthread.h', '(rt_sigaction|clone3?)'),
    'raises-limits': ('struct rlimit r = {1, 1}; setrlimit(RLIMIT_AS, &r)',
                      'sys/resource.h', '(prlimit64|setrlimit)'),
}


def setUpModule() -> None:
    if support.BUILD.name == 'san':
        raise unittest.SkipTest('a build with sanitizers has no jail')


class Jail(samples.Samples):
    def link(self, source: Path, *more: str) -> Path:
        library = self.folder / f'{source.stem}.so'
        finished = support.run('cc', *samples.bits_of_build(), *FLAGS, *more,
                               '-o', library, source)
        self.assertEqual(finished.returncode, 0, support.account(finished))
        return library

    def link_text(self, name: str, text: str, *more: str) -> Path:
        return self.link(self.write(f'{name}.c', text), *more)

    def judge(self, library: Path, *options: str | Path,
              trace: Path = MIXED) -> dict:
        self.finished, report = support.mdriver_json(
            '--jail', 'require', '--allocator', library, '-f', trace, *options)
        result, = (r for r in report['results'] if r['allocator'] != 'libc')
        return result


class Sources(Jail):
    """Filled below, with a method for each source."""

    def judge_source(self, source: Path) -> None:
        said, verdict = directives(source), verdict_of(source)
        got = self.judge(self.link(source, ALONE), '--reps', '2',
                         *words(said['options']),
                         trace=TRACES / said['trace'][0])
        account = f'{got["message"]}\n{support.account(self.finished)}'
        self.assertEqual(got['verdict'], verdict, account)
        for pattern in said['expect']:
            self.assertRegex(got['message'], pattern)
        for line in re.findall(r'/\* counts: (\d+ \d+) \*/',
                               source.read_text()):
            low, high = map(int, line.split())
            self.assertLessEqual(low, got['static_data_counted'], account)
            self.assertLessEqual(got['static_data_counted'], high, account)


def add_test(source: Path) -> None:
    def test(self: Sources) -> None:
        self.judge_source(source)

    setattr(Sources, f'test_{source.stem}', test)


for _source in SOURCES:
    add_test(_source)


class Calls(Jail):
    """Filled below, with a method for each system call."""

    def judge_call(self, name: str) -> None:
        statement, header, called = CALLS[name]
        library = self.link_text(name, f'''{SOUND}#include <{header}>
            #include <unistd.h>
            void *mm_malloc(size_t size) {{
                static int requests;
                if (++requests == 20) {{ {statement}; }}
                return sound_malloc(size); }}''', ALONE, '-w')
        got = self.judge(library, '--no-timing')
        self.assertEqual(got['verdict'], 'tampered', got['message'])
        # Newer C libraries block all signals in fork, the one that tells too.
        unnamed = '|made a system call that is not allowed' \
            if name == 'forks' else ''
        self.assertRegex(got['message'], f'(called ({called}){unnamed})$')


def add_call(name: str) -> None:
    def test(self: Calls) -> None:
        self.judge_call(name)

    setattr(Calls, f'test_{name}', test)


for _name in CALLS:
    add_call(_name)


class Refusals(Jail):
    PLAIN = '#include "../bad/sound.h"\n'

    def refused(self, library: Path, why: str) -> None:
        got = self.judge(library, '--no-timing')
        self.assertEqual(got['verdict'], 'load-failed', got['message'])
        self.assertRegex(got['message'], why)

    def test_startfiles(self) -> None:
        self.refused(self.link_text('plain', self.PLAIN), '-nostartfiles')

    def test_an_init_function(self) -> None:
        self.refused(self.link_text('init', self.PLAIN, ALONE,
                                    '-Wl,-init,mm_init'), 'DT_INIT')

    def test_a_path_for_the_loader(self) -> None:
        self.refused(self.link_text('path', self.PLAIN, ALONE,
                                    '-Wl,-rpath,/tmp'), 'path for the loader')

    def test_another_library(self) -> None:
        other = self.link_text('other', 'int other;', ALONE)
        self.refused(self.link_text('needs', self.PLAIN, ALONE,
                                    '-Wl,--no-as-needed', str(other)),
                     'needs another library, ')

    def test_what_is_no_object(self) -> None:
        self.refused(self.write('text.so', 'hello'), 'is not a shared object')

    def test_others_are_judged_all_the_same(self) -> None:
        bad = self.write('text.so', 'hello')
        good = self.link_text('good', self.PLAIN, ALONE)
        _, report = support.mdriver_json(
            '--jail', 'auto', '--no-timing', '-f', MIXED,
            '--allocator', f'{bad},{good}')
        self.assertEqual([r['verdict'] for r in report['results']],
                         ['load-failed', 'ok'])

    def test_a_signal_that_is_blocked(self) -> None:
        library = self.link_text('blocks', f'''{SOUND}#include <signal.h>
            #include <unistd.h>
            void *mm_malloc(size_t size) {{
                sigset_t all;
                sigfillset(&all);
                sigprocmask(SIG_BLOCK, &all, NULL);
                close(1);
                return sound_malloc(size); }}''', ALONE)
        got = self.judge(library, '--no-timing')
        self.assertEqual(got['verdict'], 'tampered', got['message'])

    def test_the_option(self) -> None:
        finished = support.mdriver('--jail', 'often')
        self.assertEqual(finished.returncode, 2)
        self.assertIn('--jail takes off, auto or require', finished.stderr)
        finished = support.mdriver('--jail', 'auto', '--in-process', MIXED)
        self.assertEqual(finished.returncode, 2)


class SameAsOutside(Jail):
    def test_verdicts_and_footprints_of_the_build(self) -> None:
        """What the loader has touched of static data does not count."""
        rows = []
        for jail in ('off', 'require'):
            _, report = support.mdriver_json(
                '--jail', jail, '--no-timing', '-v', '0', '--allocator', 'all',
                '-f', MIXED, '-f', 'structs')
            rows.append([r for r in report['results']
                         if r['allocator'] != 'libc'])
        for outside, inside in zip(*rows, strict=True):
            for key in ('allocator', 'trace', 'verdict'):
                self.assertEqual(inside[key], outside[key])
            less = outside['peak_footprint'] - inside['peak_footprint']
            self.assertIn(less, range(4096), inside)


class Budget(Jail):
    SLOW = SOUND + '''
        void *mm_malloc(size_t size) {
            for (volatile int i = 0; i < 100000000; i++)
                ;
            return sound_malloc(size); }'''

    def test_traces_that_are_not_begun(self) -> None:
        library = self.link_text('slow', self.SLOW, ALONE)
        finished, report = support.mdriver_json(
            '--allocator', library, '--budget', '0.3', '--no-timing',
            '-f', MIXED, '-f', TRACES / 'small.rep')
        first, second = report['results']
        self.assertEqual((first['verdict'], second['verdict']),
                         ('too-slow', 'too-slow'))
        self.assertIn('budget', first['message'])
        self.assertIn('was not begun: the budget of 0.3 seconds',
                      second['message'])
        self.assertEqual(finished.returncode, 1)


class Time(samples.Samples):
    def test_it_is_that_of_the_whole_process(self) -> None:
        """A thread that does the work: 0.2 ms for each malloc."""
        library = support.BUILD / 'bad/ok.works-in-a-thread.so'
        _, report = support.mdriver_json('--allocator', library, '--reps', '7',
                                         '-f', MIXED)
        self.assertGreater(report['results'][0]['ns_per_op']['median'], 20_000)


class Output(Jail):
    SOURCE = SOUND + r'''
        #include <unistd.h>
        team_t team = {"\033[2Jred", "b\xff\xfe" "c", "\xe2\x80\xae", "x\ny",
                       "\xf0\x9f\x98\x80"};
        __attribute__((aligned(1))) const char mm_idea[] = "an \033 idea\xff";
        void *mm_malloc(size_t size) {
            static const char text[] =
                "\033]0;title\a\ncorrect:999\nperfidx:100\n"
                "{\"scores\": {\"all\": 100}}\n\xff\x80\0zero\n";
            if (write(1, text, sizeof text - 1) < 0 ||
                write(2, text, sizeof text - 1) < 0)
                return 0;
            return sound_malloc(size); }'''

    def judged(self) -> None:
        library = self.link_text('paints', self.SOURCE, ALONE, '-w')
        path = self.folder / 'result.json'
        finished = support.run(support.MDRIVER, '--jail', 'require', '-A', '-g',
                               '--json', path, '--allocator', library, '-f',
                               MIXED, '--reps', '1', cwd=support.ROOT)
        self.finished = finished
        self.text = path.read_bytes().decode()

    def test_it_is_plain(self) -> None:
        self.judged()
        for text in (self.finished.stdout, self.finished.stderr):
            self.assertNotRegex(text, '[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufffd]')
        json.loads(self.text)
        self.assertIn('?[2Jred', self.finished.stdout)
        self.assertIn('\U0001f600', self.finished.stdout)

    def test_it_is_never_among_the_results(self) -> None:
        self.judged()
        for forged in ('correct:999', 'perfidx:100', '"all"', 'zero'):
            self.assertNotIn(forged, self.finished.stdout)
        for line in self.finished.stderr.splitlines():
            self.assertTrue(line.startswith('['), line)

    def test_a_name_that_the_linker_repeats(self) -> None:
        library = self.link_text('names', SOUND + '''
            void odd_function(void);
            void *mm_malloc(size_t size) {
                odd_function();
                return sound_malloc(size); }''', ALONE, '-w')
        library.write_bytes(library.read_bytes().replace(
            b'odd_function', b'odd\x1b[31m\xff\x9b!?'))
        got = self.judge(library, '--no-timing')
        self.assertEqual(got['verdict'], 'load-failed')
        self.assertNotRegex(got['message'], '[\x00-\x1f\x7f-\x9f\ufffd]')
