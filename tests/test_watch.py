"""./mdriver --watch, on a pseudo-terminal."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import unittest
from pathlib import Path

import support
from terminal import Terminal

support.of_the_judge()

TRACE = 'tests/traces/small.rep'     # 330 operations
MIXED = 'tests/traces/mixed.rep'
LONG = 'traces/structs.rep'          # 10000
BAD = support.BUILD / 'bad'
COUNTER = re.compile(r'operation (\d+) of (\d+)')


def watching(*arguments: str | Path, trace: str = TRACE, watch: str = '--watch',
             **terminal: object) -> Terminal:
    return Terminal([support.MDRIVER, watch, '-f', trace, *arguments],
                    cwd=support.ROOT, LC_ALL='C.UTF-8',
                    **terminal)   # type: ignore[arg-type]


def has_ncurses() -> bool:
    with watching('--speed', 'max', keys=False) as terminal:
        terminal.ends()
        return 'built without ncurses' not in terminal.sent


def seconds_of_children(parent: int) -> float:
    """The processor's time that they spent."""
    ticks = 0
    for path in Path('/proc').glob('[0-9]*/stat'):
        try:
            fields = path.read_text().rpartition(') ')[2].split()
        except OSError:
            continue   # it has ended
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


class Plain(unittest.TestCase):
    def frames(self, *arguments: str | Path, **environment: str) -> str:
        finished = support.run(
            support.MDRIVER, '--watch=plain', '-f', LONG, *arguments,
            cwd=support.ROOT, env={**os.environ, **environment})
        self.assertEqual(finished.returncode, 0, support.account(finished))
        return finished.stdout

    def test_frames_at_equal_parts(self) -> None:
        counts = [int(m[1]) for m in COUNTER.finditer(self.frames())]
        self.assertEqual(counts, [2000, 4000, 6000, 8000, 10000])

    def test_80_columns_at_most(self) -> None:
        for allocator in 'mm', 'libc', 'slab', 'osmem':
            text = self.frames('--allocator', allocator)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)
            self.assertIn('utilization', text)

    def test_ascii_where_the_locale_is(self) -> None:
        self.assertTrue(self.frames(LC_ALL='C').isascii())
        self.assertIn('█', self.frames(LC_ALL='C.UTF-8'))

    def test_figures_are_those_of_the_timeline(self) -> None:
        """Payload in the last frame but one, and what --events says."""
        lines = support.mdriver('-c', LONG, '--events', '-').stdout.split()
        payload = int(lines[8000].split(',')[8])
        frame = self.frames().split('operation 8000 ')[1]
        found = re.search(r'payload ([0-9.]+) ([KM])iB', frame)
        assert found, frame
        unit = {'K': 1 << 10, 'M': 1 << 20}[found[2]]
        self.assertAlmostEqual(float(found[1]), payload / unit, delta=0.51)

    def test_a_fault_ends_it(self) -> None:
        finished = support.mdriver(
            '--watch=plain', '-f', TRACE, '--allocator',
            f'bad={BAD}/data-lost.link-in-the-next-block.so')
        self.assertEqual(finished.returncode, 1, support.account(finished))
        self.assertIn('bad: data-lost: ', finished.stdout)

    def test_the_operation_that_it_stops_at_is_the_verdicts(self) -> None:
        for name in ('bad-heap.audit-says-3', 'misaligned.by-8',
                     'wrote-past-heap.at-the-break'):
            with self.subTest(name):
                said = support.mdriver('--watch=plain', '-d', '2', '-f', TRACE,
                                       '--allocator', BAD / f'{name}.so').stdout
                stopped = re.search(r'stopped at   (\S.*\S) *\n', said)
                assert stopped, said
                self.assertIn(f': {stopped[1]} ', said.partition(name)[2])


