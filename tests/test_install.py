"""`make install`: what a program that links the libraries finds."""
from __future__ import annotations

import re
import shutil
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, account, run

LIBRARIES = sorted(path.stem for path in ROOT.glob('libraries/*.c'))
EVERY = ['mm', *LIBRARIES]
STRICT = ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror',
          '-fsyntax-only']


def make(*words: str):
    return run('make', '--no-print-directory', '-s', *words, cwd=ROOT)


@unittest.skipUnless(BUILD.name == 'release', 'release is what is installed')
class Install(unittest.TestCase):
    root: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = Path(cls.folder.name)
        cls.prefix = cls.root / 'opt'
        finished = make('install', f'PREFIX={cls.prefix}')
        assert finished.returncode == 0, account(finished)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def good(self, *command: str | Path, **more) -> str:
        finished = run(*command, cwd=self.root, **more)
        self.assertEqual(finished.returncode, 0, account(finished))
        return finished.stdout

    def flags(self, name: str, *more: str) -> list[str]:
        """What pkg-config says of the library."""
        if not shutil.which('pkg-config'):
            self.skipTest('no pkg-config here')
        path = self.prefix / 'lib/pkgconfig'
        return self.good('pkg-config', '--cflags', '--libs', *more, name,
                         env={'PKG_CONFIG_PATH': str(path),
                              'PATH': '/usr/bin:/bin'}).split()

    def test_all_of_it_is_there(self) -> None:
        wanted = {'lib/libmm_malloc.so', 'lib/libmm_malloc.so.1'}
        for name in EVERY:
            wanted |= {f'include/{name}.h', f'lib/lib{name}.a',
                       f'lib/lib{name}.so', f'lib/lib{name}.so.1',
                       f'lib/pkgconfig/{name}.pc'}
        found = {str(path.relative_to(self.prefix))
                 for path in self.prefix.rglob('*') if not path.is_dir()}
        self.assertEqual(found, wanted)

    def test_headers_stand_alone(self) -> None:
        for name in EVERY:
            with self.subTest(name):
                self.good('gcc', *STRICT, self.prefix / f'include/{name}.h')

    def test_headers_are_for_cplusplus_too(self) -> None:
        if not shutil.which('g++'):
            self.skipTest('no g++ here')
        for name in EVERY:
            with self.subTest(name):
                self.good('g++', '-Wall', '-Wextra', '-Werror',
                          '-fsyntax-only', '-x', 'c++',
                          self.prefix / f'include/{name}.h')

    def example(self, name: str, *flags: str) -> Path:
        source = ROOT / f'libraries/examples/{name}.c'
        target = self.root / f'{name}-example'
        self.good('gcc', '-Wall', '-Wextra', '-Werror', '-o', target, source,
                  *flags)
        return target

    def test_examples_with_the_shared_library(self) -> None:
        for name in EVERY:
            with self.subTest(name):
                program = self.example(name, *self.flags(name))
                environment = {'LD_LIBRARY_PATH': str(self.prefix / 'lib')}
                self.assertIn(f'lib{name}.so.1',
                              self.good('ldd', program, env=environment))
                self.assertTrue(self.good(program, env=environment))

    def test_examples_with_the_static_library_say_the_same(self) -> None:
        for name in EVERY:
            with self.subTest(name):
                flags = self.flags(name, '--static')
                archive = str(self.prefix / f'lib/lib{name}.a')
                static = [archive if flag == f'-l{name}' else flag
                          for flag in flags]
                shared = self.good(
                    self.example(name, *flags),
                    env={'LD_LIBRARY_PATH': str(self.prefix / 'lib')})
                program = self.example(name, *static)
                self.assertNotIn(f'lib{name}.so', self.good('ldd', program))
                self.assertEqual(self.good(program), shared)

    def declared(self, name: str) -> set[str]:
        """The functions of its header; hmm's are the C library's."""
        if name == 'hmm':
            text = (ROOT / 'runtime/malloc.map').read_text()
            return set(re.findall(r'(\w+);', text))
        text = (self.prefix / f'include/{name}.h').read_text()
        code = re.sub(r'/\*.*?\*/|^#.*?$', '', text, flags=re.S | re.M)
        return set(re.findall(r'\b(\w+)\s*\([^()]*\)[^;{]*;', code))

    def test_shared_libraries_export_their_header(self) -> None:
        for name in LIBRARIES:
            with self.subTest(name):
                listing = self.good('nm', '-D', '--defined-only', '-f',
                                    'posix', self.prefix /
                                    f'lib/lib{name}.so.1')
                exported = {line.split()[0] for line in listing.splitlines()}
                self.assertEqual(exported, self.declared(name))

    def test_mm_as_a_malloc(self) -> None:
        library = self.prefix / 'lib/libmm_malloc.so.1'
        text = self.good('sh', '-c', f'LD_PRELOAD={library} cat /proc/self/'
                         'maps; seq 1000 | LD_PRELOAD=$0 sort -n | tail -1',
                         library)
        self.assertIn(str(library), text)
        self.assertTrue(text.endswith('1000\n'))

    def test_destdir_and_uninstall(self) -> None:
        target = self.root / 'stage'
        words = ('PREFIX=/usr', f'DESTDIR={target}')
        self.assertEqual(make('install', *words).returncode, 0)
        self.assertTrue((target / 'usr/lib/libmm.a').exists())
        self.assertIn('prefix=/usr\n',
                      (target / 'usr/lib/pkgconfig/mm.pc').read_text())
        self.assertEqual(make('uninstall', *words).returncode, 0)
        left = [path for path in target.rglob('*') if not path.is_dir()]
        self.assertEqual(left, [])


class Copied(unittest.TestCase):
    """A library's two files and the headers that they share, alone."""

    def test_a_program_is_compiled_with_them(self) -> None:
        for name in LIBRARIES:
            with self.subTest(name), tempfile.TemporaryDirectory() as folder:
                text = f'"{name}.c" "{name}.h"'
                for file in (f'{name}.c', f'{name}.h', 'fork_lock.h',
                             'malloc_names.h', 'second_names.h',
                             'tagged_heap.h'):
                    if f'"{file}"' in text:
                        shutil.copy(ROOT / 'libraries' / file, folder)
                        text += (ROOT / 'libraries' / file).read_text()
                example = ROOT / f'libraries/examples/{name}.c'
                built = run('cc', '-std=gnu11', '-O2', '-Wall', '-Wextra',
                            '-Werror', '-I', folder, example, f'{name}.c',
                            '-o', 'program', cwd=folder)
                self.assertEqual(built.returncode, 0, account(built))
                ran = run(Path(folder) / 'program', cwd=folder)
                self.assertEqual(ran.returncode, 0, account(ran))
