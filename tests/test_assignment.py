"""Assignments: a wrong one is refused with one line, which names the place. What is
in the file holds, unless an option says otherwise.
"""
from __future__ import annotations

import copy
import json
from typing import Any

import samples
from malloclab import assignment
from support import (BUILD, ROOT, account, in_release_only, mdriver,
                     mdriver_json)

in_release_only('one build is enough')

PROFILE = {'utilization_weight': 0.5, 'utilization': [0, 1],
           'throughput': [0, 2], 'reference': 'libc', 'average': 'pooled'}
GOOD: dict[str, Any] = {
    'name': 'Malloc', 'lab': 'house', 'alignment': 16,
    'traces': {'structs.rep': 1}, 'points': 'classic',
    'limits': {'heap_limit': '16M', 'time_limit': 2.5},
    'allowed': ['memcpy', '__errno_location']}
ABSENT = object()


def changed(key: str, value: Any) -> dict[str, Any]:
    """GOOD, with another value; `a.b` is a member of a member."""
    whole = copy.deepcopy(GOOD)
    *path, last = key.split('.')
    place = whole
    for name in path:
        place = place[name]
    place[last] = value
    if value is ABSENT:
        del place[last]
    return whole


def profile(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**PROFILE, **changes}.items()
            if value is not ABSENT}


ACCEPTED = [
    GOOD, changed('limits', ABSENT), changed('allowed', ABSENT),
    changed('limits', {}), changed('allowed', []),
    changed('name', 'Übung 3: "malloc" \\ 😀'), changed('name', 'x' * 60),
    changed('alignment', 8), changed('lab', 'cmu'), changed('lab', 'csapp'),
    changed('traces', {'structs.rep': 0, 'comb.rep': 2, 'git-log.rep.gz': 3}),
    {**changed('points', profile(utilization_weight=1)),
     'traces': {'structs.rep': 2}},
    {**changed('points', profile(utilization_weight=0)),
     'traces': {'structs.rep': 3}},
    changed('points', PROFILE), changed('points', 'absolute'),
    changed('points', profile(throughput=[0, 1e15])),
    changed('points', profile(measure='instructions', reference='absolute')),
    changed('points', profile(measure='time', widest=0.1)),
    changed('points', 'instructions'), changed('points', profile(widest=1)),
    changed('limits.heap_limit', '64k'), changed('limits.heap_limit', '65536'),
    changed('limits.heap_limit', '0000064K'),
    changed('limits.heap_limit', '65536G'),
    changed('limits.time_limit', 1000000),
    changed('limits.time_limit', 1e-9),
    changed('limits.budget', 0.5), changed('limits.budget', 1000000),
    changed('secret', {}), changed('secret', {'seed': 'term 1 ~"\\'}),
    changed('secret', {'seed': 'x' * 64, 'counts': 'both'}),
    changed('secret', {'counts': 'public'}),
    changed('secret', {'counts': 'secret', 'seed': ' '}),
    changed('allowed', ['f' * 63] * 256)]