class Refused(unittest.TestCase):
    def refuse(self, words: str, *arguments: str | Path) -> None:
        finished = support.mdriver(*arguments)
        self.assertEqual(finished.returncode, 2, support.account(finished))
        self.assertEqual(finished.stderr.count('\n'), 1, finished.stderr)
        self.assertIn(words, finished.stderr)

    def test_no_terminal(self) -> None:
        self.refuse('needs a terminal', '--watch', '-f', TRACE)

    def test_what_does_not_go(self) -> None:
        plain = '--watch=plain', '-f', TRACE
        self.refuse('one trace', '--watch=plain')
        self.refuse('one trace', *plain, '-f', LONG)
        self.refuse('one allocator', *plain, '--allocator', 'mm,libc')
        self.refuse("not 'fancy'", '--watch=fancy', '-f', TRACE)
        self.refuse('is of --watch', '--speed', '5', '-f', TRACE)
        self.refuse('--speed takes', *plain, '--speed', '0')
        for words in (['--json', '-'], ['--csv', '-'], ['--events', 'x'],
                      ['--timeline', 'x'], ['-g'], ['-A'], ['-p'], ['-T'],
                      ['--bounds'], ['--jobs', '2'], ['--perturb', '1'],
                      ['--in-process'], ['--pack', 'x']):
            self.refuse(f'{words[0]} does not go with --watch, which only '
                        'shows', *plain, *words)


