"""How hostile hand-ins are judged: each as a student would hand it in.

A file of tests/cheats is KIND.what-it-does.c; those of the kind `honest` are no
cheats. Comments in it say what must happen:

    /* honest: TWIN */        the hand-in that does the same without the cheat:
                              a file of tests/cheats, variants or tests/bad
    /* expect: WORDS */       no-gain, refused, or the verdicts that it may get
    /* measure: instructions */   its speed counts, too
    /* pays: utilization */   it is faster, for it frees less, and that counts
    /* before: WORDS */       what it gained from the judge of version 1.0
    /* name: NAME */          its file's name, with \\n for a newline
    /* beside: KIND NAME [TARGET] */   a fifo or a link in its folder
    /* options: WORDS */      more options for mdriver
    /* lab: NAME ALIGNMENT */ of the assignment: house 16

A case runs in a copy of the lab, beside another student's folder. Nothing of
the copy, of that folder and of the folder for temporary files may be different
afterwards, and no process may be left.
"""
from __future__ import annotations

import atexit
import ctypes
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from support import BUILD, ROOT, TESTS

CHEATS = TESTS / 'cheats'
PARTS = CHEATS / 'parts'
TRACES = ('small.rep', 'mixed.rep', 'realloc.rep')
DIRECTIVE = re.compile(r'/\* (honest|expect|measure|before|name|beside|options'
                       r'|lab|pays): (.*?) \*/', re.S)
SECRET = 'the secret of Alice'  # in another student's hand-in
FORGED = 'correct:999'  # what cheats print to be taken for the judge
WALL_SECONDS = 300  # for one case: more than the judge allows any worker
# A cheat that nobody stops must not harm the machine that tests it.
CAPS = {resource.RLIMIT_FSIZE: 400 << 20, resource.RLIMIT_CPU: 60,
        resource.RLIMIT_AS: 3 << 30, resource.RLIMIT_CORE: 0}
# For the compiler: a bomb takes seconds to fill a gigabyte.
LESS_MEMORY = 'address_space=1024', 'address_space=320'
# What an attacker may read in public, copied beside each case.
HEADERS = ('worker/channel.h', 'worker/pattern.h', 'worker/pattern.c',
           'base/verdict.h', 'base/verdicts.def', 'trace/op.h',
           'trace/operations.def')
SOUND = TESTS / 'bad/sound.h'


@dataclass(frozen=True)
class Case:
    path: Path

    @property
    def kind(self) -> str:
        return self.path.name.partition('.')[0]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def text(self) -> str:
        return self.path.read_text()

    def said(self, key: str) -> list[str]:
        return [' '.join(words.replace(' * ', ' ').split())
                for name, words in DIRECTIVE.findall(self.text) if name == key]

    def word(self, key: str, otherwise: str = '') -> str:
        return (self.said(key) or [otherwise])[0]

    @property
    def counted(self) -> bool:
        return self.word('measure') == 'instructions'

    @property
    def twin(self) -> Path:
        """The hand-in that does the same without the cheat."""
        name = self.word('honest')
        return next(path for path in (CHEATS / f'{name}.c',
                                      ROOT / f'variants/{name}.c',
                                      TESTS / f'bad/{name}.c')
                    if path.exists())

    @property
    def traces(self) -> tuple[str, ...]:
        """What takes its time, or prints, does so on each alike."""
        return TRACES[:1] if self.kind in ('endless', 'output') else TRACES

    @property
    def beside(self) -> str:
        """Its twin and the rules for both."""
        return ' '.join([self.twin.stem, self.word('measure'), self.word('lab'),
                         self.word('options'), *self.traces,
                         'secret' if self.kind == 'trace' else 'open'])


def cases() -> list[Case]:
    return [Case(path) for path in sorted(CHEATS.glob('*.c'))]


