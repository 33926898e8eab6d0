"""tools/handin: all that a hand-in's own Makefile would build, and what is said
of the rest."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import (ROOT, Finished, account, as_another_user,
                     in_release_only, run, wait_until, without_note)

sys.path.insert(0, str(ROOT / 'tools'))
from malloclab.handin import recognize

in_release_only('hand-ins are built in the same way in every mode')

HANDIN = ROOT / 'tools/handin'
JUDGE = ['--', '--no-timing', '-f', ROOT / 'tests/traces/small.rep']

# An allocator that never uses a byte again. Words in capitals are replaced.
TEXT = r'''
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
HEADERS
#include "mm.h"
#include "memlib.h"
BEFORE

int mm_init(void)
{
    INIT
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t *block = mem_sbrk((intptr_t)((size + 15) / 16 * 16 + 16));

    if (block == (void *)-1)
        return NULL;
    block[0] = size;
    MALLOC
    return block + 2;
}

void mm_free(void *ptr)
{
    (void)ptr;
}

void *mm_realloc(void *ptr, size_t size)
{
    void *new = size ? mm_malloc(size) : NULL;

    if (new && ptr) {
        size_t old = ((size_t *)ptr)[-2];
        memcpy(new, ptr, old < size ? old : size);
    }
    return new;
}
AFTER
'''
CLASSIC = 'team_t team = {"t", "n", "i", "", ""};'
COURSE_MM_H = '''
extern int mm_init(void);
extern void *mm_malloc(size_t size);
extern void mm_free(void *ptr);
extern void *mm_realloc(void *ptr, size_t size);
typedef struct { char *teamname, *name1, *id1, *name2, *id2; } team_t;
extern team_t team;
'''
# Of another shape than ours, and with a break that takes an int.
COURSE_MEMLIB_H = '''
#include <unistd.h>
void mem_init(void);
void *mem_sbrk(int incr);
size_t mem_heapsize(void);
'''


def text(**parts: str) -> str:
    made = TEXT
    for word in 'headers', 'before', 'init', 'malloc', 'after':
        made = made.replace(word.upper(), parts.get(word, ''))
    return made


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def handin(self, *words: str | Path, status: int = 0) -> Finished[str]:
        """Of mm.c where no other name is given."""
        options = [*words] if words else [self.folder / 'mm.c']
        finished = run(HANDIN, *options, *JUDGE, cwd=self.folder)
        self.assertEqual(finished.returncode, status, account(finished))
        if status == 0:
            self.assertRegex(finished.stdout, r'small\.rep +yes ')
        return finished

    def of(self, status: int = 0, **parts: str) -> Finished[str]:
        self.write('mm.c', text(**parts))
        return self.handin('mm.c', status=status)


class Labs(Folder):
    def first_line(self, *words: str | Path, **parts: str) -> str:
        self.write('mm.c', text(**parts))
        finished = self.handin('mm.c', *words)
        return finished.stdout.splitlines()[0]

    def test_the_lab_s_own_contract(self) -> None:
        finished = self.handin(ROOT / 'mm.c')
        self.assertIn('lab house (it has mm_idea), 16-byte alignment',
                      finished.stdout)

    def test_each_variant_is_of_the_house(self) -> None:
        for path in (ROOT / 'variants').glob('*.c'):
            with self.subTest(path.name):
                self.assertEqual(recognize(path.read_text())[0].name, 'house')

    def test_by_the_text(self) -> None:
        for parts, said in (
                ({'before': CLASSIC}, 'csapp (a team structure), 8-byte'),
                ({'before': '#define ALIGNMENT 8'},
                 'csapp (ALIGNMENT is 8), 8-byte'),
                ({'before': 'int mm_audit(void) { return 0; }'},
                 'house (it has mm_audit), 16-byte'),
                ({'before': '/* mem_map */ // mm_idea'},
                 'csapp (int mm_init; if it is of this project, say --lab '
                 'house), 8-byte'),
                ({'before': 'char *s = "/*";\nconst char mm_idea[] = "x";'},
                 'house (it has mm_idea), 16-byte')):
            with self.subTest(said):
                self.assertIn(f'mm.c: lab {said}', self.first_line(**parts))

    def test_by_the_option(self) -> None:
        for lab, align in ('csapp', 8), ('house', 16):
            self.assertIn(f'lab {lab} (by --lab), {align}-byte alignment',
                          self.first_line('--lab', lab))

    def test_not_by_what_earns_more(self) -> None:
        """Payloads at multiples of 8 pass as csapp's; of house, they do not."""
        self.write('mm.c', text(
            before='const char mm_idea[] = "eight";',
            init='mem_sbrk(8);'))
        finished = self.handin('mm.c', status=1)
        self.assertIn('misaligned', finished.stdout)

    def test_make_takes_it(self) -> None:
        self.write('mm.c', text())
        finished = run('make', '--no-print-directory', 'handin', 'LAB=house',
                       f'MM={self.folder}/mm.c',
                       'ARGS=--no-timing -f tests/traces/small.rep', cwd=ROOT)
        self.assertIn('lab house (by --lab)', finished.stdout)


