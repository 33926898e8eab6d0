"""How tools begin and end: Ctrl-C while they load, and output that is lost."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import support
from support import catches, wait_until

support.in_release_only('the tools are the same in every build')

COMMANDS = ('plot map -o {0}/x.png redis-serve',
            'traces info redis-serve',
            'likeness redis-serve redis-serve',
            'report -o {0}/x.html redis-serve',
            'generate --like redis-serve -o {0}/x.rep',
            'convert -o {0}/x.rep traces/redis-serve.rep.gz')


def wait_until_it_loads(process: subprocess.Popen[str]) -> None:
    """Python catches SIGINT from early on, and our tools not while they load:
    until the one, then until the other."""
    for wanted in True, False:
        wait_until(lambda: process.poll() is not None or
                   catches(process.pid, signal.SIGINT) is wanted)


class Interrupted(unittest.TestCase):
    def test_while_it_loads(self) -> None:
        for command in COMMANDS:
            with self.subTest(command), \
                    tempfile.TemporaryDirectory() as folder:
                process = subprocess.Popen(
                    f'{support.ROOT}/tools/{command}'.format(folder).split(),
                    cwd=support.ROOT, text=True, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE)
                wait_until_it_loads(process)
                process.send_signal(signal.SIGINT)
                said = process.communicate()
                self.assertEqual((process.returncode, *said),
                                 (-signal.SIGINT, '', ''))
                self.assertEqual(list(Path(folder).iterdir()), [])


# A tool waits for a program that answers Ctrl-C with the status 7.
WAITS = """
import sys
from malloclab import foreground
sys.exit(foreground.run(
    ['sh', '-c', 'trap "exit 7" INT; echo; while :; do sleep 0.01; done'],
).returncode)
"""
# On a busy machine the program runs while Python is still about to know it.
HEARS_EARLY = """
import signal, subprocess
class Popen(subprocess.Popen):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        signal.raise_signal(signal.SIGINT)
subprocess.Popen = Popen
"""
# On a busy machine Python hears of Ctrl-C after the program has ended.
HEARS_LATE = """
import os, signal
real = os.waitpid
def waitpid(pid, options):
    ended = real(pid, options)
    signal.raise_signal(signal.SIGINT)
    return ended
os.waitpid = waitpid
"""


class InTheForeground(unittest.TestCase):
    """The program has the last word."""

    def status(self, program: str) -> int:
        with subprocess.Popen(
                [sys.executable, '-c', program], cwd=support.ROOT / 'tools',
                text=True, stdout=subprocess.PIPE,
                start_new_session=True) as process:
            assert process.stdout
            process.stdout.readline()
            os.killpg(process.pid, signal.SIGINT)
        return process.returncode

    def test_its_status_is_returned(self) -> None:
        self.assertEqual(self.status(WAITS), 7)

    def test_it_has_just_begun_when_the_tool_hears(self) -> None:
        self.assertEqual(self.status(HEARS_EARLY + WAITS), 7)

    def test_it_has_ended_when_the_tool_hears(self) -> None:
        self.assertEqual(self.status(HEARS_LATE + WAITS), 7)


TOOLS = sorted(path.name for path in (support.ROOT / 'tools').iterdir()
               if path.is_file())
SMALL = 'tests/traces/small.rep'
Commands = list[tuple[str, ...]]
# launch.py ends each of them: it alone answers --version, which all are asked.
# Help stands for all that argparse prints; the others print in ways of their own.
FEW: Commands = [(tool, '--help') for tool in ('start', 'run', 'traces')]
PRINTS: Commands = FEW + [
    ('bench', 'worst', '--help'),
    ('convert', '--list'),
    ('convert', '-o', '-', '--to', 'rep', SMALL),
    ('generate', '--list'),
    ('generate', 'comb'),
    ('generate', '--like', SMALL),
    ('handin', 'mm.c', '--', '--list'),
    ('likeness', SMALL, SMALL),
    ('plot', 'waste', '-o', '{}/x.png', SMALL),
    ('programs', 'list'),
    ('record', '--list', '--', 'true'),
    ('record-corpus', '--list'),
    ('run', '--list'),
    ('run', '--print'),
    ('soak', '--seconds', '0.1', 'mm'),
    ('traces', 'check', '-t', 'tests/traces'),
    ('traces', 'info', '--json', SMALL),
    ('traces', 'list', '-t', 'tests/traces')]


class Version(unittest.TestCase):
    def test_of_every_tool(self) -> None:
        version = (support.ROOT / 'VERSION').read_text()
        for tool in TOOLS:
            with self.subTest(tool):
                ended = support.run(f'tools/{tool}', '--version',
                                    cwd=support.ROOT)
                self.assertEqual((ended.returncode, ended.stdout),
                                 (0, f'tools/{tool} {version}'))


class Output(unittest.TestCase):
    """Of every tool: what it prints is written, or it says that it is not."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def lost(self, redirection: str, *words: str) -> tuple[int, str]:
        """Exit status, and what is said, where standard output is that."""
        tool, *rest = (word.format(self.folder) for word in words)
        ended = support.run('sh', '-c', f'exec "$0" "$@" {redirection}',
                            f'tools/{tool}', *rest, cwd=support.ROOT)
        return ended.returncode, support.without_note(ended.stderr)

    def check(self, redirection: str, why: str, prints: Commands) -> None:
        for tool, *rest in prints:
            said = 'cannot write it' if tool == 'start' else why
            with self.subTest(tool, rest=rest):
                self.assertEqual(self.lost(redirection, tool, *rest),
                                 (2, f'tools/{tool}: -: {said}\n'))

    def test_that_takes_nothing(self) -> None:
        self.check('>/dev/full', 'No space left on device', PRINTS)

    def test_that_is_closed(self) -> None:
        self.check('>&-', 'Bad file descriptor', FEW)

    def test_whose_reader_has_left(self) -> None:
        """Python ignores SIGPIPE, and the shell does not."""
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        for tool, *rest in FEW:
            with self.subTest(tool, rest=rest):
                ended = subprocess.run(
                    [f'tools/{tool}', *(w.format(self.folder) for w in rest)],
                    stdin=subprocess.DEVNULL, stdout=writer, cwd=support.ROOT,
                    stderr=subprocess.PIPE, text=True)
                self.assertEqual(ended.stderr, '')
                self.assertEqual(ended.returncode,
                                 -signal.SIGPIPE if tool == 'start' else 2)

    def test_one_complaint_is_enough(self) -> None:
        status, said = self.lost('>/dev/full', 'run', '--nonesuch')
        self.assertEqual((status, said.count('tools/run: ')), (2, 1))

    def test_errors_that_nobody_hears(self) -> None:
        for closed in '2>/dev/full', '2>&-', '>&- 2>&- <&-':
            self.assertEqual(self.lost(closed, 'traces', 'info', '/nowhere'),
                             (2, ''))

    def test_a_closed_file_is_no_place_for_another(self) -> None:
        """The first file that is opened would be standard output."""
        for name, closed in ('x', ''), ('y', '>&- 2>&-'):
            self.assertEqual(self.lost(closed, 'generate', 'comb', '-o',
                                       f'{self.folder}/{name}')[0], 0)
        texts = {path.read_bytes() for path in Path(self.folder).iterdir()}
        self.assertEqual(len(texts), 1)