@dataclass
class Outcome:
    """What judging one hand-in brought about."""

    status: int | None = None  # None: it did not end
    stdout: bytes = b''
    stderr: bytes = b''
    report: dict[str, Any] | None = None
    fault: str = ''  # of the report
    left: list[str] = field(default_factory=list)  # processes
    changed: list[str] = field(default_factory=list)  # files of others

    @property
    def results(self) -> list[dict[str, Any]]:
        return [result for result in (self.report or {}).get('results', [])
                if result['allocator'] != 'libc']

    @property
    def verdicts(self) -> set[str]:
        return {result['verdict'] for result in self.results}

    @property
    def messages(self) -> list[str]:
        return sorted({result['message'] for result in self.results
                       if result['message']})

    @property
    def utilization(self) -> float:
        """Mean over the traces that count, per cent; a bad verdict has none.
        Where there is a secret set, it is what counts."""
        counted = [result for result in self.results
                   if result.get('set') == 'secret'] or self.results
        right = sum(result['utilization'] for result in counted
                    if result['verdict'] == 'ok')
        return 100 * right / max(1, len(counted))

    @property
    def instructions(self) -> float | None:
        """Mean per operation; None: not counted, or a verdict is bad."""
        counts = [result.get('instructions_per_op') for result in self.results
                  if result['verdict'] == 'ok']
        if not counts or len(counts) < len(self.results) or None in counts:
            return None
        return sum(counts) / len(counts)

    def account(self) -> str:
        verdicts = ', '.join(sorted(self.verdicts)) or 'no results'
        return '\n'.join([
            f'exit {self.status}; {verdicts}; utilization '
            f'{self.utilization:.1f} %; {"; ".join(self.messages)}',
            self.stdout.decode(errors='replace')[-2000:],
            self.stderr.decode(errors='replace')[-2000:]])


# ---- The lab and its neighbourhood. ----

def stamps(*folders: Path) -> dict[str, str]:
    """When each file was written, and how long it is."""
    found = subprocess.run(
        ['find', *folders, '!', '-type', 'd', '-printf', r'%p\t%T@ %s\0'],
        capture_output=True, check=True).stdout
    return dict(os.fsdecode(file).rsplit('\t', 1)
                for file in found.split(b'\0')[:-1])


class Place:
    """A copy of the lab, students, an assignment, a folder for results."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='cheats-'))
        self.lab = self.folder / 'lab'
        self.students = self.folder / 'students'
        self.results = self.folder / 'results'
        self.scratch = self.folder / 'scratch'
        for folder in (self.results, self.scratch, self.students / 'alice'):
            folder.mkdir(parents=True)
        (self.students / 'alice/mm.c').write_text(f'/* {SECRET} */\n')
        self.copy_lab()

    def copy_lab(self) -> None:
        shutil.rmtree(self.lab, ignore_errors=True)
        self.lab.mkdir()
        for name in subprocess.run(
                ['git', 'ls-files', '-z', '--', ':!docs', ':!traces', ':!tests'],
                cwd=ROOT, capture_output=True, check=True).stdout.split(b'\0'):
            source = ROOT / os.fsdecode(name)
            if source.is_file():
                target = self.lab / os.fsdecode(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        building = self.lab / 'tools/malloclab/handin/building.py'
        building.write_text(building.read_text().replace(*LESS_MEMORY))
        shutil.copytree(BUILD, self.lab / 'build/release', symlinks=True,
                        ignore=shutil.ignore_patterns(
                            'handin', 'bad', 'tests', 'cheats', 'runtime'))
        (self.lab / 'tests').mkdir()
        shutil.copy2(TESTS / 'tests.mk', self.lab / 'tests/tests.mk')
        (self.lab / 'traces').mkdir()
        for name in TRACES:
            shutil.copy2(TESTS / 'traces' / name, self.lab / 'traces' / name)
        others = self.lab / 'build/release/handin/0123456789abcdef'
        others.mkdir(parents=True)
        (others / 'alice.so').write_bytes(b'another student\'s')

    def others(self) -> dict[str, str]:
        """All files that no hand-in may change."""
        made = self.lab / 'build/release/handin'
        found = stamps(self.lab, self.students / 'alice', self.scratch)
        return {path: how for path, how in found.items()
                if not path.startswith(f'{made}/') or path.endswith('alice.so')}

    def write_assignment(self, case: Case) -> Path:
        lab, alignment = case.word('lab', 'house 16').split()
        path = self.folder / 'assignment.json'
        secret = {'secret': {'seed': 'known to nobody', 'counts': 'secret'}}
        path.write_text(json.dumps({
            'name': 'Cheats', 'lab': lab, 'alignment': int(alignment),
            'traces': {name: 1 for name in case.traces}, 'points': 'classic',
            'limits': {'heap_limit': '64M', 'time_limit': 1},
            **(secret if case.kind == 'trace' else {})}))
        return path

    def hand_in(self, path: Path, case: Case) -> Path:
        """Make the student's folder; returns what is handed in."""
        folder = self.students / 'mallory'
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        name = case.word('name', 'mm.c').replace('\\n', '\n') \
            if path == case.path else 'mm.c'
        shutil.copy(path, folder / name)
        for part in [*PARTS.glob('*.h'), SOUND]:
            shutil.copy(part, folder / part.name)
        for header in HEADERS:
            target = folder / header
            target.parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / 'driver' / header, target)
        for words in case.said('beside') if path == case.path else ():
            kind, where, *more = words.split()
            if kind == 'fifo':
                os.mkfifo(folder / where)
            else:
                (folder / where).symlink_to(*more)
        return folder if name == 'mm.c' else folder / name

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def place() -> Place:
    # Orphans become children of this process, so none escapes.
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    made = Place()
    atexit.register(made.close)
    return made