class Builds(Folder):
    def test_folders_of_one_name_at_one_time(self) -> None:
        for who, init in ('a', ''), ('b', 'return -1;'):
            self.write(f'{who}/lab/mm.c', text(init=init))
        running = [(who, subprocess.Popen(
            [HANDIN, f'{who}/lab/mm.c', *JUDGE], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)) for who in 'abab']
        for who, process in running:
            said, _ = process.communicate()
            self.assertEqual(process.returncode, 'ab'.index(who), said)
            self.assertIn(f'Results for {who}/lab/mm.c malloc', said)

    def test_the_table_names_the_path(self) -> None:
        self.write('mm.c', text())
        finished = run(HANDIN, 'mm.c', *JUDGE, cwd=self.folder)
        self.assertIn('Results for mm.c malloc', finished.stdout)

    def test_a_name_that_the_judge_would_cut(self) -> None:
        self.write('a=1,b.c', text())
        finished = self.handin('a=1,b.c')
        self.assertIn('Results for a_1_b.c malloc', finished.stdout)

    def test_a_path_is_no_folder_of_records(self) -> None:
        self.write('h/mm.c', text())
        finished = run(HANDIN, 'h/mm.c', '--', '--adversary',
                       'robson:n=16+64,M=4096', '--record', 'x.rep',
                       cwd=self.folder)
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(sorted(path.name for path in
                                self.folder.glob('x*')),
                         ['x.h_mm.c-16.rep', 'x.h_mm.c-64.rep'])

    def test_its_own_headers(self) -> None:
        self.write('mm.h', '#include <stdio.h>\n#define CHUNK 4096\n'
                   + COURSE_MM_H)
        self.write('config.h', '#define WIDTH 16\n')
        self.write('memlib.h', COURSE_MEMLIB_H)
        self.of(headers='#include "config.h"', before=CLASSIC,
                init='int page[CHUNK]; page[WIDTH] = 0; (void)page;')

    def test_own_headers_that_do_not_fit(self) -> None:
        self.write('mm.h', '#include "nowhere.h"\n')
        finished = self.of()
        self.assertIn('mm.h: does not fit here', finished.stderr)

    def test_a_team_of_another_shape(self) -> None:
        self.write('mm.h', '#include <stdio.h>\n'
                   'typedef struct { char *name, *id; } team_t;')
        self.of(before='team_t team = {"somebody", "7"};')

    def test_a_bool_of_its_own(self) -> None:
        for own in ('typedef int bool;', 'typedef enum {false, true} bool;',
                    '#define bool int', 'enum {false, true};'):
            with self.subTest(own):
                self.of(before=own)

    def test_names_that_only_this_project_has(self) -> None:
        self.of(before=CLASSIC + '\nstatic int mem_footprint;\n'
                'enum {MEM_UNIT = 3};\nstatic void *mm_calloc(int n)'
                ' { return n ? NULL : NULL; }',
                init='mem_footprint = MEM_UNIT; mm_calloc(1);')

    def test_mathematics(self) -> None:
        self.of(headers='#include <math.h>',
                before='static volatile double x = 2;',
                init='x = log(x) + pow(x, 3);')

    def test_a_heap_that_it_begins_itself(self) -> None:
        self.of(init='mem_deinit(); mem_init();')
        self.of(init='mem_init();')
        self.of(init='mem_reset_brk();')

    @unittest.skipUnless(shutil.which('clang'), 'not installed: clang')
    def test_constants_that_only_clang_takes(self) -> None:
        before = 'static const int n = 4;\nstatic char *lists[n + 1];'
        finished = self.of(before=before, init='lists[0] = NULL;')
        self.assertIn('mm.c: gcc refuses it; it is built with clang',
                      finished.stderr)

    def test_constants_without_clang(self) -> None:
        tools = self.folder / 'bin'
        tools.mkdir()
        for name in 'gcc', 'as', 'ld', 'python3', 'make', 'sh', 'env':
            (tools / name).symlink_to(shutil.which(name) or '/nowhere')
        self.write('mm.c', text(before='static const int n = 4;\n'
                                'static char *lists[n + 1];'))
        finished = run(HANDIN, 'mm.c', cwd=self.folder,
                       env={**os.environ, 'PATH': str(tools)})
        self.assertEqual(finished.returncode, 2, account(finished))
        self.assertRegex(finished.stderr, r'mm\.c:9: a const variable is no '
                         r'constant expression.*install clang')

    def test_the_heap_by_penn_state_s_names(self) -> None:
        later = text(before='#include <stdbool.h>').replace(
            'int mm_init', 'bool mm_init').replace(
            'return 0;', 'return true;').replace('mem_sbrk', 'mm_sbrk')
        self.write('mm.c', later.replace('memcpy', 'mm_memcpy'))
        self.handin('mm.c')
        self.write('mm.c', later.replace('#include <stdbool.h>',
                                         'typedef int bool;\n#define true 1'))
        self.handin('mm.c')
        own = '''#include <stdbool.h>
        static void *mm_memcpy(void *a, const void *b, size_t n)
        { return memcpy(a, b, n); }
        '''
        self.write('mm.c', later.replace('#include <stdbool.h>', own).replace(
            'mm_sbrk', 'mem_sbrk'))
        self.handin('mm.c')