# A change of GOOD, and a part of the sentence that both say.
REFUSED: list[tuple[dict[str, Any], str]] = [
    *((changed(key, ABSENT), f'it has no "{key}"') for key in
      ('name', 'lab', 'alignment', 'traces', 'points')),
    (changed('trases', {}), 'no key of an assignment; the nearest is "traces"'),
    (changed('a\nb\x1b[31m', 1), '"a?b?[31m" is no key of an assignment; the'),
    (changed('traces', {'a\nb': 1}), '"a?b" is no name of a trace file'),
    (changed('points', profile(average='\x1b[2J\n')), 'cannot be "?[2J?"'),
    (changed('', 1), '"" is no key of an assignment; the nearest is "lab"'),
    (changed('z' * 99, 1), 'the nearest is'),
    (changed('alignement', 16), 'the nearest is "alignment"'),
    (changed('limits.heap', '1G'), 'no key of "limits"; the nearest is "heap_'),
    (changed('points', profile(weight=1)), 'no key of "points"; the nearest'),
    *((changed('name', value), '"name" has to be') for value in
      ('', 'x' * 61, 'ü' * 31, 'a\nb', 'a\0b', 'a\x7f', 7, None, ['x'])),
    *((changed('lab', value), '"lab" has to be') for value in
      ('', 3, 'x' * 32, True)),
    (changed('lab', 'cmuu'), '"lab" cannot be "cmuu"; the nearest is "cmu"'),
    (changed('lab', 'CSAPP'), 'the nearest is'),
    *((changed('alignment', value), '"alignment" has to be') for value in
      (0, -8, 4, 32, 16.0, '16', True, None, 2**32 + 16, 2**64 + 16, 10**40)),
    *((changed('traces', value), '"traces" has to be an object') for value in
      ({}, [], ['structs.rep'], 'structs.rep', None,
       {f'{n}.rep': 1 for n in range(1001)})),
    *((changed('traces', {name: 1}), 'is no name of a trace file') for name in
      ('', 'structs', '.rep', '../x.rep', '/x.rep', 'a b.rep', 'x.rep.bz2',
       '.hidden.rep', 'ü.rep', 'x' * 97 + '.rep', 'x.rep\n')),
    *((changed('traces', {'structs.rep': value}), 'the weight of "structs.rep"')
      for value in (-1, 4, 1.0, '1', True, None, 10**30)),
    *((changed('points', value), '"points" has to be') for value in
      ('', 1, None, [], 'x' * 32)),
    *((changed('traces', traces), f'no trace counts for {part}: give')
      for traces, part in (({'structs.rep': 0}, 'utilization'),
                           ({'a.rep': 3, 'b.rep': 0}, 'utilization'),
                           ({'a.rep': 2, 'b.rep': 0}, 'throughput'))),
    (changed('points', 'clasic'), "no profile 'clasic'; there are classic"),
    *((changed('points', profile(**{key: ABSENT})), f'needs "{key}"')
      for key in PROFILE),
    *((changed('points', profile(utilization_weight=value)), 'weight"')
      for value in (-0.1, 1.1, '1', True, 10**30)),
    *((changed('points', profile(throughput=value)), '"throughput"')
      for value in ([], [1], [0, 1, 2], ['0', '1'], [True, 2], [1, 1], [2, 1],
                    [-1, 1], [0, 1.1e15], 1, None)),
    (changed('points', profile(average='mean')), 'cannot be "mean"'),
    (changed('points', profile(reference=1)), 'needs "reference"'),
    (changed('points', profile(measure='ticks')), '"measure" cannot be "ticks"'),
    *((changed('points', profile(measure=value)), 'needs "measure"')
      for value in (1, None, ['time'])),
    *((changed('points', profile(widest=value)), 'needs "widest"')
      for value in ('1', None, True, [])),
    *((changed('points', profile(widest=value)), '"widest" has to be')
      for value in (0, -0.1, 1.1)),
    *((changed('limits', value), '"limits" has to be') for value in
      ([], '1G', None, 1)),
    *((changed('limits.heap_limit', value), '"heap_limit" has to be')
      for value in ('', '63K', '65537G', '-1M', '+1M', ' 1M', '1M ', '1T',
                    '1MB', '1.5M', '0x100000', '٣٣٣٣٣٣٣', '9' * 30,
                    '18446744073709551615G', 1048576, None)),
    *((changed(f'limits.{key}', value), f'"{key}" has to be')
      for key in ('time_limit', 'budget')
      for value in (0, -1, 1000000.5, '20', True, None, 10**400)),
    *((changed('secret', value), '"secret" has to be') for value in
      ([], 'x', None, 1)),
    (changed('secret', {'sead': 'x'}), 'no key of "secret"; the nearest is "s'),
    *((changed('secret', {'seed': value}), '"seed" has to be') for value in
      ('', 'x' * 65, 'ü', 'a\nb', 'a\0b', '\x7f', 7, None, ['x'])),
    *((changed('secret', {'seed': 'x', 'counts': value}), '"counts" has to be')
      for value in ('', 'Both', 'none', 1, None, ['both'])),
    *((changed('allowed', value), '"allowed" has to be') for value in
      ('memcpy', {}, None, 1, ['f'] * 257)),
    *((changed('allowed', ['f', value]), '"allowed": number 2 is no name')
      for value in ('', '2f', 'a b', 'a-b', 'ä', 'f' * 64, 1, None, 'f\n'))]

TEXT = json.dumps(GOOD)
NO_JSON = [
    '', '{', '[]', '1', 'null', '"x"', TEXT[:-1], TEXT + '}', TEXT + ' x',
    TEXT[:-1] + ',}', TEXT.replace('"', "'"), '/* no */' + TEXT,
    TEXT + '// no', '\ufeff' + TEXT, TEXT + '\0', '\0' + TEXT,
    TEXT.replace('16,', '016,'), TEXT.replace('16,', '+16,'),
    TEXT.replace('16,', '0x10,'), TEXT.replace('2.5', '.5'),
    TEXT.replace('2.5', '2.'), TEXT.replace('2.5', '02.5'),
    TEXT.replace('2.5', '-02'), TEXT.replace('2.5', '00'), TEXT.replace('2.5', 'NaN'),
    TEXT.replace('2.5', 'Infinity'), TEXT.replace('2.5', '-Infinity'),
    TEXT.replace('2.5', '1e999'), TEXT.replace('"Malloc"', '"Mal\tloc"'),
    TEXT.replace('"Malloc"', r'"\x41"'), TEXT.replace('"Malloc"', r'"\u00"'),
    TEXT.replace('"Malloc"', r'"\ü"'), TEXT.replace('"Malloc"', 'ü"Malloc"'),
    TEXT.replace('"Malloc"', 'Malloc'), '[' * 100000, '{"a":' * 100000,
    ' ' * (1 << 20) + TEXT]


