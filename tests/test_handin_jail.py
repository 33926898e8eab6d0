"""The outer jail, and what hostile hand-ins get from the compiler in it."""
from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

import test_handin_kinds as kinds
from support import (MDRIVER, ROOT, account, as_another_user,
                     in_release_only, run, wait_until, without_note)
from test_handin_kinds import HANDIN, JUDGE, text

sys.path.insert(0, str(ROOT / 'tools'))
from malloclab import bounded, handin
from malloclab import jail as jails
from malloclab.handin import building, judging
from malloclab.handin.labs import LABS
from malloclab.jail import Jail, Limits

in_release_only('the jail is the same in every mode')

BARE = Jail('auto', False)
JAIL = Jail('auto', True)
OUTSIDE = 'includes {}, which is not in its folder$'
NOWHERE = ': No such file or directory$'
ASSEMBLER = ': file not found: {}$'
HERE = str(ROOT)


# Without bubblewrap: who cannot read the file does not find it, as within.
OF_SHADOW = (OUTSIDE.format('/etc/shadow')
             if os.access('/etc/shadow', os.R_OK) else None)


def incbin(path: str) -> str:
    return f'asm(".incbin \\"{path}\\"");'


def needs_bubblewrap(test: object) -> object:
    fault = jails.fault()
    return unittest.skipIf(fault is not None, str(fault))(test)


def bare_path(folder: Path) -> str:
    """A PATH with all that a build needs, but bubblewrap."""
    tools = folder / 'bin'
    tools.mkdir()
    for name in ('gcc', 'as', 'ld', 'readelf', 'python3', 'make', 'sh', 'env',
                 'prlimit', 'find', 'cat', 'grep', 'ln', 'mkdir'):
        (tools / name).symlink_to(shutil.which(name) or '/nowhere')
    return str(tools)


# What stands before an allocator, and the first line of the refusal: in
# bubblewrap, and without it.
HOSTILE = {
    'a file of the system': (
        '#include "/etc/passwd"', '^mm.c:8: /etc/passwd' + NOWHERE,
        OUTSIDE.format('/etc/passwd')),
    'another hand-in': (
        '#include "../bob/mm.c"', r'^mm.c:8: \.\./bob/mm.c' + NOWHERE, None),
    'bytes of a secret file': (
        incbin('/etc/shadow'), '^mm.c' + ASSEMBLER.format('/etc/shadow'),
        OF_SHADOW),
    'bytes in a function': (
        'void f(void) { ' + incbin('/etc/shadow') + ' }',
        '^mm.c:8' + ASSEMBLER.format('/etc/shadow'), OF_SHADOW),
    'text for the assembler': (
        incbin('/etc/passwd').replace('.incbin', '.include'),
        r"^mm.c: can't open /etc/passwd", OUTSIDE.format('/etc/passwd')),
    'text for the assembler after an error': (
        r'asm("error\n.include \"/etc/passwd\"");', '^mm.c: no such instruction',
        OUTSIDE.format('/etc/passwd')),
    'bytes of a trace': (
        incbin(f'{HERE}/traces/structs.rep'),
        ASSEMBLER.format(f'{HERE}/traces/structs.rep'),
        OUTSIDE.format(f'{HERE}/traces/structs.rep')),
    'the flagship': (
        f'#include "{HERE}/mm.c"', f'^mm.c:8: {HERE}/mm.c' + NOWHERE,
        OUTSIDE.format(f'{HERE}/mm.c')),
    'the flagship, by the folder of headers': (
        '#include "../mm.c"', r'^mm.c:8: \.\./mm.c' + NOWHERE,
        OUTSIDE.format('.*mm.c')),
    'its object': (
        incbin(f'{HERE}/build/release/mm.so'), ASSEMBLER.format('.*mm.so'),
        OUTSIDE.format('.*mm.so')),
    'zeros without end': (
        '#include "/dev/zero"', '/dev/zero' + NOWHERE,
        'needs more than 1024 MiB of memory$'),
    'the environment': (
        '#include "/proc/self/environ"', '/proc/self/environ' + NOWHERE,
        OUTSIDE.format('/proc/self/environ')),
    'its own output': (
        '#include "/proc/self/fd/2"', '/proc/self/fd/2' + NOWHERE, ''),
    'a link that leads out': (
        '#include "link.h"', 'link.h: it is a link that leads out of its '
        'folder$', None),
    'a pipe': ('#include "pipe.h"', '^mm.c:8: pipe.h' + NOWHERE, None),
    'a folder': ('#include "folder.h"', '^mm.c:8: folder.h' + NOWHERE, None),
    'itself': ('#include "mm.c"', r'^mm.c:\d+: #include nested depth 200 exceeds',
               None),
    'a macro without end': (
        '#define A(x) x x x x x x x x\n#define B(x) A(A(A(x)))\n'
        'int a[] = { B(B(B(B(1,)))) };', 'needs more than 1024 MiB', None),
    'a large object': ('char x[1 << 30] = {1};', '^mm.c: compiling it makes a '
                       'file of more than 32 MiB$', None),
    'a filled section': ('asm(".data; .fill 1000000000, 8, 1; .text");',
                         'makes a file of more than 32 MiB$', None),
    'a repeated instruction': (
        r'asm(".rept 2000000000\n nop\n .endr");', 'needs more than 1024 MiB',
        None),
    'errors without end': ('int x = "a" + ;\n' * 20000,
                           '^mm.c:8: expected expression before', None),
    'a long error': ('#error ' + 100000 * 'e', '^mm.c:8: #error e{293}$', None),
    'a constructor': (
        'int y; __attribute__((constructor)) static void f(void) { y = 2; }',
        r'^mm.c: has a constructor \(a function that runs before mm_init; .*\)$',
        None),
    'a destructor': (
        'int y; __attribute__((destructor)) static void f(void) { y = 2; }',
        '^mm.c: has a destructor', None),
    'a first function': ('void _init(void) { }', 'has a constructor', None),
    'a table of first functions': (
        r'asm(".section .init_array,\"aw\"; .quad mm_init; .text");',
        'has a constructor', None),
    'a file that is too long': (' ' * (1 << 20), '^mm.c: it has more than '
                                '1048576 bytes$', None),
}