class Files(Folder):
    LIST = 'int list_length(void) { return 3; }\n'
    USER = {'before': 'int list_length(void);', 'init': 'list_length();'}

    def setUp(self) -> None:
        super().setUp()
        self.write('h/mm.c', text(**self.USER))
        self.write('h/list.c', self.LIST)

    def test_a_folder(self) -> None:
        self.write('h/mdriver.c', 'int main(void) { return 0; }')
        self.write('h/test.c', 'int main(int n, char **v)\n{ return 0; }')
        self.write('h/mm-old.c', text())
        for given in 'h', 'h/':
            finished = self.handin(given)
            self.assertIn('from mm.c list.c', finished.stdout)

    def test_several_files(self) -> None:
        self.handin('h/mm.c', 'h/list.c')
        self.write('other/list.c', self.LIST)
        self.handin('h/mm.c', 'other/list.c')

    def test_make_takes_several(self) -> None:
        for given in f'{self.folder}/h', \
                f'{self.folder}/h/mm.c {self.folder}/h/list.c':
            finished = run('make', '--no-print-directory', 'handin',
                           f'MM={given}', 'ARGS=--no-timing -f '
                           'tests/traces/small.rep', cwd=ROOT)
            self.assertEqual(finished.returncode, 0, account(finished))

    def test_a_file_that_is_included(self) -> None:
        self.write('h/mm.c', text(before='#include "list.c"',
                                  init='list_length();'))
        self.handin('h')
        self.handin('h/mm.c')

    def test_one_file_of_several(self) -> None:
        finished = self.handin('h/mm.c', status=2)
        self.assertEqual(
            finished.stderr.splitlines()[-1],
            'h/mm.c: list_length is used and defined nowhere; a folder in '
            'place of the file takes its other C files along')

    def test_a_folder_without_it(self) -> None:
        (self.folder / 'empty').mkdir()
        finished = self.handin('empty', status=2)
        self.assertEqual(finished.stderr,
                         'empty: there is no mm.c in this folder\n')

    def test_cpp(self) -> None:
        self.write('mm.cpp', 'class A {};')
        self.write('mm.c', '/* A */\n#include <vector>\n')
        self.write('p/mm.cc', '')
        for given, said in (
                ('mm.cpp', 'mm.cpp: this is a C++ file; a hand-in is in C\n'),
                ('p', 'p/mm.cc: this is a C++ file; a hand-in is in C\n'),
                ('mm.c', 'mm.c:2: this is C++ (#include <vector>); a hand-in '
                 'is in C\n')):
            self.assertEqual(self.handin(given, status=2).stderr, said)

    def test_spaces_without_end(self) -> None:
        self.of(before='#if 0\nnamespace' + 500_000 * ' ' + 'x\n#endif')

    def test_inline_without_a_definition(self) -> None:
        far = 'inline __attribute__((noinline)) int twice(int n)\n' \
            '{ return 2 * n; }'
        finished = self.of(status=2, before=far, init='return twice(0);')
        self.assertRegex(finished.stderr.splitlines()[-1],
                         r'^mm\.c:8: twice is inline without static: .*'
                         r"'static inline'")
        self.of(before=f'static {far}', init='return twice(0);')
        self.of(before=f'{far}\nextern int twice(int n);',
                init='return twice(0);')