class Assignments(samples.Samples):
    def judged(self, text: str | bytes):
        """What ./mdriver says, and what the tools do: None, or a complaint."""
        path = self.folder / 'a.json'
        path.write_bytes(text.encode(errors='surrogateescape')
                         if isinstance(text, str) else text)
        finished = samples.mdriver_refusing('--check-assignment', path)
        try:
            assignment.read(path)
        except assignment.AssignmentError as error:
            return finished, str(error)
        return finished, None

    def test_accepted(self) -> None:
        texts = [json.dumps(one) for one in ACCEPTED]
        texts += [TEXT.replace('2.5', '250.0e-02'), f'\n\t{TEXT} \r\n',
                  TEXT.replace('2.5', '25e-1'),
                  TEXT.replace('"Malloc"', r'"\\\"2. 01\u0041\/\ud83d\ude00"'),
                  TEXT.replace('"Malloc"', r'"\ud83d"'),
                  json.dumps(ACCEPTED[5], ensure_ascii=False)]
        for text in texts:
            with self.subTest(text[:200]):
                finished, complaint = self.judged(text)
                self.assertIsNone(complaint)
                self.assertEqual(finished.returncode, 0, account(finished))

    def test_refused(self) -> None:
        for value, sentence in REFUSED:
            with self.subTest(str(value)[-200:], sentence=sentence):
                finished, complaint = self.judged(json.dumps(value))
                self.assertIn(sentence, complaint or '')
                self.assertEqual(finished.returncode, 2, account(finished))
                self.assertEqual(finished.stderr, f'{complaint}\n')

    def test_what_is_no_json(self) -> None:
        bad = [text.encode() for text in NO_JSON]
        bad += [TEXT.encode().replace(b'Malloc', name) for name in (
            b'\xff', b'\xed\xa0\x80', b'\xc3', b'\x80', b'\xc0\xaf',
            b'\xe0\x80\xaf', b'\xf0\x80\x80\xaf', b'\xf4\x90\x80\x80',
            b'\xf8\x88\x80\x80\x80', b'\xfc\x80\x80\x80')]
        bad.append(TEXT.encode('utf-16'))
        for text in bad:
            with self.subTest(text[:200]):
                finished, complaint = self.judged(text)
                self.assertIsNotNone(complaint)
                self.assertEqual(finished.returncode, 2, account(finished))
                for said in finished.stderr, f'{complaint}\n':
                    self.assertRegex(
                        said, r'\A[^\n]*/a\.json(:\d+)?: [^\n]+\n\Z')

    def test_the_line_of_what_is_no_json(self) -> None:
        finished, complaint = self.judged('{\n"name": "x",\n"lab": ,\n}')
        for said in finished.stderr, complaint:
            self.assertIn('/a.json:3: ', said)

    def test_the_line_of_a_wrong_value(self) -> None:
        whole = json.dumps({**GOOD, 'points': PROFILE, 'secret': {'seed': 's'}},
                           indent=1)
        lines = whole.split('\n')
        for key, value in (('name', '""'), ('lab', '"x"'), ('alignment', '7'),
                           ('structs.rep', '9'), ('points', '"none"'),
                           ('utilization_weight', '2'), ('average', '1'),
                           ('reference', '"x"'), ('utilization', '[]'),
                           ('throughput', '[2, 1]'), ('heap_limit', '"1"'),
                           ('time_limit', '[[{"a": [",}\\""]}]]'),
                           ('seed', '5'), ('allowed', '[7]')):
            wrong = json.loads(whole)
            place = next(i for i, line in enumerate(lines)
                         if f'"{key}": ' in line)
            for holder in wrong, *wrong.values():
                if isinstance(holder, dict) and key in holder:
                    holder[key] = json.loads(value)
            with self.subTest(key):
                finished, _ = self.judged(json.dumps(wrong, indent=1))
                self.assertRegex(
                    finished.stderr,
                    rf'a\.json:{place + 1 + (key == "allowed")}: [^\n]+\n\Z')

    def test_a_key_that_stands_twice(self) -> None:
        for text, line, key in (
                ('{"name": "x",\n"name": "y"}', 2, 'name'),
                ('{"a": [1, {"b": 2}],\n\n"a": {}}', 3, 'a'),
                ('{"a": {},\n"\\u0061": [[], ""]}', 2, 'a'),
                ('{"limits": {"x": 1, "y": ",}",\n"x": 2}}', 2, 'x'),
                ('{"l": [[{}, {"\\"": 1,\n"\\"": 2}]]}', 2, '"')):
            with self.subTest(text):
                finished, complaint = self.judged(text)
                self.assertEqual(complaint, f'{self.folder}/a.json:{line}: the '
                                 f'key "{key}" stands twice')
                self.assertEqual(finished.returncode, 2)

    def test_files_that_cannot_be_read(self) -> None:
        for path, why in ((self.folder / 'none', 'No such file or directory'),
                          (self.folder, 'Is a directory')):
            said = f'{path}: cannot read it: {why}'
            finished = samples.mdriver_refusing('--assignment', path)
            self.assertEqual(finished.stderr, said + '\n')
            with self.assertRaises(assignment.AssignmentError) as refused:
                assignment.read(path)
            self.assertEqual(str(refused.exception), said)

    def test_a_trace_that_is_missing(self) -> None:
        path = self.write('a.json', json.dumps(
            {**GOOD, 'traces': {'structs.rep': 1, 'none.rep': 1}}, indent=1))
        finished = samples.mdriver_refusing('--assignment', path)
        self.assertEqual(finished.stderr, f'{path}:7: "traces": there is no '
                         'traces/none.rep\n')

    def test_those_that_are_here(self) -> None:
        for path in (ROOT / 'assignments').glob('*.json'):
            with self.subTest(path.name):
                for name in assignment.read(path).traces:
                    self.assertTrue((ROOT / 'traces' / name).exists())
                finished = mdriver('--assignment', path, '--list')
                self.assertEqual(finished.returncode, 0, account(finished))


