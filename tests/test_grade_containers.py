"""What Autolab's and Gradescope's containers run, without containers.

The lab in there is a folder with a tools/start that notes its words, and a
tools/grade that writes what it is told to: how hand-ins are judged is tested
elsewhere.
"""
from __future__ import annotations

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from support import ROOT, Finished, account, in_release_only, run

in_release_only('the scripts are the same in every build')

import graded
from malloclab.grade import services

GRADE = '''#!/bin/sh
echo "Autolab shows this" >&2
echo '{"scores": {"utilization": 100}}'
test -f "$1" || exit 2
ls "$2"/*/ >"$0.saw"
test "$3" = --into && mkdir -p "$4/a student" && cp "$0".*.* "$4/a student"
cd "$4/a student" && for file in *; do mv "$file" "${file#grade.}"; done
exit $(cat "$0.status")
'''


class Container(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory(prefix='a folder ')
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def lab(self, place: Path, status: int = 0) -> None:
        tools = place / 'tools'
        tools.mkdir(parents=True)
        for name, script in (
                ('start', '#!/bin/sh\necho "$@" >"$0.words"\n'),
                ('grade', GRADE)):
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
        result = graded.wrong('bob')
        (tools / 'grade.status').write_text(f'{status}\n')
        (tools / 'grade.autolab.txt').write_text(services.autolab(result))
        (tools / 'grade.gradescope.json').write_text(
            json.dumps(services.gradescope(result)))


class Gradescope(Container):
    def prepare(self, status: int = 0) -> Path:
        source = self.folder / 'source'
        self.lab(source / 'malloclab', status)
        (source / 'assignment.json').write_text('{}')
        (self.folder / 'submission').mkdir()
        (self.folder / 'submission/mm.c').write_text('')
        return source / 'malloclab/tools'

    def script(self, name: str) -> Finished[str]:
        return run(ROOT / 'grading/gradescope' / name, cwd=self.folder,
                   env={**os.environ, 'AUTOGRADER': str(self.folder)})

    def test_setup_builds_what_grading_needs(self) -> None:
        tools = self.prepare()
        finished = self.script('setup.sh')
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual((tools / 'start.words').read_text(), 'grade\n')

    def test_a_hand_in_gets_its_results(self) -> None:
        tools = self.prepare()
        finished = self.script('run_autograder')
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual((tools / 'grade.saw').read_text(), 'mm.c\n')
        found = json.loads((self.folder / 'results/results.json').read_text())
        self.assertEqual(found, services.gradescope(graded.wrong('bob')))

    def test_what_could_not_be_judged_has_no_results(self) -> None:
        self.prepare(1)
        self.assertEqual(self.script('run_autograder').returncode, 1)
        self.assertFalse((self.folder / 'results/results.json').exists())


class Autolab(Container):
    def make(self, status: int = 0) -> Finished[str]:
        lab, place = self.folder / 'lab', self.folder / 'place'
        self.lab(lab, status)
        place.mkdir()
        (place / 'assignment.json').write_text('{}')
        run('tar', '-cf', 'autograde.tar', 'assignment.json', cwd=place)
        (place / 'assignment.json').unlink()
        (place / 'mm.c').write_text('')
        shutil.copy(ROOT / 'grading/autolab/Makefile', place)
        link = Path(tempfile.mkdtemp()) / 'lab'  # make splits at spaces
        self.addCleanup(shutil.rmtree, link.parent)
        link.symlink_to(lab)
        return run('make', f'MALLOCLAB={link}', cwd=place)

    def test_the_last_line_has_the_scores(self) -> None:
        finished = self.make()
        self.assertEqual(finished.returncode, 0, account(finished))
        self.assertEqual(finished.stdout,
                         services.autolab(graded.wrong('bob')))
        self.assertEqual((self.folder / 'lab/tools/grade.saw').read_text(),
                         'mm.c\n')

    def test_what_could_not_be_judged_has_no_scores(self) -> None:
        finished = self.make(1)
        self.assertNotEqual(finished.returncode, 0)
        self.assertEqual(finished.stdout, '')


class Start(unittest.TestCase):
    def test_it_knows_what_grading_needs(self) -> None:
        finished = run(ROOT / 'tools/start', '--dry-run', 'grade')
        self.assertEqual((finished.returncode, finished.stderr), (0, ''),
                         account(finished))