class Narrow(Folder):
    def test_32_bits_are_named(self) -> None:
        for parts in ({'init': 'mem_sbrk(4);', 'before': CLASSIC},
                      {'before': 'static int word;\nstatic int *place = &word;',
                       'malloc': 'unsigned half = (unsigned)(size_t)place; '
                       '*(volatile int *)(size_t)half = 1;'}):
            finished = self.of(status=1, **parts)
            self.assertRegex(finished.stdout,
                             r'\nIt may need pointers of 4 bytes \(.*\): try '
                             r'MODE=m32\.(\nBut .*\.)?\n\Z')

    def test_other_faults_do_not_name_them(self) -> None:
        for parts in ({'init': 'mem_sbrk(1);'},
                      {'malloc': 'return block + 10000;'},
                      {'malloc': '*(volatile int *)0 = 1;'}):
            finished = self.of(status=1, **parts)
            self.assertNotIn('m32', finished.stdout)

    def test_without_a_library_of_32_bits(self) -> None:
        tools = self.folder / 'bin'
        tools.mkdir()
        compiler = self.write('bin/gcc', '#!/bin/sh\ncase " $* " in *" -m32 "*)'
                              f' exit 1;; esac\nexec {shutil.which("gcc")} '
                              '"$@"\n')
        compiler.chmod(0o755)
        path = f'{tools}:{os.environ["PATH"]}'
        self.write('mm.c', text(init='mem_sbrk(4);'))
        finished = run(HANDIN, 'mm.c', *JUDGE, cwd=self.folder,
                       env={**os.environ, 'PATH': path})
        self.assertIn('the package gcc-multilib is not installed',
                      finished.stdout.splitlines()[-1])
        finished = run(HANDIN, '--mode', 'm32', 'mm.c', cwd=self.folder,
                       env={**os.environ, 'PATH': path})
        self.assertEqual((finished.returncode, finished.stderr), (
            2, 'MODE=m32 needs programs of 32 bits: the package gcc-multilib '
            'is not installed\n'))


    def test_where_no_program_of_32_bits_runs(self) -> None:
        compiler = self.write('bin/gcc', f"""#!/bin/sh
case " $* " in *" -m32 "*)
    while [ "$1" != -o ]; do shift; done
    echo no program > "$2"; chmod +x "$2"; exit 0;;
esac
exec {shutil.which("gcc")} "$@"
""")
        compiler.chmod(0o755)
        self.write('mm.c', text(init='mem_sbrk(4);'))
        finished = run(HANDIN, 'mm.c', *JUDGE, cwd=self.folder, env={
            **os.environ, 'PATH': f'{compiler.parent}:{os.environ["PATH"]}'})
        self.assertIn("this system's kernel runs no programs of 32 bits",
                      finished.stdout.splitlines()[-1])