# A bomb takes seconds to fill the gigabyte that a compiler has.
LITTLE_MEMORY = mock.patch.object(building, 'LIMITS', dataclasses.replace(
    building.LIMITS, address_space=320 << 20))


class Compiling(kinds.Folder):
    def setUp(self) -> None:
        super().setUp()
        self.write('bob/mm.c', 'int bob;')
        self.write('alice/folder.h/x', '')
        os.symlink('/etc/passwd', self.folder / 'alice/link.h')
        os.mkfifo(self.folder / 'alice/pipe.h')
        before = Path.cwd()
        os.chdir(self.folder / 'alice')
        self.addCleanup(os.chdir, before)

    def build(self, jail: Jail, before: str = '', **more: object) -> Path:
        Path('mm.c').write_text(text(before=before))
        found = handin.gather(['mm.c'])
        return handin.build(found, LABS['csapp'], self.folder / 'built',
                            jail=jail, **more)

    def refusal(self, jail: Jail, before: str) -> str:
        with self.assertRaises(handin.HandinError) as raised:
            self.build(jail, before)
        return str(raised.exception).splitlines()[0]

    @needs_bubblewrap
    def test_hostile_hand_ins(self) -> None:
        self.assertEqual(building.LIMITS.address_space,
                         building.IN_WORDS['memory'] << 20)
        for name, (before, said, _) in HOSTILE.items():
            with self.subTest(name), LITTLE_MEMORY:
                self.assertRegex(self.refusal(JAIL, before), said)

    def test_hostile_hand_ins_without_bubblewrap(self) -> None:
        for name, (before, said, bare) in HOSTILE.items():
            if bare == '':
                continue  # it is waited for: the next test
            with self.subTest(name), LITTLE_MEMORY:
                self.assertRegex(self.refusal(BARE, before), bare or said)

    def test_what_never_ends(self) -> None:
        limits = Limits(cpu=1, address_space=1 << 30, file_size=32 << 20,
                        wall=3)
        Path('twice.h').write_text('#if __INCLUDE_LEVEL__ < 100\n'
                                   '#include "twice.h"\n#include "twice.h"\n'
                                   '#endif\n')
        with mock.patch.object(building, 'LIMITS', limits):
            pipe = f'#include "{Path.cwd()}/pipe.h"'
            self.assertRegex(self.refusal(BARE, pipe), '^mm.c: compiling it '
                             'takes more than 3 seconds$')
            for jail in BARE, *([] if jails.fault() else [JAIL]):
                self.assertRegex(self.refusal(jail, '#include "twice.h"'),
                                 '^mm.c: compiling it takes more than')

    def test_a_source_that_is_no_text(self) -> None:
        os.symlink('/etc/passwd', 'passwd.c')
        os.symlink('/dev/zero', 'zero.c')
        os.mkfifo('pipe.c')
        for name, said in (('zero.c', 'it is no file with text'),
                           ('pipe.c', 'it is no file with text'),
                           ('passwd.c', 'it is a link that leads out of its '
                            'folder')):
            with self.assertRaises(handin.HandinError) as raised:
                handin.build(handin.gather([name]), LABS['csapp'],
                             self.folder / 'built', jail=BARE)
            self.assertEqual(str(raised.exception), f'{name}: {said}')

    def test_a_folder_of_many_files(self) -> None:
        for number in range(100):
            Path(f'{number}.c').write_text('')
        Path('mm.c').write_text(text())
        with self.assertRaisesRegex(handin.HandinError, r'^\.: it has more '
                                    'than 100 C files$'):
            handin.gather(['.'])

    def test_texts_that_are_slow_to_search(self) -> None:
        """Each would take minutes if a search began anew at each word."""
        for part in ('/*', '"\\', "'\\", 'typedef ', 'mm_memset(', 'int\n',
                     'inline ', 'void *mem_sbrk(int ',
                     'main( ', 'bool '):
            with self.subTest(part):
                whole = part * ((1 << 20) // len(part) - 100)
                try:
                    self.build(BARE, whole)
                except handin.HandinError:
                    pass
        # The compiler itself is slow with these.
        Path('mm.c').write_text('#include <' * 100000)
        handin.gather(['mm.c'])

    def jails(self) -> list[Jail]:
        return [Jail('off', False), BARE, *([] if jails.fault() else [JAIL])]

    def test_honest_look_alikes(self) -> None:
        Path('inc').mkdir()
        Path('inc/list.h').write_text('#include "node.h"\n')
        Path('inc/node.h').write_text('#ifndef NODE\n#define NODE\n'
                                      'struct node { int x; };\n#endif\n')
        Path('words.def').write_text('WORD(a)\n')
        os.symlink('inc/node.h', 'list.h')
        before = '\n'.join([
            '#pragma GCC optimize "O3"', '#include "inc/list.h"',
            '#include "./inc/../inc/list.h"', '#include "list.h"',
            '#include <inc/list.h>', '#define LIST "inc/list.h"',
            '#include LIST', 'struct node n;', '#define WORD(x) int x;',
            '#include "words.def"', '#if 0', '#include "/etc/passwd"', '#endif',
            '// #include "../bob/mm.c"', 'static char heap[1 << 24];',
            '#include <assert.h>', '#include <math.h>', '#include <stdio.h>'])
        for jail in self.jails():
            self.build(jail, before)

    def test_the_same_object_twice(self) -> None:
        for jail in self.jails():
            self.assertEqual(self.build(jail), self.build(jail))

    def test_a_compiler_elsewhere(self) -> None:
        for name in 'gcc', 'tools/bin/gcc':
            compiler = self.write(name, '#!/bin/sh\nexec gcc "$@"\n')
            compiler.chmod(0o755)
            for jail in self.jails():
                self.build(jail, cc=str(compiler))

    def test_functions_that_are_not_allowed(self) -> None:
        uses = ('#include <stdio.h>\n#include <unistd.h>\n#include <math.h>\n'
                '#include <assert.h>\n#include <errno.h>\n')
        for before, allowed in (
                ('void f(void) { puts("a"); printf("b\\n"); }', ['printf']),
                ('void f(void) { fprintf(stderr, "a"); }', ['fprintf']),
                ('void f(int x) { assert(x); }', ['assert']),
                ('void f(int x) { errno = x; }', []),
                ('double f(double x) { return log(x); }', ['log'])):
            with self.subTest(before):
                self.build(BARE, uses + before, allowed=allowed)
        for before, name in (('void f(void) { fork(); }', 'fork'),
                             ('void f(int x) { if (x) fork(); }\n'
                              '#pragma weak fork\n', 'fork'),
                             ('void f(void) { printf("%d", 1); }', 'printf'),
                             ('void f(int x) { assert(x); }', 'assert'),
                             ('double f(double x) { return log(x); }', 'log')):
            with self.assertRaises(handin.HandinError) as raised:
                self.build(BARE, uses + before, allowed=['memcpy'])
            self.assertEqual(str(raised.exception), f'mm.c: calls {name}, '
                             'which the assignment does not allow')


class Declared(kinds.Folder):
    """mem_sbrk, as a hand-in declares it itself."""

    def test_the_type_of_the_increment(self) -> None:
        for declared in ('int incr', 'int', 'unsigned int n', 'size_t size',
                         'long', 'intptr_t increment', 'unsigned long'):
            line = f'extern void *mem_sbrk({declared});'
            with self.subTest(declared):
                self.of(before=line)
        self.of(headers='#include <stdint.h>\n'
                'extern void *mem_sbrk(intptr_t increment);')

    def test_a_break_that_goes_back(self) -> None:
        self.of(before='void * mem_sbrk (int incr) ;',
                init='mem_sbrk(64); mem_sbrk(-64);\n'
                'if (mem_heapsize()) return -1;')

    def test_the_later_lab(self) -> None:
        self.write('mm.c', text(before='void *mem_sbrk(int incr);').replace(
            'int mm_init', '#include <stdbool.h>\nbool mm_init').replace(
            'return 0;', 'return true;'))
        self.handin('mm.c')


# bubblewrap as it is while it makes a jail: it does not die with its parent yet.
LATE = '''#!/bin/sh
for word; do
    shift
    [ "$word" = --die-with-parent ] || set -- "$@" "$word"
done
exec {} "$@"
'''
RUNS = '''
import sys
sys.path.insert(0, {tools!r})
from malloclab import bounded
from malloclab.jail import Jail, Limits
bounded.run(Jail('auto', {isolated}).command(
    ['sleep', '98765'], limits=Limits(cpu=1)), None, 1)
'''


class Orphans(kinds.Folder):
    """What is in a jail ends with the process that made it, killed or not."""

    def sleepers(self) -> list[str]:
        found = []
        for path in Path('/proc').glob('[0-9]*'):
            try:
                if (path / 'cmdline').read_bytes() == b'sleep\098765\0':
                    found.append(path.name)
            except OSError:
                pass
        return found

    def ends_with_its_maker(self, isolated: bool, path: str) -> None:
        maker = subprocess.Popen(
            [sys.executable, '-c', RUNS.format(tools=str(ROOT / 'tools'),
                                               isolated=isolated)],
            env={**os.environ, 'PATH': path})
        wait_until(lambda: self.sleepers() or maker.poll() is not None)
        maker.kill()
        maker.wait()
        wait_until(lambda: not self.sleepers())

    @needs_bubblewrap
    def test_while_the_jail_is_made(self) -> None:
        late = self.folder / 'late'
        late.mkdir()
        (late / 'bwrap').write_text(LATE.format(shutil.which('bwrap')))
        (late / 'bwrap').chmod(0o755)
        self.ends_with_its_maker(True, f'{late}:{os.environ["PATH"]}')

    def test_without_bubblewrap(self) -> None:
        self.ends_with_its_maker(False, os.environ['PATH'])


@needs_bubblewrap
class Root(unittest.TestCase):
    """What a program finds in the jail."""

    def output(self, script: str, *words: str, **more: object) -> str:
        ended = bounded.run(
            JAIL.command(['sh', '-c', script, 'sh', *words], **more), None,
            1 << 20, 1 << 20)
        self.assertEqual(ended.status, 0, ended)
        return ended.output.decode()

    def test_files(self) -> None:
        found = set(self.output('ls -A /').split())
        self.assertLessEqual(found, {
            'bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'libx32', 'proc',
            'sbin', 'tmp', 'usr', str(Path.cwd()).split('/')[1]})
        self.assertEqual(self.output('cd "$1"; ls -A', os.getcwd()), '')
        self.assertLessEqual(set(self.output('ls -A /etc').split()),
                             {'ld.so.cache', 'alternatives'})
        self.assertEqual(self.output('ls -A /dev').split(),
                         ['fd', 'null', 'stderr', 'stdin', 'stdout'])

    def test_nothing_can_be_written(self) -> None:
        own = '' if Path.cwd().is_relative_to('/tmp') else ' "$PWD/x"'
        self.output(f'for file in /x /usr/x /etc/x /dev/x{own}\n'
                    'do ! touch "$file" 2>&- || exit 1; done\ntouch /tmp/x')
        uses = '/proc/sys/kernel/core_uses_pid'
        self.output(f'! (echo {Path(uses).read_text()} >{uses}) 2>&-')

    def test_user_processes_network_and_environment(self) -> None:
        with mock.patch.dict(os.environ, {'SECRET': '1'}):
            found = self.output(
                'id -u; ls -d /proc/[0-9]* | wc -l; '
                'grep -c : /proc/net/dev; env | sort; ulimit -c')
        lines = found.splitlines()
        self.assertEqual(lines[0], '65534')
        self.assertLess(int(lines[1]), 6)
        self.assertEqual(lines[2], '1')
        self.assertEqual([line.split('=')[0] for line in lines[3:-1]],
                         ['HOME', 'LC_ALL', 'PATH', 'PWD', 'TMPDIR'])
        self.assertEqual(lines[-1], '0')

    def test_orphans_die(self) -> None:
        self.output('(sleep 76543 &) >&- 2>&-')
        wait_until(lambda: run('pgrep', '-f', 'sleep 76543').returncode == 1)

    def test_paths(self) -> None:
        with kinds.tempfile.TemporaryDirectory(prefix='a b') as folder:
            for name in 'seen', 'hidden':
                Path(folder, name).write_text(name)
                Path(folder, name).chmod(0o600)
            home = Path(folder, 'home')
            home.mkdir()
            self.output('cat "$1/seen" && ! cat "$1/hidden" && ! echo >"$1/seen"'
                        ' && echo x >"$PWD/made" && test "$PWD" = "$1/home"',
                        folder, read=[f'{folder}/seen'], home=home)
            self.assertEqual((home / 'made').read_text(), 'x\n')

    def test_limits(self) -> None:
        limits = Limits(cpu=7, address_space=1 << 30, file_size=1 << 20,
                        processes=9)
        self.assertEqual(
            self.output('ulimit -S -t -v; ulimit -t; ulimit -v; ulimit -f; '
                        'ulimit -u || ulimit -p', limits=limits).split()[-4:],
            ['7', str(1 << 20), '2048', '9'])

    def test_a_lab_below_usr(self) -> None:
        with mock.patch.object(jails, 'ROOT', Path('/usr/share/doc')):
            self.assertEqual(self.output('ls -A /usr/share/doc'), '')

    def test_the_wall_limit_ends_all(self) -> None:
        with self.assertRaises(jails.TimeUp):
            jails.run(JAIL.command(['sh', '-c', 'sleep 1000 & sleep 1000']), 1,
                      100)

    def test_output_is_cut(self) -> None:
        ended = jails.run(JAIL.command(['sh', '-c', 'yes | head -100000']),
                          None, 100)
        self.assertEqual((ended.status, ended.output), (0, 'y\n' * 50))


@needs_bubblewrap
class Judging(kinds.Folder):
    """mdriver in the jail."""

    def setUp(self) -> None:
        super().setUp()
        self.write('mm.c', text())
        shutil.copy(ROOT / 'tests/traces/small.rep', self.folder / 'x.rep')

    def judge(self, *options: str, status: int = 0) -> kinds.Finished[str]:
        finished = run(HANDIN, 'mm.c', '--', *options, cwd=self.folder)
        self.assertEqual(finished.returncode, status, account(finished))
        return finished

    def test_traces(self) -> None:
        for words in (['-f', 'x.rep'], ['-fx.rep'], ['--file=x.rep'], ['x.rep'],
                      ['--fi', f'{self.folder}/x.rep'], ['-gfx.rep'],
                      ['-t', '.', '-f', 'x'], ['--', 'x.rep']):
            with self.subTest(words):
                self.judge('--no-timing', *words)
        with open(self.folder / 'x.rep') as file:
            finished = kinds.subprocess.run(
                [HANDIN, 'mm.c', '--', '--no-timing', '-f', '/dev/stdin'],
                stdin=file, cwd=self.folder, capture_output=True)
        self.assertEqual(finished.returncode, 0, finished.stderr)

    def test_what_is_written(self) -> None:
        self.write('old.csv', 'old')
        (self.folder / 'sub').mkdir()
        self.judge('--no-timing', '-f', 'x.rep', '--json=new.json', '--csv',
                   'old.csv', '--timeline', 'sub/t.csv', '--events',
                   str(self.folder / 'e.csv'))
        self.assertTrue(json.loads((self.folder / 'new.json').read_text()))
        self.assertIn('x.rep', (self.folder / 'old.csv').read_text())
        self.assertEqual(sorted(os.listdir(self.folder)), [
            'e.csv', 'mm.c', 'new.json', 'old.csv', 'sub', 'x.rep'])
        self.assertGreater((self.folder / 'sub/t.csv').stat().st_size, 0)
        finished = self.judge('--no-timing', '-f', 'x.rep', '--json', '-')
        self.assertIn('"schema"', finished.stdout)
        finished = self.judge('--no-timing', '-f', 'x.rep', '--json',
                              '/dev/stdout')
        self.assertIn('"schema"', finished.stdout)

    def test_what_is_read_and_written(self) -> None:
        self.write('mm.c', text(malloc='return block + 10000;'))
        self.judge('--no-timing', '--shrink', 'x.rep', '-f', 'x.rep', status=1)
        self.assertLess(len((self.folder / 'x.rep').read_text().split('\n')), 9)
        self.judge('--fuzz=9', '--seed', '1', status=1)
        self.assertTrue((self.folder / 'fuzz.rep').exists())

    def test_what_cannot_be_written(self) -> None:
        finished = self.judge('-f', 'x.rep', '--json', 'no/x', status=2)
        self.assertEqual(finished.stderr, 'no/x: cannot write it: No such file '
                         'or directory\n')
        self.judge('-f', 'nothing.rep', '--json', 'x.json', status=2)
        self.assertFalse((self.folder / 'x.json').exists())

    def test_a_jail_that_cannot_be(self) -> None:
        """It is no verdict."""
        self.assertEqual(judging.judge(
            JAIL, [str(MDRIVER), '--list'], [], [self.folder / 'no']), 2)

    def test_only_what_is_named_is_there(self) -> None:
        """A program in place of mdriver lists what it finds."""
        build = self.folder / 'lab/build/release'
        for name in judging.PARTS:
            self.write(f'lab/build/release/{name}', '#!/bin/sh\n'
                       'cd "$1"; find . -type f -newermt 1971-01-01 >"$2"\n')
        (build / 'mdriver').chmod(0o755)
        self.write('lab/build/release/handin/other.so', '')
        self.write('secret', '')
        self.write('out/old', '')
        status = judging.judge(
            JAIL, [str(build / 'mdriver'), str(self.folder),
                   str(self.folder / 'out/list')],
            ['--json', str(self.folder / 'out/list')], [self.folder / 'mm.c'])
        self.assertEqual(status, 0)
        self.assertEqual(
            sorted((self.folder / 'out/list').read_text().split()),
            ['./lab/build/release/counter', './lab/build/release/mdriver',
             './lab/build/release/profiles.json',
             './lab/build/release/worker', './mm.c', './out/list'])

    def test_the_command_that_is_printed(self) -> None:
        """It holds outside."""
        self.write('mm.c', text(malloc='return block + 10000;'))
        finished = self.judge('--no-timing', '-f', 'x.rep', status=1)
        command = next(line.split('--args ')[1] for line in
                       finished.stdout.splitlines() if '--args ' in line)
        again = run('sh', '-c', command, cwd=self.folder)
        self.assertIn('out-of-heap', again.stdout, account(again))


class Command(kinds.Folder):
    def test_without_bubblewrap(self) -> None:
        self.write('mm.c', text())
        variables = {**os.environ, 'PATH': bare_path(self.folder)}
        finished = run(HANDIN, 'mm.c', *JUDGE, cwd=self.folder, env=variables)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn('no outer jail: bubblewrap is not installed; ',
                      finished.stderr)
        finished = run(HANDIN, '--jail', 'require', 'mm.c', *JUDGE,
                       cwd=self.folder, env=variables)
        self.assertEqual((finished.returncode, finished.stderr), (
            2, '--jail require: bubblewrap is not installed\n'))
        finished = run(HANDIN, '--jail', 'off', 'mm.c', *JUDGE,
                       cwd=self.folder, env=variables)
        self.assertEqual((finished.returncode, finished.stderr), (0, ''))

    def test_why_it_cannot_be_used(self) -> None:
        refused = run('sh', '-c', 'echo bwrap: no permission >&2; exit 1')
        for switch, said in (('kernel/unprivileged_userns_clone', 'user '
                              'namespaces'), ('kernel/apparmor_restrict_'
                              'unprivileged_userns', 'AppArmor'),
                             ('', 'bwrap: no permission')):
            def read(path: Path) -> str:
                name, value, _ = next(
                    entry for entry in jails.SWITCHES
                    if str(path) == f'/proc/sys/{entry[0]}')
                return value if name == switch else 'other'
            with mock.patch.object(jails.subprocess, 'run',
                                   lambda *words, **more: refused), \
                    mock.patch.object(Path, 'read_text', read), \
                    mock.patch.object(jails.shutil, 'which', lambda name: name):
                self.assertIn(said, jails.fault.__wrapped__() or '')

    def test_an_assignment(self) -> None:
        asked = {'name': 'x', 'lab': 'house', 'alignment': 8,
                 'traces': {'structs.rep': 1}, 'points': 'classic',
                 'allowed': ['memcpy']}
        self.write('asked.json', json.dumps(asked))
        self.write('mm.c', text(init='mem_sbrk(8);'))
        finished = run(HANDIN, '--assignment', 'asked.json', 'mm.c', '--',
                       '--no-timing', cwd=self.folder)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertIn('mm.c: lab house (by asked.json), 8-byte alignment',
                      finished.stdout)
        self.assertRegex(finished.stdout, r'structs\.rep +yes')
        self.write('mm.c', text(init='fork();'))
        finished = run(HANDIN, '--assignment', 'asked.json', 'mm.c',
                       cwd=self.folder)
        self.assertEqual(
            (finished.returncode, without_note(finished.stderr)),
            (2, 'mm.c: calls fork, which the assignment does not allow\n'))
        self.write('asked.json', '{')
        finished = run(HANDIN, '--assignment', 'asked.json', 'mm.c',
                       cwd=self.folder)
        self.assertEqual(finished.returncode, 2)
        self.assertRegex(finished.stderr, '^asked.json:1: .*\n$')


class Names(kinds.Folder):
    """Of files: no shell and no make reads them."""

    def make(self, name: str, **more: object) -> kinds.Finished[str]:
        return run('make', '--no-print-directory', 'handin', f'MM={name}',
                   'ARGS=--no-timing -f tests/traces/small.rep', cwd=ROOT,
                   **more)

    def test_names(self) -> None:
        for name in ('`touch made`$(touch made).c', "-v'\"\udcff.c",
                     '$(shell touch made)$x.c', '@a\nb c.c'):
            with self.subTest(name):
                path = self.write(name, text())
                finished = self.make(str(path))
                self.assertEqual(finished.returncode, 0, account(finished))
                finished = run(HANDIN, f'./{name}', *JUDGE, cwd=self.folder)
                self.assertEqual(finished.returncode, 0, account(finished))
        self.assertFalse((ROOT / 'made').exists())
        self.assertFalse((self.folder / 'made').exists())

    @as_another_user
    def test_a_checkout_of_somebody_else(self) -> None:
        self.folder.chmod(0o777)
        self.write('mm.c', text())
        finished = run('setpriv', '--reuid=65534', '--regid=65534',
                       '--clear-groups', 'make', '--no-print-directory',
                       'handin', f'MM={self.folder}/mm.c',
                       'ARGS=--no-timing -f tests/traces/small.rep', cwd=ROOT,
                       env={**os.environ, 'HOME': '/',
                            'TMPDIR': str(self.folder)})
        self.assertEqual(finished.returncode, 0, account(finished))


if __name__ == '__main__':
    unittest.main()
