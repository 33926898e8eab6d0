"""tools/sweep: settings, halving, units that are done once, and what comes out.
A source that runs under valgrind for each setting would take seconds: in most
tests the units are computed in this process."""
from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import support
from support import account, in_release_only, only_with, run, wait_until

in_release_only('the tools are the same in every build')

from malloclab.sweep import command, search, work
from malloclab.sweep.space import Space, constant

SOURCE = '''\
enum { PROBES = 4, GROWTH = 1 << 2 }; /* PROBES = 9 of old */
'''
TRACES = [str(support.ROOT / f'tests/traces/{name}.rep')
          for name in ('small', 'mixed')]


def figures(constants: Mapping[str, str]) -> dict[str, Any]:
    """More probes save memory and cost instructions; 7 of them are wrong."""
    probes = int(constants.get('PROBES', '4'))
    growth = int(constants.get('GROWTH', '4'))
    return {'verdict': 'overlap' if probes == 7 else 'ok', 'message': 'bad',
            'utilization': 0.5 + 0.05 * probes,
            'instructions_per_op': 100.0 * probes + growth}


class Sweeping(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='sweep-test-'))
        self.addCleanup(shutil.rmtree, self.folder)
        self.source = self.folder / 'mine.c'
        self.source.write_text(SOURCE)
        self.into = self.folder / 'results'
        self.measured: list[tuple[dict[str, str], int]] = []

    def measure(self, sweep: work.Sweep, constants: Mapping[str, str],
                traces: Sequence[str], place: Path
                ) -> tuple[bool, str, dict[str, Any]]:
        """In place of a build and mdriver."""
        self.measured.append((dict(constants), len(traces)))
        return True, '', {trace: figures(constants) for trace in traces}

    def sweep(self, *words: str, status: int = 0, drawn: bool = False) -> str:
        """What is printed; units run in this process. Pictures take long."""
        def run_here(engine: Any, sweep: Any, units: Sequence[str],
                     progress: Any) -> None:
            for unit in units:
                sweep.do(unit)

        said = io.StringIO()
        self.measured.clear()
        line = ['sweep', str(self.source), *words, '--into', str(self.into),
                '-f', ','.join(TRACES)]
        draw = contextlib.nullcontext() if drawn else \
            mock.patch('importlib.util.find_spec', return_value=None)
        with draw, mock.patch('sys.argv', line), contextlib.redirect_stdout(said), \
                contextlib.redirect_stderr(said), \
                mock.patch.object(command, 'make'), \
                mock.patch('malloclab.engines.Local.run', run_here), \
                mock.patch.object(work.Sweep, 'measure', autospec=True,
                                  side_effect=self.measure):
            self.assertEqual(command.main(), status, said.getvalue())
        return said.getvalue()

    def results(self) -> Any:
        return json.loads((self.into / 'results.json').read_text())


class Settings(unittest.TestCase):
    def test_the_grid(self) -> None:
        space = Space([('A', ['1', '2']), ('B', ['x', 'y', 'z'])])
        self.assertEqual([tuple(one.values()) for one in space.grid()],
                         [('1', 'x'), ('1', 'y'), ('1', 'z'), ('2', 'x'),
                          ('2', 'y'), ('2', 'z')])
        some = space.some(3, 5)
        self.assertEqual(len(some), 3)
        self.assertEqual(some, space.some(3, 5))
        self.assertEqual(space.some(9, 5), list(space.grid()))

    def test_values(self) -> None:
        self.assertEqual(constant('A=1, 1 << 4,1'), ('A', ['1', '1 << 4']))

    def test_rungs(self) -> None:
        for settings, traces, expected in (
                (8, 8, [2, 4, 8]), (64, 5, [1, 2, 3, 5]), (2, 9, [9]),
                (9, 1, [1])):
            self.assertEqual(search.rungs(settings, traces), expected)