@unittest.skipUnless(has_ncurses(), 'built without ncurses')
class Live(unittest.TestCase):
    def leave(self, terminal: Terminal, status: int) -> None:
        """It ends with that status, and the terminal is as it was."""
        self.assertEqual(terminal.ends(), status, terminal.text())
        self.assertTrue(terminal.restored())

    def counter(self, terminal: Terminal) -> int:
        found = COUNTER.search(terminal.text())
        assert found, terminal.text()
        return int(found[1])

    def test_to_the_end_and_out(self) -> None:
        with watching('--speed', '3000') as terminal:
            self.assertTrue(terminal.shows('the end'),
                            terminal.text())
            self.assertTrue(terminal.shows('operation 330 of 330 (100 %)'))
            for word in 'payload', 'footprint', 'holes', 'a cell:', '▇':
                self.assertIn(word, terminal.text())
            terminal.press('q')
            self.leave(terminal, 0)
            self.assertIn('mm: small.rep: ok, utilization', terminal.text())

    def test_figures_are_whole_in_80_columns(self) -> None:
        with watching('--speed', 'max', trace=LONG) as terminal:
            self.assertTrue(terminal.shows('the end'))
            self.assertRegex(terminal.text(), r'overhead \S+ \w*B\n')
            self.assertLessEqual(terminal.rightmost, 80)
            terminal.press('q')
            self.leave(terminal, 0)

    def test_no_wider_on_a_wide_terminal(self) -> None:
        with watching('--speed', 'max', columns=132, rows=50) as terminal:
            self.assertTrue(terminal.shows('the end'))
            self.assertEqual(terminal.rightmost, 80)
            terminal.press('q')
            self.leave(terminal, 0)

    def test_pause_and_step(self) -> None:
        with watching('--speed', '20') as terminal:
            self.assertTrue(terminal.until(
                lambda: bool(re.search(r'operation [1-9]', terminal.text()))))
            terminal.press(' ')
            self.assertTrue(terminal.shows('paused'))
            before = self.counter(terminal)
            for step in range(1, 4):
                terminal.press('.')
                self.assertTrue(terminal.shows(f'operation {before + step} of'),
                                terminal.text())
            self.assertTrue(terminal.shows('paused'))
            terminal.press(' ')
            self.assertTrue(terminal.until(
                lambda: self.counter(terminal) > before + 4))
            terminal.press('q')
            self.leave(terminal, 0)
            self.assertIn('left after', terminal.text())

    def test_speed(self) -> None:
        with watching('--speed', '10') as terminal:
            self.assertTrue(terminal.shows(' 10 operations/s'))
            terminal.press('+')
            self.assertTrue(terminal.shows(' 15 operations/s'))
            terminal.press('--')
            self.assertTrue(terminal.shows(' 7 operations/s'))
            terminal.press('q')
            self.leave(terminal, 0)

    def test_follows_its_size(self) -> None:
        with watching('--speed', '1') as terminal:
            self.assertTrue(terminal.shows('of 330 (0 %)'))
            terminal.resize(30, 60)
            self.assertTrue(terminal.until(lambda: bool(
                re.search(r'^mm .{50,56}\d %\)\n', terminal.text())
                and 'quits' in terminal.text().split('\n')[29])),
                terminal.text())
            self.assertEqual(len(terminal.text().split('\n')[0]), 60)
            terminal.resize(5, 80)
            self.assertTrue(terminal.shows('5 rows are too few'))
            terminal.press('q')
            self.leave(terminal, 0)

    def test_without_keys(self) -> None:
        with watching('--speed', '2000', keys=False) as terminal:
            self.assertTrue(terminal.shows('payload'))
            self.leave(terminal, 0)
            self.assertNotIn('quits', terminal.sent)
            self.assertIn('ok, utilization', terminal.text())

    def test_colours(self) -> None:
        with watching('--speed', 'max', kind='xterm-256color',
                      trace=LONG) as terminal:
            self.assertTrue(terminal.until(lambda: 'the end' in terminal.sent))
            self.assertRegex(terminal.sent, r'\x1b\[[0-9;]*32m')
            terminal.press('q')
            self.leave(terminal, 0)
            self.assertIn('\x1b[?1049l', terminal.sent)

    def test_control_c(self) -> None:
        with watching('--speed', '1', kind='xterm') as terminal:
            self.assertTrue(terminal.until(lambda: 'payload' in terminal.sent))
            terminal.press('\x03')
            self.leave(terminal, 130)
            self.assertIn('\x1b[?1049l', terminal.sent)

    def test_killed(self) -> None:
        deadly = [signal.SIGTERM, signal.SIGHUP]
        if 'san' not in support.BUILD.name:   # whose sanitizer says its own
            deadly.append(signal.SIGSEGV)
        for number in deadly:
            with self.subTest(number.name), \
                    watching('--speed', '1', kind='xterm') as terminal:
                self.assertTrue(
                    terminal.until(lambda: 'payload' in terminal.sent))
                terminal.process.send_signal(number)
                self.leave(terminal, -number)
                self.assertIn('\x1b[?1049l', terminal.sent)

    def test_a_crash_of_the_allocator(self) -> None:
        bad = f'bad={BAD}/crashed.null-in-free.so'
        with watching('--speed', 'max', '--allocator', bad) as terminal:
            self.assertTrue(terminal.shows('a fault'))
            self.assertRegex(terminal.text(), r'stopped at   f \d')
            terminal.press('q')
            self.leave(terminal, 1)
            self.assertIn('bad: crashed: ', terminal.text())

    def test_a_hang_of_the_allocator(self) -> None:
        """It cannot look at keys then; the second Ctrl-C ends all."""
        bad = f'bad={BAD}/hung.in-malloc.so'
        with watching('--speed', 'max', '--allocator', bad, '-s', '1000',
                      kind='xterm', trace=MIXED) as terminal:
            self.assertTrue(terminal.until(
                lambda: seconds_of_children(terminal.process.pid) > 0.2))

            def ended() -> bool:
                terminal.press('\x03')
                return terminal.process.poll() is not None

            self.assertTrue(terminal.until(ended))
            self.leave(terminal, -signal.SIGINT)
            self.assertIn('\x1b[?1049l', terminal.sent)

    def test_a_storm_of_interrupts(self) -> None:
        """However close they come, the terminal is given back."""
        bad = f'bad={BAD}/hung.in-free.so'
        for _ in range(15):
            with watching('--speed', 'max', '--allocator', bad, '-s', '1000',
                          kind='xterm') as terminal:
                self.assertTrue(terminal.until(
                    lambda: '\x1b[?1049h' in terminal.sent))
                pid = terminal.process.pid
                with subprocess.Popen(
                        ['sh', '-c', f'while kill -INT {pid}; do :; done'],
                        stderr=subprocess.DEVNULL):
                    self.assertIn(terminal.ends(), (-signal.SIGINT, 130))
                self.assertTrue(terminal.restored())
                self.assertIn('\x1b[?1049l', terminal.sent)

    def test_a_terminal_that_nobody_knows(self) -> None:
        with watching(kind='abacus',   # where ncurses itself leaks memory
                      ASAN_OPTIONS='detect_leaks=0') as terminal:
            self.leave(terminal, 2)
            self.assertIn("no terminal is known as 'abacus'", terminal.text())

    def test_a_terminal_without_a_cursor(self) -> None:
        with watching(kind='dumb') as terminal:
            self.leave(terminal, 2)
            self.assertIn('cannot place a cursor', terminal.sent)
