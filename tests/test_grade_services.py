"""What Autolab, Gradescope and JUnit's readers get of results."""
from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Any

from support import TESTS, in_release_only, only_with

in_release_only('the tools are the same in every build')
only_with('jsonschema')

import jsonschema

import graded
from malloclab.grade import gradebook, services

SCHEMAS = TESTS / 'schemas'
SAFE = re.compile(r'''(?:^|[;,|])\s*[=+\-@＝＋－＠]''')


def validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / f'{name}.json').read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def kinds() -> list[dict[str, Any]]:
    """One of each kind, real ones, and hostile ones."""
    return [graded.result(), graded.wrong('bob'), graded.unbuilt('carol'),
            graded.ungraded('dave'),
            graded.unbuilt('erin') | {'status': 'refused'},
            graded.judged('naive'), *graded.hostile()]


def as_autolab_does(line: str) -> dict[str, Any]:
    """Autolab quotes what looks like a bare key, then parses."""
    return json.loads(re.sub(r'([a-zA-Z0-9]+):', r'"\1":', line))


class Autolab(unittest.TestCase):
    def test_the_last_two_lines_are_as_documented(self) -> None:
        last, before = validator('autolab'), validator('autolab-feedback')
        for result in kinds():
            with self.subTest(result['student'][:40]):
                lines = services.autolab(result).rstrip('\n').split('\n')
                last.validate(json.loads(lines[-1]))
                feedback = json.loads(lines[-2])
                before.validate(feedback)
                self.assertEqual(set(feedback) - set(feedback['stages']),
                                 {'_presentation', 'stages'})

    def test_autolab_reads_the_scores(self) -> None:
        for result in kinds():
            points = result['points']
            expected = points and {part: points[part] for part in
                                   ('utilization', 'throughput')}
            with self.subTest(result['student'][:40]):
                line = services.autolab(result).strip().split('\n')[-1]
                self.assertEqual(as_autolab_does(line)['scores'],
                                 expected or {})

    def test_all_is_ascii(self) -> None:
        for result in graded.hostile():
            with self.subTest(result['student'][:40]):
                self.assertRegex(services.autolab(result),
                                 r'\A[\n\x20-\x7e]+\Z')

    def test_what_it_printed_is_indented(self) -> None:
        result = graded.wrong('bob', output='{"scores": {}}\nx')
        result['traces'] = result['traces'][:1]
        text = services.autolab(result)
        self.assertIn('\n    {"scores": {}}\n    x\n', text)

    def test_secret_traces_are_only_counted(self) -> None:
        text = services.autolab(graded.wrong('bob', output='malloc 9'))
        self.assertIn('\nSecret traces: 0 of 1 ok', text)
        for word in ('~secret', 'misaligned', 'malloc(9)', 'malloc 9'):
            self.assertNotIn(word, text)


class Gradescope(unittest.TestCase):
    def test_the_object_is_as_documented(self) -> None:
        schema = validator('gradescope')
        for result in kinds():
            with self.subTest(result['student'][:40]):
                found = services.gradescope(result)
                schema.validate(found)
                json.dumps(found, allow_nan=False).encode('ascii')

    def test_the_schema_refuses_what_is_not_documented(self) -> None:
        schema = validator('gradescope')
        for fault in ({}, {'tests': [{}]}, {'score': '1'},
                      {'score': 1, 'visibility': 'never'},
                      {'score': 1, 'more': 1},
                      {'score': 1, 'tests': [{'output_format': 'ps'}]}):
            with self.subTest(fault):
                self.assertFalse(schema.is_valid(fault))

    def test_the_score_is_the_total(self) -> None:
        found = services.gradescope(graded.result())
        self.assertEqual(found['score'], 87.5)
        self.assertEqual([(test['score'], test['max_score'])
                          for test in found['tests'] if 'score' in test],
                         [(52.1, 60), (35.4, 40)])

    def test_what_belongs_to_secret_traces_is_hidden(self) -> None:
        result = graded.wrong('bob', output='malloc 9')
        for visibility in ('hidden', 'after_published'):
            with self.subTest(visibility):
                found = services.gradescope(result, visibility)
                shown = [test for test in found['tests']
                         if test['visibility'] == 'visible']
                hidden = [test['visibility'] for test in found['tests']
                          if test not in shown]
                self.assertEqual(hidden, [visibility] * 2)
                self.assertNotIn('9', json.dumps(shown))
                self.assertNotIn('secret', json.dumps(shown))

    def test_what_does_not_compile_says_so_first(self) -> None:
        first = services.gradescope(graded.unbuilt('carol'))['tests'][0]
        self.assertEqual(first['status'], 'failed')
        self.assertIn("mm.c:3: error: expected ';'", first['output'])