# ---- Judging. ----

def cap() -> None:
    for kind, limit in CAPS.items():
        resource.setrlimit(kind, (limit, limit))


def children() -> list[int]:
    path = Path(f'/proc/self/task/{os.getpid()}/children')
    return [int(word) for word in path.read_text().split()]


def describe(pid: int) -> str:
    try:
        return Path(f'/proc/{pid}/comm').read_text().strip()
    except OSError:
        return 'ended'


def is_zombie(pid: int) -> bool:
    try:
        return ') Z' in Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return True


def reap(before: set[int]) -> list[str]:
    """End what the case has left, and say what it was. A process that is
    ending just now has a moment for it."""
    deadline = time.monotonic() + 2
    left = [pid for pid in children() if pid not in before]
    while any(not is_zombie(pid) for pid in left) and \
            time.monotonic() < deadline:
        time.sleep(0.02)
    names = [describe(pid) for pid in left if not is_zombie(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return names + (reap(before) if left else [])


def command(case: Case, given: Path, report: Path, jail: str) -> list[str]:
    at = place()
    timing = ['--measure', 'instructions'] if case.counted else ['--no-timing']
    return [str(at.lab / 'tools/handin'), '--jail', jail, '--assignment',
            str(at.write_assignment(case)), os.path.relpath(given, at.students),
            '--', '-t', str(at.lab / 'traces'), '--seed', '1', '--json',
            str(report), *timing, *case.word('options').split()]


def judge(path: Path, case: Case, jail: str = 'auto') -> Outcome:
    """Hand in the file by the rules of the case, which may be another's."""
    at = place()
    report = at.results / 'mallory.json'
    report.unlink(missing_ok=True)
    given, outcome = at.hand_in(path, case), Outcome()
    before, running = at.others(), set(children())
    process = subprocess.Popen(
        command(case, given, report, jail), cwd=at.students, preexec_fn=cap,
        start_new_session=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, 'TMPDIR': str(at.scratch),
             'PYTHONDONTWRITEBYTECODE': '1'})
    try:
        outcome.stdout, outcome.stderr = process.communicate(
            timeout=WALL_SECONDS)
        outcome.status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        outcome.stdout, outcome.stderr = process.communicate()
    outcome.left = reap(running)
    after = at.others()
    outcome.changed = sorted(name for name in {*before, *after}
                             if before.get(name) != after.get(name))
    read_report(report, outcome)
    if outcome.changed:
        shutil.rmtree(at.scratch)
        at.scratch.mkdir()
        at.copy_lab()
    return outcome


def refuse_constant(text: str) -> float:
    raise ValueError(f'{text} is no number of JSON')


def read_report(path: Path, outcome: Outcome) -> None:
    try:
        outcome.report = json.loads(path.read_bytes().decode(),
                                    parse_constant=refuse_constant)
    except FileNotFoundError:
        outcome.fault = 'there is none'
    except ValueError as error:
        outcome.fault = str(error)


_twins: dict[str, Outcome] = {}


def judge_twin(case: Case) -> Outcome:
    """Once for all cases that are judged beside it."""
    if case.beside not in _twins:
        _twins[case.beside] = judge(case.twin, case)
    return _twins[case.beside]


# ---- What must be so. ----

SLACK = 0.2  # points of utilization
PAID = 10  # so many fewer, at least, if a case pays by utilization
# Small change that the judge does not count, for it cannot tell it from what
# printf and a deeper stack touch: a page that is allowed for, a page of libc's
# heap that was touched at loading, and variables (driver/check/outside.h).
ALLOWED_OUTSIDE = (4 + 4 + 2) << 10


def complaints(case: Case, outcome: Outcome) -> list[str]:
    """What this outcome of a cheat has that it must not have."""
    found = [*of_neighbours(outcome), *of_output(outcome)]
    expected = case.word('expect')
    if 'refused' in expected and outcome.status == 2 and not outcome.results:
        return found
    if outcome.fault:
        return [*found, f'the report: {outcome.fault}']
    if expected != 'no-gain':
        good = set(expected.split('|'))
        if not outcome.verdicts or outcome.verdicts - good:
            found.append(f'it got {", ".join(sorted(outcome.verdicts))}, '
                         f'not {expected}')
    return [*found, *of_gain(case, outcome)]


def of_neighbours(outcome: Outcome) -> list[str]:
    found = []
    if outcome.status is None:
        found.append('the judge did not end')
    elif outcome.status not in (0, 1, 2):
        found.append(f'the judge ended with {outcome.status}')
    if outcome.left:
        found.append(f'it left processes: {", ".join(outcome.left)}')
    if outcome.changed:
        found.append(f'it changed {", ".join(outcome.changed)}')
    return found


def of_output(outcome: Outcome) -> list[str]:
    """Nothing that a hand-in prints may look like the judge's."""
    found = []
    for name, said in (('stdout', outcome.stdout), ('stderr', outcome.stderr)):
        text = said.decode(errors='surrogateescape')
        if re.search(r'[\0-\x08\x0b-\x1f\x7f\udc80-\udcff]', text):
            found.append(f'{name} has control characters, or no UTF-8')
        if re.search(rf'^{FORGED}', text, re.M):
            found.append(f'{name} has a forged line')
        if SECRET in text:
            found.append(f'{name} has what another student wrote')
        if len(said) > 1 << 20:
            found.append(f'{name} has {len(said)} bytes')
    return found


def smaller_footprints(outcome: Outcome, twin: Outcome) -> list[str]:
    """Where the judge saw less memory than it lets pass."""
    return [f'{result["trace"]}: {result["peak_footprint"]} bytes, honest '
            f'{honest["peak_footprint"]}'
            for result, honest in zip(outcome.results, twin.results)
            if result['verdict'] == 'ok' and result['peak_footprint'] +
            ALLOWED_OUTSIDE < honest['peak_footprint']]


def of_gain(case: Case, outcome: Outcome) -> list[str]:
    if 'ok' not in outcome.verdicts:
        return []  # it got nothing
    twin = judge_twin(case)
    if not twin.results or twin.verdicts != {'ok'}:
        return [f'its twin is wrong: {twin.account()}']
    found = []
    if case.kind == 'books':
        found = smaller_footprints(outcome, twin)
    elif outcome.utilization > twin.utilization + SLACK:
        found.append(f'it gains: utilization {outcome.utilization:.1f} %, '
                     f'honest {twin.utilization:.1f} %')
    if case.counted and outcome.instructions is not None and \
            twin.instructions and \
            not (case.word('pays') == 'utilization' and
                 outcome.utilization < twin.utilization - PAID) and \
            outcome.instructions < twin.instructions * 0.99:
        found.append(f'it gains: {outcome.instructions:.1f} instructions, '
                     f'honest {twin.instructions:.1f}')
    return found


def honest_complaints(case: Case) -> list[str]:
    """What an honest hand-in loses by the jail."""
    inside, outside = judge(case.path, case), judge(case.path, case, 'off')
    found = [*of_neighbours(inside), *of_output(inside)]
    if outside.verdicts != {'ok'}:
        found.append(f'outside the jail: {outside.account()}')
    for here, there in zip(inside.results, outside.results, strict=True):
        if here['verdict'] != there['verdict'] or \
                here['peak_footprint'] > there['peak_footprint']:
            found.append(f'{here["trace"]}: {here["verdict"]}, footprint '
                         f'{here["peak_footprint"]}, outside the jail '
                         f'{there["peak_footprint"]}; {here["message"]}')
    return found


def figures(case: Case, outcome: Outcome) -> str:
    """What it got, and its twin."""
    twin = judge_twin(case)
    words = [f'utilization {outcome.utilization:.1f} of '
             f'{twin.utilization:.1f} %']
    if case.counted and outcome.instructions and twin.instructions:
        words.append(f'{outcome.instructions:.1f} of '
                     f'{twin.instructions:.1f} instructions')
    return ', '.join([*words, *sorted(outcome.verdicts)])


def main() -> None:
    """Print the table: what each cheat gained before, and gains now."""
    wanted = sys.argv[1:] or ['']
    for case in cases():
        if case.kind in ('honest', 'twin') or \
                not any(word in case.name for word in wanted):
            continue
        outcome = judge(case.path, case)
        print(f'{case.name}\n    before: {case.word("before", "-")}\n'
              f'    now:    {"; ".join(complaints(case, outcome)) or "nothing"}'
              f' ({figures(case, outcome)})', flush=True)
        for message in outcome.messages[:1]:
            print(f'            {message}', flush=True)
