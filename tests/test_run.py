"""tools/run: programs with any allocator as their malloc."""
from __future__ import annotations

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from support import (BUILD, ROOT, TESTS, Finished, account, in_release_only,
                     run)

in_release_only('preloads are of release only')

PRELOADS = BUILD / 'preload'
HANDINS = TESTS / 'handin'
MAPS = ('cat', '/proc/self/maps')


def tools_run(*words: str | Path, preloaded: str = '',
              variables: dict[str, str] | None = None, **more
              ) -> Finished[str]:
    variables = {**os.environ, **(variables or {}), 'LD_PRELOAD': preloaded}
    if not preloaded:
        del variables['LD_PRELOAD']
    return run(ROOT / 'tools/run', *words, env=variables, **more)


BROUGHT = """
void *__libc_malloc(unsigned long);
int asked;
void *malloc(unsigned long size) { asked = 1; return __libc_malloc(size); }
"""
BRINGS = """
#include <stdio.h>
#include <stdlib.h>
extern int asked;
int main(void) { free(malloc(1)); puts(asked ? "its own" : "libc's"); }
"""


def bringing_its_own(folder: Path) -> Path:
    """A program that is linked with a malloc in a shared object."""
    library, program = folder / 'libbrought.so', folder / 'brings'
    for out, text, words in ((library, BROUGHT, ('-shared', '-fPIC')),
                             (program, BRINGS, ('-fno-builtin', library))):
        source = out.with_suffix('.c')
        source.write_text(text)
        finished = run('cc', '-o', out, source, *words)
        if finished.returncode:
            raise AssertionError(account(finished))
    return program


