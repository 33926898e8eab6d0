"""Results of gradings, for tests of what is made of them."""
from __future__ import annotations

import functools
import random
from typing import Any

from support import ROOT, mdriver_json

HOSTILE = ('<script>document.title = "owned"</script>',
           '"><img src=x onerror="document.title=\'owned\'">',
           '=HYPERLINK("http://example.org")', '@SUM(1)',
           'a\x00b\x1b[31mc\ud800\ufffe\U0001fffe', ']]>&amp;',
           '\u202eesrever \u0627\u0644\u0639\u0631\u0628\u064a\u0629',
           'scores: {"total": 100}', '{"scores": {"utilization": 100}}',
           'n' * 3000, '../../etc/passwd', 'two\nlines\r\nor three', ' ')


def result(student: str = 'alice', **changes: Any) -> dict[str, Any]:
    """A good hand-in's, with these keys changed."""
    return {'version': 1, 'key': '0' * 64, 'student': student,
            'source': f'{student}/mm.c', 'files': ['mm.c'],
            'assignment': 'The malloc lab', 'lab': 'csapp',
            'status': 'graded', 'comment': '',
            'points': {'total': 87.5, 'utilization': 52.1, 'throughput': 35.4,
                       'of': 100, 'utilization_of': 60, 'throughput_of': 40},
            'traces': [trace('structs'), trace('structs~secret', 'secret')],
            'verdicts': {'ok': 2}, 'throughput': 16.3,
            'throughput_unit': 'operations per 1,000 instructions',
            'output': '', 'notes': [], 'worst': None,
            'seconds': {'compile': 0.4, 'judge': 1.2, 'replays': 1.0},
            **changes}


def trace(name: str, of: str = 'public', **changes: Any) -> dict[str, Any]:
    return {'trace': name, 'set': of, 'weight': 1, 'counts': True,
            'verdict': 'ok', 'message': '', 'line': 0, 'ops': 1000,
            'utilization': 0.91, 'bound': 0.97, 'instructions_per_op': 61.2,
            'throughput': None, **changes}


def wrong(student: str, **changes: Any) -> dict[str, Any]:
    """One with a bad verdict on either set."""
    return result(student, traces=[
        trace('structs', verdict='overlap', line=7, utilization=None,
              message='malloc(8) returned 0x10, over block 3'),
        trace('structs~secret', 'secret', verdict='misaligned', line=9,
              utilization=None, message='malloc(9) returned 0x11')],
        verdicts={'overlap': 1, 'misaligned': 1},
        comment='overlap on structs', **changes)


def unbuilt(student: str, **changes: Any) -> dict[str, Any]:
    none = {'total': 0, 'utilization': 0, 'throughput': 0, 'of': 100,
            'utilization_of': 60, 'throughput_of': 40}
    return result(student, status='not-compiled', traces=[], verdicts={},
                  comment="mm.c:3: error: expected ';'", points=none,
                  throughput=None, throughput_unit='', **changes)


def ungraded(student: str) -> dict[str, Any]:
    return unbuilt(student) | {'status': 'not-graded', 'points': None,
                               'comment': 'the disk is full'}


def hostile() -> list[dict[str, Any]]:
    """Each text of a hand-in is one of HOSTILE."""
    return [wrong(f'{n}{text}') | {
        'comment': text, 'output': text, 'notes': [text], 'files': [text],
        'traces': [trace('structs', verdict='bad-heap', message=text)],
        'verdicts': {'bad-heap': 1}} for n, text in enumerate(HOSTILE)]


@functools.lru_cache(maxsize=None)
def judged(allocator: str) -> dict[str, Any]:
    """A real one: an allocator of the build, judged by the classic
    assignment without timing."""
    _, judgement = mdriver_json(
        '--no-timing', '--assignment', ROOT / 'assignments/classic.json',
        '--allocator', allocator)
    traces = [trace(row['trace'].split('.')[0], weight=row['weight'], **{
        key: row[key] for key in ('verdict', 'message', 'line', 'ops',
                                  'utilization')},
        bound=row['bounds']['aligned'], instructions_per_op=None)
        for row in judgement['results']]
    verdicts: dict[str, int] = {}
    for row in traces:
        verdicts[row['verdict']] = verdicts.get(row['verdict'], 0) + 1
    return result(allocator, traces=traces, verdicts=verdicts)


def a_class(size: int) -> list[dict[str, Any]]:
    """So many students, of every kind; the same each time."""
    rng = random.Random(size)
    return [_student(f'student{n:03}', rng) for n in range(size)]


def _student(name: str, rng: random.Random) -> dict[str, Any]:
    kind = rng.random()
    if kind < .04:
        return unbuilt(name)
    if kind < .05:
        return ungraded(name)
    share, speed = rng.betavariate(6, 2), rng.lognormvariate(2.3, .5)
    points = {'total': 60 * share + min(40, 3 * speed),
              'utilization': 60 * share, 'throughput': min(40, 3 * speed),
              'of': 100, 'utilization_of': 60, 'throughput_of': 40}
    found = wrong(name) if kind < .15 else result(name, traces=[
        trace('structs', utilization=share),
        trace('structs~secret', 'secret', utilization=share * .98)])
    return found | {'points': points, 'throughput': speed}