class JUnit(unittest.TestCase):
    def test_a_suite_a_student_and_a_case_a_trace(self) -> None:
        root = xml.fromstring(services.junit(kinds()[:5]))
        found = {suite.get('name'): (suite.get('tests'), suite.get('failures'),
                                     suite.get('errors')) for suite in root}
        self.assertEqual(found, {
            'alice': ('2', '0', '0'), 'bob': ('2', '2', '0'),
            'carol': ('1', '1', '0'), 'dave': ('1', '0', '1'),
            'erin': ('1', '1', '0')})
        failure = root.find('testsuite[@name="bob"]/testcase/failure')
        self.assertEqual(failure.get('type'), 'overlap')
        self.assertEqual(failure.get('message'),
                         'malloc(8) returned 0x10, over block 3')

    def test_hostile_texts_leave_it_well_formed(self) -> None:
        results = graded.hostile()
        root = xml.fromstring(services.junit(results))
        self.assertEqual(len(root), len(results))
        self.assertEqual({child.tag for child in root.iter()},
                         {'testsuites', 'testsuite', 'testcase', 'failure',
                          'system-out'})

    def test_the_order_of_results_does_not_matter(self) -> None:
        results = kinds()
        self.assertEqual(services.junit(results),
                         services.junit(results[::-1]))


class Gradebook(unittest.TestCase):
    def written(self, results: list[dict[str, Any]]) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / 'gradebook.csv'
            gradebook.write(results, path)
            return path.read_bytes()

    def rows(self, results: list[dict[str, Any]]) -> list[dict[str, str]]:
        text = self.written(results).decode('utf-8')
        return list(csv.DictReader(io.StringIO(text, newline=''), strict=True))

    def test_a_row_a_student(self) -> None:
        rows = self.rows(kinds()[:5][::-1])
        self.assertEqual([row['student'] for row in rows],
                         ['alice', 'bob', 'carol', 'dave', 'erin'])
        self.assertEqual(
            [rows[0][name] for name in (
                'status', 'total', 'utilization points', 'throughput points',
                'of points', 'verdicts', 'utilization public',
                'utilization secret',
                'throughput (operations per 1,000 instructions)')],
            ['graded', '87.5', '52.1', '35.4', '100.0', 'ok 2', '0.91',
             '0.91', '16.3'])
        self.assertEqual(rows[1]['verdicts'], 'misaligned 1; overlap 1')
        self.assertEqual(rows[2]['comment'], "mm.c:3: error: expected ';'")
        self.assertEqual((rows[2]['total'], rows[3]['total']), ('0.0', ''))

    def test_no_cell_is_a_formula(self) -> None:
        texts = ('=1', '+1', '-1', '@A1', '\t=1', '\r=1', ' =1', 'a;=1',
                 'a, -1', '\n+1', '＝1', "a | =cmd")
        rows = self.rows([graded.wrong(f'{n}') | {'comment': text}
                          for n, text in enumerate(texts)])
        for row in rows + self.rows(graded.hostile()):
            for value in row.values():
                with self.subTest(value[:40]):
                    self.assertNotRegex(value, SAFE)
                    self.assertNotRegex(value, r'[\x00-\x1f]')

    def test_lines_end_as_in_rfc_4180(self) -> None:
        lines = self.written(kinds()).split(b'\r\n')
        self.assertEqual(len(lines), len(kinds()) + 2)
        self.assertNotIn(b'\n', b''.join(lines))

    def test_the_order_of_results_does_not_matter(self) -> None:
        results = graded.a_class(30)
        self.assertEqual(self.written(results), self.written(results[::-1]))