class Ends(Folder):
    def test_exit_statuses_from_any_folder(self) -> None:
        self.of(status=0)
        self.of(status=1, init='return -1;')
        self.of(status=2, init='return')

    @as_another_user
    def test_a_folder_that_cannot_be_listed(self) -> None:
        self.write('shut/mm.c', text())
        self.folder.chmod(0o755)
        (self.folder / 'shut').chmod(0o711)
        (self.folder / 'free').mkdir()
        (self.folder / 'free').chmod(0o777)
        nobody = '--reuid=65534', '--regid=65534', '--clear-groups'
        finished = run('setpriv', *nobody, HANDIN, 'shut/mm.c', *JUDGE,
                       cwd=self.folder,
                       env={**os.environ, 'HOME': '/',
                            'TMPDIR': str(self.folder / 'free')})
        self.assertEqual(finished.returncode, 0, account(finished))

    def test_a_checkout_of_somebody_else(self) -> None:
        """Root may write everywhere: the test looks on as if it could not."""
        self.write('mm.c', text())
        self.write('sitecustomize.py', 'import os\nreal = os.access\n'
                   'os.access = lambda path, mode: mode != os.W_OK or '
                   f'not str(path).startswith({str(ROOT)!r})\n')
        variables = {**os.environ, 'PYTHONPATH': str(self.folder),
                     'TMPDIR': str(self.folder)}
        finished = run(HANDIN, 'mm.c', *JUDGE, cwd=self.folder, env=variables)
        self.assertEqual(finished.returncode, 0, account(finished))
        own = self.folder / f'malloclab-{os.getuid()}/release'
        self.assertEqual(len(list(own.glob('*/*.so'))), 1)

    def test_a_checkout_that_is_not_built(self) -> None:
        clone = self.folder / 'lab'
        shutil.copytree(ROOT / 'tools', clone / 'tools')
        self.write('mm.c', text())
        self.write('sitecustomize.py', 'import os\n'
                   'os.access = lambda path, mode: False\n')
        finished = run(clone / 'tools/handin', 'mm.c', cwd=self.folder,
                       env={**os.environ, 'PYTHONPATH': str(self.folder)})
        self.assertEqual((finished.returncode, finished.stderr), (
            2, f'{clone}: the lab is not built for mode release, and cannot '
            'be, for you may not write there\n'))

    def test_interrupted(self) -> None:
        self.write('mm.c', text())
        with subprocess.Popen(
                [HANDIN, 'mm.c', '--', '--reps', '9999', '-f', 'comb'],
                cwd=self.folder, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True) as process:
            assert process.stdout
            process.stdout.readline()
            wait_until(lambda: 'mdriver' in children(process.pid))
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertNotIn('Traceback', said)

    def test_interrupted_while_it_compiles(self) -> None:
        self.write('mm.c', text())
        compiler = self.write('slow', '#!/bin/sh\necho >&2; sleep 100\n')
        compiler.chmod(0o755)
        process = subprocess.Popen(
            [HANDIN, '--cc', compiler, 'mm.c'], cwd=self.folder, text=True,
            stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, 'TMPDIR': str(self.folder)})
        wait_until(lambda: 'slow' in children(process.pid))
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
        self.assertEqual((process.returncode, without_note(said)), (130, ''))
        self.assertEqual(list(self.folder.glob('tmp*')), [])


def children(pid: int) -> str:
    """The command lines of a process's children."""
    found = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    lines = []
    for child in found:
        try:
            lines.append(Path(f'/proc/{child}/cmdline').read_text())
        except OSError:
            pass  # it has ended
    return ' '.join(lines)
