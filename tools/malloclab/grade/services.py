"""Results as three kinds of services read them: Autolab, Gradescope, JUnit.

tests/schemas/ has what the first two document. Students may hand in many times
there. So they see of secret traces only how many went well, and nothing that
the hand-in printed, for that could be a secret trace's sizes.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as xml
from typing import Any, Sequence

from . import wording
from .wording import NOT_GRADED, OK

OUTPUT = 2000  # characters of what it printed
SECRET = "hidden"  # Gradescope's visibility of secret traces


# ---- Autolab. ----


def autolab(result: dict[str, Any]) -> str:
    """Feedback, a line for Autolab's table of tests, and the autoresult.

    Autolab puts quotes around `word` where it finds `word:` in the autoresult.
    So that has numbers, and no text but the names of its two problems. The
    scoreboard is total points, utilization in per cent, throughput. All is
    ASCII, which every database behind Autolab takes.
    """
    lines = [*_feedback(result), json.dumps(_presentation(result)),
             json.dumps(_autoresult(result), allow_nan=False)]
    return "".join(f"{line}\n" for line in lines).encode(
        "ascii", "backslashreplace").decode()


def _feedback(result: dict[str, Any]) -> list[str]:
    lines = [wording.sentence(result)]
    for trace in wording.traces(result, "public"):
        lines.append(f"{wording.line(trace['trace'])}: {_words(trace)}")
    lines += _secret(result)
    lines += [wording.line(note) for note in result["notes"]]
    return lines + _printed(result)


def _words(trace: dict[str, Any]) -> str:
    """A trace that went well has figures, another one its message."""
    if trace["verdict"] != OK:
        return f"{trace['verdict']}: {wording.line(trace['message'])}"
    words = f"ok, utilization {wording.percent(trace['utilization'])}"
    if trace["bound"] is not None:
        words += f" of at most {wording.percent(trace['bound'])}"
    if trace["instructions_per_op"] is not None:
        words += (f", {wording.number(trace['instructions_per_op'])} "
                  "instructions per operation")
    return words


def _secret(result: dict[str, Any]) -> list[str]:
    hidden = wording.traces(result, "secret")
    if not hidden:
        return []
    right = sum(trace["verdict"] == OK for trace in hidden)
    return [f"Secret traces: {right} of {len(hidden)} ok, mean utilization "
            f"{wording.percent(wording.utilization(result, 'secret'))}"]


def _printed(result: dict[str, Any]) -> list[str]:
    """Its lines, indented: none can be taken for one of ours."""
    if not result["output"] or wording.traces(result, "secret"):
        return []
    printed = wording.cut(result["output"], OUTPUT).split("\n")
    return ["It printed:", *(f"    {line}" for line in printed)]


def _presentation(result: dict[str, Any]) -> dict[str, Any]:
    stages = {"Build": {"the hand-in compiles": _passed(
        result["status"] == wording.GRADED, wording.sentence(result))}}
    tests = {f"trace {wording.line(trace['trace'])}": _passed(
        trace["verdict"] == OK, _words(trace))
        for trace in wording.traces(result, "public")}
    if tests:
        stages["Traces"] = tests
    return {"_presentation": "semantic", "stages": list(stages), **stages}


def _passed(right: bool, hint: str) -> dict[str, Any]:
    return {"passed": True} if right else {"passed": False, "hint": hint}


def _autoresult(result: dict[str, Any]) -> dict[str, Any]:
    points = result["points"]
    if points is None:  # no score: the one before stays
        return {"scores": {}}
    return {"scores": {"utilization": _round(points["utilization"]),
                       "throughput": _round(points["throughput"])},
            "scoreboard": [
                _round(points["total"]),
                _round(100 * (wording.mean_utilization(result) or 0)),
                _round(result["throughput"] or 0)]}


def _round(value: float) -> float:
    return round(float(value), 2)


# ---- Gradescope. ----


def gradescope(result: dict[str, Any], secret: str = SECRET
               ) -> dict[str, Any]:
    """The contents of results.json. `secret` is the visibility of secret
    traces: with `after_due_date` or `after_published`, Gradescope shows no
    total before then."""
    points = result["points"]
    feedback = "\n".join([wording.sentence(result), *_secret(result)])
    found: dict[str, Any] = {
        "score": _round(points["total"]) if points else 0.0,
        "output": feedback, "output_format": "text",
        "test_output_format": "text", "test_name_format": "text",
        "visibility": "visible", "stdout_visibility": "hidden",
        "tests": _tests(result, secret)}
    if points:
        found["leaderboard"] = _leaderboard(result)
    return found


def _tests(result: dict[str, Any], secret: str) -> list[dict[str, Any]]:
    tests = [_test("1", "the hand-in compiles",
                   result["status"] == wording.GRADED,
                   wording.sentence(result))]
    tests += _points(result)
    for n, trace in enumerate(result["traces"], 1):
        tests.append(_test(f"3.{n}", wording.line(trace["trace"]),
                           trace["verdict"] == OK, _words(trace)))
        if trace["set"] == "secret":
            tests[-1]["visibility"] = secret
    if result["output"]:
        tests.append({"number": "4", "name": "what it printed",
                      "output": wording.cut(result["output"], OUTPUT),
                      "visibility": secret if wording.traces(result, "secret")
                      else "visible"})
    return tests


def _points(result: dict[str, Any]) -> list[dict[str, Any]]:
    points = result["points"]
    if not points:
        return []
    return [{"number": f"2.{n}", "name": name, "visibility": "visible",
             "score": _round(points[name]),
             "max_score": _round(points[f"{name}_of"])}
            for n, name in enumerate(("utilization", "throughput"), 1)]


def _test(number: str, name: str, right: bool, output: str
          ) -> dict[str, Any]:
    return {"number": number, "name": name, "output": output,
            "status": "passed" if right else "failed",
            "visibility": "visible"}


def _leaderboard(result: dict[str, Any]) -> list[dict[str, Any]]:
    utilization = wording.mean_utilization(result)
    return [{"name": "points", "value": _round(result["points"]["total"]),
             "order": "desc"},
            {"name": "utilization", "value": round(utilization or 0, 4),
             "order": "desc"},
            {"name": "throughput", "value": _round(result["throughput"] or 0),
             "order": "desc"}]


# ---- JUnit. ----


def junit(results: Sequence[dict[str, Any]]) -> bytes:
    """A test suite for each student, a test case for each trace. A hand-in
    that was not judged has one case, which says why."""
    root = xml.Element("testsuites")
    for result in sorted(results, key=lambda result: result["student"]):
        _suite(root, result)
    xml.indent(root)
    return xml.tostring(root, "utf-8", xml_declaration=True) + b"\n"


def _suite(root: xml.Element, result: dict[str, Any]) -> None:
    suite = xml.SubElement(root, "testsuite",
                           name=wording.line(result["student"]))
    if result["status"] != wording.GRADED:
        case = _case(suite, result, "the hand-in is graded")
        kind = "error" if result["status"] == NOT_GRADED else "failure"
        _fault(case, kind, result["status"], wording.sentence(result))
    for trace in result["traces"]:
        case = _case(suite, result, trace["trace"])
        if trace["verdict"] != OK:
            _fault(case, "failure", trace["verdict"],
                   wording.line(trace["message"]))
    if result["output"]:
        xml.SubElement(suite, "system-out").text = \
            wording.cut(result["output"], OUTPUT)
    for kind in ("failure", "error"):
        suite.set(f"{kind}s", str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))


def _case(suite: xml.Element, result: dict[str, Any], name: str
          ) -> xml.Element:
    return xml.SubElement(suite, "testcase", name=wording.line(name),
                          classname=wording.line(result["student"]))


def _fault(case: xml.Element, kind: str, verdict: str, message: str) -> None:
    xml.SubElement(case, kind, type=verdict,
                   message=message).text = f"{verdict}: {message}"