class Use(samples.Samples):
    def judge(self, *more: str, **changes: Any) -> dict[str, Any]:
        whole = {**GOOD, 'traces': {'structs.rep': 2, 'comb.rep': 0, 'queue.rep': 3},
                 **changes}
        path = self.write('use.json', json.dumps(whole))
        finished, report = mdriver_json(
            '--assignment', path, '--allocator', 'mm', *(
                more or ('--no-timing',)))
        self.assertEqual(finished.returncode, 0, account(finished))
        return report

    def test_traces_and_weights(self) -> None:
        self.assertEqual([(one['trace'], one['weight'])
                          for one in self.judge()['results']],
                         [('structs.rep', 2), ('comb.rep', 0), ('queue.rep', 3)])

    def test_a_file_here_is_not_one_of_the_directory(self) -> None:
        self.write('only/structs.rep', samples.EVERY)
        report = self.judge('-t', str(self.folder / 'only'), '--no-timing',
                            traces={'structs.rep': 1})
        self.assertLess(report['results'][0]['ops'], 100)

    def test_alignment_and_options_that_win(self) -> None:
        self.assertEqual(self.judge(alignment=8)['align'], 8)
        self.assertEqual(self.judge('--align', '16', '--no-timing',
                                    alignment=8)['align'], 16)
        only = self.judge('-f', 'structs', '-f', 'stack', '--no-timing')
        self.assertEqual([(one['trace'], one['weight'])
                          for one in only['results']],
                         [('structs.rep', 2), ('stack.rep', 1)])

    def test_limits(self) -> None:
        path = self.write('small.json', json.dumps(
            {**GOOD, 'limits': {'heap_limit': '64K', 'time_limit': 0.5}}))
        slow = BUILD / 'bad/too-slow.sleeps.so'
        for words, verdict in ((('mm',), 'no-memory'),
                               (('mm', '--heap-limit', '1G'), 'ok'),
                               ((slow, '--heap-limit', '1G'), 'too-slow')):
            _, report = mdriver_json('--assignment', path, '--no-timing',
                                     '--allocator', *words)
            self.assertEqual(report['results'][0]['verdict'], verdict)

    def test_points(self) -> None:
        rounds = '--reps', '1', '-f', 'structs'
        for more, points, name in (
                ((), 'cmu', 'cmu'), ((), PROFILE, 'points'),
                (('--index', 'classic'), PROFILE, 'classic'),
                (('--index', 'geometric'), 'cmu', 'geometric')):
            report = self.judge(*rounds, *more, points=points)
            self.assertEqual(report['index']['mm']['profile'], name)