class Outcomes(Sweeping):
    def test_a_grid(self) -> None:
        said = self.sweep('-D', 'PROBES=2,4,7', '-D', 'GROWTH=1,1 << 2')
        results = self.results()
        self.assertEqual(results['defaults'], {'PROBES': '4',
                                               'GROWTH': '1 << 2'})
        self.assertEqual(results['best'], {'PROBES': '2', 'GROWTH': '1'})
        front = [one['constants'] for one in results['points'] if one['front']]
        self.assertEqual([one['GROWTH'] for one in front], ['1', '1'])
        self.assertEqual([one['comment'] for one in results['points']
                          if not one['ok']], ['overlap: bad'] * 2)
        self.assertIn('Best: PROBES=2 GROWTH=1: +', said)
        lines = (self.into / 'results.csv').read_text().splitlines()
        self.assertEqual(len(lines), 1 + 6)
        self.assertEqual(lines[0], 'PROBES,GROWTH,traces,utilization,'
                         'instructions_per_op,front,comment')

    def test_what_is_done_is_not_done_again(self) -> None:
        self.sweep('-D', 'PROBES=2,4')
        self.assertEqual(self.measured, [({}, 2), ({'PROBES': '2'}, 2)])
        self.sweep('-D', 'PROBES=2,4,8')
        self.assertEqual(self.measured, [({'PROBES': '8'}, 2)])
        self.source.write_text(SOURCE + '/* other */\n')
        self.sweep('-D', 'PROBES=2,4')
        self.assertEqual(len(self.measured), 2)

    def test_by(self) -> None:
        for by, best in ('util', '8'), ('instructions', '1'), ('both', '1'):
            self.sweep('-D', 'PROBES=1,2,8', '--by', by)
            self.assertEqual(self.results()['best']['PROBES'], best)

    def test_halving(self) -> None:
        """The better half, and the defaults, go on to the second trace."""
        said = self.sweep('-D', 'PROBES=1,2,3,5,6,8', '--halving')
        results = self.results()
        self.assertEqual([one['constants']['PROBES']
                          for one in results['points']], ['4', '1', '2', '3'])
        self.assertEqual([one['traces'] for one in results['points']], [2] * 4)
        self.assertEqual([one['traces'] for one in results['dropped']],
                         [1] * 3)
        self.assertEqual([one['gain'] for one in results['dropped']],
                         [None] * 3)
        self.assertEqual(len(self.measured), 7 + 4)
        self.assertIn('\n3 more were dropped on fewer traces\n', said)

    def test_held_out(self) -> None:
        said = self.sweep('-D', 'PROBES=1,8', '--held-out',
                          TRACES[0].replace('small', 'calloc'))
        held_out = self.results()['held_out']
        self.assertEqual([one['constants']['PROBES'] for one in held_out],
                         ['4', '1', '8'])
        self.assertEqual([one['gain'] for one in held_out][0], 0)
        self.assertIn('% on held-out traces', said)

    def test_pictures(self) -> None:
        only_with('numpy', 'matplotlib')
        said = self.sweep('-D', 'PROBES=1,2,7,8', '-D', 'GROWTH=1,2,4',
                          drawn=True)
        for name in 'pareto.png', 'heat.png':
            self.assertIn(f'{self.into / name}\n', said)
            self.assertTrue((self.into / name).read_bytes()
                            .startswith(b'\x89PNG'))

    def test_what_is_not_measured_is_tried_again(self) -> None:
        with mock.patch.object(self, 'measure',
                               return_value=(False, 'the disk is full', {})):
            said = self.sweep('-D', 'PROBES=4', status=1)
        self.assertIn('not measured, tried once more: defaults\n', said)
        self.assertIn('not measured: the disk is full', said)
        self.sweep('-D', 'PROBES=4')
        self.assertEqual(len(self.measured), 1)

    def test_none_is_right(self) -> None:
        self.source.write_text(SOURCE.replace('= 4', '= 7'))
        with mock.patch(f'{__name__}.figures', return_value={
                'verdict': 'overlap', 'message': 'bad', 'utilization': None,
                'instructions_per_op': None}):
            said = self.sweep('-D', 'PROBES=1,2', status=1)
        self.assertIn('No setting is right', said)


class Mistakes(Sweeping):
    def refused(self, said: str, *words: str) -> None:
        self.assertIn(said, self.sweep(*words, status=2))

    def test_of_the_command_line(self) -> None:
        self.refused(f'{self.source}: it has no constant NONE: ', '-D',
                     'NONE=1')
        self.refused('none: there is no such trace', '-D', 'PROBES=1',
                     '--held-out', 'none')
        self.refused('--held-out: structs.rep is one of the traces to measure '
                     'on', '-D', 'PROBES=1', '-f', 'comb,structs',
                     '--held-out', 'structs')
        self.source.unlink()
        self.refused(f'{self.source}: No such file', '-D', 'PROBES=1')

    def test_of_a_value(self) -> None:
        for text in 'PROBES', '=1', 'PROBES=', 'PROBES=1,,2', '9=1':
            with self.assertRaises(SystemExit) as raised:
                self.sweep('-D', text)
            self.assertEqual(raised.exception.code, 2)


class Real(unittest.TestCase):
    """A build and a count for each setting."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='sweep-test-'))
        self.addCleanup(shutil.rmtree, self.folder)

    def words(self, *values: str) -> list[str]:
        return ['tools/sweep', 'variants/segregated.c', '-D',
                f'MAX_PROBES={",".join(values)}', '-f', TRACES[0], '--into',
                str(self.folder), '--jobs', '1']

    def test_settings_differ(self) -> None:
        done = run(*self.words('64', '1 +'), cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, account(done))
        good, bad = json.loads((self.folder / 'results.json').read_text()
                               )['points']
        self.assertGreater(good['instructions_per_op'], 1)
        self.assertFalse(bad['ok'])
        self.assertIn('error: ', bad['comment'])
        self.as_engines_of_other_machines_do()

    def as_engines_of_other_machines_do(self) -> None:
        """The same files again, and nothing of what is there."""
        before = {path: path.read_bytes()
                  for path in (self.folder / 'points').iterdir()}
        next(iter(before)).unlink()
        units = self.folder / 'list'
        units.write_text(''.join(f'{path.stem}\n' for path in before))
        done = run('tools/sweep', 'unit', self.folder, '--list', units,
                   cwd=support.ROOT)
        self.assertEqual(done.returncode, 0, account(done))
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_ctrl_c_keeps_what_is_done(self) -> None:
        temporary = Path(tempfile.mkdtemp(dir=self.folder))
        process = subprocess.Popen(
            self.words(*map(str, range(2, 200))), cwd=support.ROOT, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, 'TMPDIR': str(temporary)})
        points = self.folder / 'points'
        wait_until(lambda: points.is_dir() and len(list(points.iterdir())) > 1)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
        self.assertEqual(process.returncode, 130)
        self.assertRegex(said, r'interrupted: \d+ of 198 are measured; the '
                         'same command goes on')
        self.assertEqual(list(temporary.iterdir()), [])
