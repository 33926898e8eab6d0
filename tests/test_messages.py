"""What a bad verdict says to a student, and what its gdb command shows."""
from __future__ import annotations

import shlex
import shutil
import tempfile
import unittest
from pathlib import Path

from support import BUILD, ROOT, account, in_release_only, mdriver, run

in_release_only('messages are the same in every build')

TRACES = ROOT / 'tests/traces'


def verdict(bad: str, trace: str, *more: str) -> list[str]:
    """The lines about the verdict of an allocator of tests/bad."""
    finished = mdriver('--allocator', f'bad={BUILD}/bad/{bad}.so', '-v', '0',
                       *more, '-c', TRACES / f'{trace}.rep')
    return [line for line in finished.stdout.splitlines() if line]


class Sentences(unittest.TestCase):
    def test_realloc_that_does_not_preserve(self) -> None:
        for kind in 'nothing', 'too-little':
            said = verdict(f'data-lost.realloc-copies-{kind}', 'realloc')[0]
            self.assertRegex(
                said, r'realloc\.rep:13: r 3 164: mm_realloc did not preserve '
                r'the data: byte \d+ of the 164 bytes at 0x\w+ is 0x00, and '
                r'was 0x\w\w before$')
            self.assertEqual(said.count('realloc.rep'), 1)

    def test_damage_that_realloc_only_finds(self) -> None:
        for line in verdict('data-lost.link-in-the-next-block', 'small'):
            self.assertNotIn('did not preserve', line)

    def test_free_of_null(self) -> None:
        self.assertIn('; f -1 is mm_free(NULL), which C allows, and which '
                      'does nothing', verdict('crashed.free-of-null',
                                              'edge')[0])

    def test_what_is_missing(self) -> None:
        self.assertTrue(verdict('load-failed.lacks-free', 'small')[0].endswith(
            'failed: it has no mm_free'))

    def test_all_that_are_missing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / 'x.c'
            source.write_text('void *mm_malloc(unsigned long n) { return 0; }')
            built = Path(folder) / 'x.so'
            run('gcc', '-shared', '-fPIC', '-o', built, source)
            finished = mdriver('--allocator', built, '-c',
                               TRACES / 'small.rep')
        self.assertIn('failed: it has no mm_init, mm_free, mm_realloc\n',
                      finished.stdout, account(finished))


@unittest.skipUnless(shutil.which('gdb'), 'not installed: gdb')
class Debugger(unittest.TestCase):
    def stops_in(self, command: str) -> str:
        """The function in which the debugger stops."""
        words = shlex.split(command)
        cut = words.index('--args')
        words[cut:cut] = ['-ex', 'frame', '-batch', '-nx']
        finished = run(*words, cwd=ROOT)
        frames = [line for line in finished.stdout.splitlines()
                  if line.startswith('#0')]
        return frames[-1] if frames else account(finished)

    def test_it_stops_in_the_student_s_function(self) -> None:
        for bad, trace, function in (
                ('data-lost.realloc-copies-nothing', 'realloc', 'mm_realloc'),
                ('data-lost.link-in-the-next-block', 'small', 'mm_free'),
                ('crashed.free-of-null', 'edge', 'mm_free'),
                ('overlap.by-one-byte', 'small', 'mm_malloc'),
                ('null.calloc', 'calloc', 'mm_calloc'),
                ('null.memalign', 'memalign', 'mm_memalign'),
                ('crashed.in-init', 'small', 'mm_init')):
            with self.subTest(bad):
                command = verdict(bad, trace)[1].strip()
                self.assertRegex(self.stops_in(command),
                                 rf'^#0  {function} \(.*at .*{bad}\.c|'
                                 rf'^#0  {function} \(.*sound\.h')