class Run(unittest.TestCase):
    maxDiff = None

    def good(self, *words: str | Path, **more) -> str:
        finished = tools_run(*words, **more)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stderr, '')
        return finished.stdout

    def refuses(self, pattern: str, *words: str | Path,
                status: int = 2) -> None:
        """One line, and nothing is run."""
        finished = tools_run(*words)
        self.assertEqual(finished.returncode, status, account(finished))
        self.assertEqual(finished.stdout, '')
        self.assertRegex(finished.stderr, f'^tools/run: {pattern}.*\n$')
        self.assertEqual(finished.stderr.count('\n'), 1)

    # ---- What is run. ----

    def test_mm_unless_told_otherwise(self) -> None:
        self.assertIn(str(PRELOADS / 'mm.so'), self.good('--', *MAPS))
        self.assertIn(str(PRELOADS / 'mm.so'), self.good(*MAPS))

    def test_every_allocator_of_the_build(self) -> None:
        for library in sorted(PRELOADS.glob('*.so')):
            with self.subTest(library.stem):
                text = self.good('-a', library.stem, '--', *MAPS)
                self.assertIn(str(library), text)

    def test_children_have_it_too(self) -> None:
        text = self.good('-a', 'tlsf', '--', 'sh', '-c', 'cat /proc/self/maps; '
                         'true')
        self.assertIn(str(PRELOADS / 'tlsf.so'), text)

    def test_libc_is_none_of_the_build(self) -> None:
        self.assertNotIn(str(BUILD), self.good('-a', 'libc', '--', *MAPS))

    def test_libc_stands_before_what_a_program_brings(self) -> None:
        """As redis-server does, which Debian links with jemalloc."""
        with tempfile.TemporaryDirectory() as folder:
            program = bringing_its_own(Path(folder))
            self.assertEqual(run(program).stdout, 'its own\n')
            self.assertEqual(self.good('-a', 'libc', '--', program), "libc's\n")

    def test_what_was_preloaded_is_kept(self) -> None:
        other = str(BUILD / 'runtime/plugin.so')
        text = self.good('--', 'sh', '-c', 'echo "$LD_PRELOAD"; '
                         'cat /proc/self/maps', preloaded=other)
        self.assertTrue(text.startswith(f'{PRELOADS / "mm.so"}:{other}\n'))
        self.assertIn(f'{other}\n', text.partition('\n')[2])
        text = self.good('-a', 'libc', '--', 'sh', '-c', 'echo "$LD_PRELOAD"',
                         preloaded=other)
        self.assertEqual(text, f'libc.so.6:{other}\n')

    def test_a_path(self) -> None:
        path = os.path.relpath(PRELOADS / 'kr.so')
        self.assertIn(str(PRELOADS / 'kr.so'),
                      self.good('-a', f'./{path}', '--', *MAPS))

    def test_a_path_that_the_loader_would_split(self) -> None:
        for name in ('a b', 'a:b', 'a$ORIGIN b'):
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                place = Path(folder) / name
                place.mkdir()
                shutil.copy(PRELOADS / 'kr.so', place)
                text = self.good('-a', place / 'kr.so', '--', *MAPS)
                self.assertIn(str(place / 'kr.so'), text)

    def test_a_link_for_such_a_path_that_cannot_be_made(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / 'a b'
            place.mkdir()
            shutil.copy(PRELOADS / 'kr.so', place)
            (Path(folder) / f'malloclab-{os.getuid()}').symlink_to(place)
            finished = tools_run('-a', place / 'kr.so', '--', 'true',
                                 variables={'XDG_RUNTIME_DIR': folder})
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertRegex(finished.stderr, "^tools/run: LD_PRELOAD cannot name "
                         "'.*a b/kr.so', and no link to it can be made: "
                         ".* is not a folder of this user alone\n$")

    def test_a_soname_of_the_system(self) -> None:
        self.assertRegex(self.good('-a', 'libm.so.6', '--', *MAPS),
                         r'/\S*libm\.so\.6\n')

    def test_a_real_program(self) -> None:
        program = 'print(sum(len(str(i) * (i % 50)) for i in range(20000)))'
        wanted = self.good('-a', 'libc', '--', 'python3', '-c', program)
        for name in ('mm', 'kr', 'slab'):
            with self.subTest(name):
                self.assertEqual(self.good('-a', name, '--', 'python3', '-c',
                                           program), wanted)

    # ---- Hand-ins. ----

    def test_handins_are_built_first(self) -> None:
        for name in ('classic', 'cmu'):
            with self.subTest(name):
                text = self.good('-a', HANDINS / f'{name}.c', '--', *MAPS)
                self.assertRegex(text, rf'{PRELOADS}/handin/\w+/{name}\.so')

    def test_handins_keep_the_promises_of_malloc(self) -> None:
        """Though one of them aligns to 8 only, and neither knows sizes."""
        for name in ('classic', 'cmu'):
            for program in ('family_test', 'process_test'):
                with self.subTest(f'{name} {program}'):
                    finished = tools_run(
                        '-a', HANDINS / f'{name}.c', '--', 'env',
                        'MALLOC_CANNOT=give-back',
                        BUILD / 'runtime' / program)
                    self.assertEqual(finished.returncode, 0,
                                     account(finished))

    def test_a_handin_with_blanks_in_its_path(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / 'my malloc.c'
            source.write_text((HANDINS / 'cmu.c').read_text())
            self.assertEqual(self.good('-a', source, '--', 'echo', 'fine'),
                             'fine\n')

    def test_a_handin_that_does_not_compile(self) -> None:
        finished = tools_run('-a', HANDINS / 'broken.c', '--', 'echo', 'ran')
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertEqual(finished.stdout, '')
        self.assertRegex(finished.stderr, "^tools/run: .*broken.c:8: expected ';' "
                         r'.*\n.*broken.c: does not compile as csapp')

    def test_a_handin_that_is_not_there(self) -> None:
        self.refuses('no-such.c: cannot read it', '-a', 'no-such.c', '--',
                     'echo', 'ran')

    # ---- Exit statuses. ----

    def test_the_exit_status_is_the_commands(self) -> None:
        for status in (0, 1, 7, 255):
            finished = tools_run('--', 'sh', '-c', f'exit {status}')
            self.assertEqual(finished.returncode, status)
            self.assertEqual(finished.stdout + finished.stderr, '')

    def test_a_signal_is_the_commands(self) -> None:
        self.assertEqual(tools_run('--', 'sh', '-c', 'kill -TERM $$')
                         .returncode, -15)

    def test_a_command_that_is_not_there(self) -> None:
        self.refuses('no-such-command: No such file', '--', 'no-such-command',
                     status=127)

    def test_a_command_that_cannot_be_run(self) -> None:
        self.refuses('/: Permission denied', '--', '/', status=126)

    def test_an_unknown_allocator(self) -> None:
        self.refuses("no allocator 'no-such': it is none of mm, .*, libc, ",
                     '-a', 'no-such', '--', 'echo', 'ran')

    def test_a_soname_that_the_loader_does_not_find(self) -> None:
        self.refuses("no allocator 'libno-such.so.3': ", '-a',
                     'libno-such.so.3', '--', 'echo', 'ran')

    def test_a_file_that_is_no_malloc(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            source, empty, pipe = (folder / name for name in (
                'x.c', 'empty.so', 'pipe.so'))
            source.write_text('int mm_x;\n')
            empty.touch()
            os.mkfifo(pipe)
            library = folder / 'library.so'
            self.assertEqual(run('gcc', '-shared', '-o', library, source)
                             .returncode, 0)
            for path, said in ((folder, 'it is no file'),
                               (pipe, 'it is no file'),
                               (empty, 'it is no shared object'),
                               (source.with_suffix('.c'), 'has no mm_init, '
                                'mm_malloc, mm_free, mm_realloc'),
                               (library, 'it has no malloc')):
                self.refuses(f'{path}: {said}', '-a', path, '--', 'echo',
                             'ran')

    def test_no_command_by_name(self) -> None:
        self.refuses('error: no command is given', '--', '')

    def test_a_path_that_is_not_there(self) -> None:
        self.refuses("no allocator './no/such.so': ", '-a', './no/such.so',
                     '--', 'echo', 'ran')

    def test_no_command(self) -> None:
        finished = tools_run('-a', 'mm')
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertTrue(finished.stderr.endswith('no command is given\n'))

    # ---- What it tells. ----

    def test_print(self) -> None:
        self.assertEqual(self.good('--print'), f'{PRELOADS / "mm.so"}\n')
        self.assertEqual(self.good('--print', '-a', 'tlsf'),
                         f'{PRELOADS / "tlsf.so"}\n')
        self.assertEqual(self.good('--print', '-a', 'libc'), 'libc.so.6\n')
        self.assertRegex(self.good('--print', '-a', 'libm.so.6'),
                         r'^/.*libm\.so\.6\n$')
        self.assertRegex(self.good('--print', '-a', HANDINS / 'cmu.c'),
                         rf'^{PRELOADS}/handin/[0-9a-f]+/cmu\.so\n$')
        self.refuses("no allocator 'x'", '--print', '-a', 'x')

    def test_list(self) -> None:
        built = sorted(path.stem for path in PRELOADS.glob('*.so'))
        names = self.good('--list').split()
        self.assertEqual(sorted(names), sorted([*built, 'libc']))
        self.assertEqual((names[0], names[-1]), ('mm', 'libc'))

    def test_help(self) -> None:
        self.assertIn('--allocator', self.good('--help'))

    def test_the_example_of_the_help(self) -> None:
        text = self.good('--', 'sh', '-c',
                         f'LD_PRELOAD=$({ROOT}/tools/run --print '
                         '--allocator tlsf) cat /proc/self/maps')
        self.assertIn(str(PRELOADS / 'tlsf.so'), text)
