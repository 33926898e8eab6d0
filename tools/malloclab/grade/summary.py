"""From the results of a plan's hand-ins to gradebook, pages and reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import output
from . import gradebook, pages, services, similar
from .plan import Plan, Task


def results_of(plan: Plan) -> list[dict[str, Any]]:
    """By student. Who has not been judged yet is "not-graded"."""
    return [plan.result(task) or _missing(plan, task) for task in plan.tasks]


def _missing(plan: Plan, task: Task) -> dict[str, Any]:
    return {"version": 1, "key": "", "student": task.student,
            "source": task.source, "files": task.files,
            "assignment": plan.wanted.name, "lab": plan.wanted.lab,
            "status": "not-graded",
            "comment": "not judged by this assignment and judge",
            "points": None, "traces": [], "verdicts": {}, "throughput": None,
            "throughput_unit": "", "output": "", "notes": task.notes,
            "worst": None, "seconds": {}}


def write(plan: Plan) -> list[dict[str, Any]]:
    """All files but those of the units. Returns the results."""
    results = results_of(plan)
    for task, result in zip(plan.tasks, results):
        folder = plan.results / task.folder
        pages.write_student(result, folder)
        _write_for_services(result, folder)
    pages.write_class(results, similar.find(_sources(plan)),
                      plan.results / "index.html",
                      {task.student: task.folder for task in plan.tasks})
    output.save(str(plan.results / "junit.xml"), services.junit(results))
    gradebook.write(results, plan.results / "gradebook.csv")
    return results


def _write_for_services(result: dict[str, Any], folder: Path) -> None:
    """Without points there is nothing to tell them."""
    autolab, gradescope = folder / "autolab.txt", folder / "gradescope.json"
    if result["points"]:
        output.save(str(autolab), services.autolab(result).encode())
        output.save(str(gradescope), json.dumps(
            services.gradescope(result), indent=1).encode())
        return
    autolab.unlink(missing_ok=True)
    gradescope.unlink(missing_ok=True)


def _sources(plan: Plan) -> dict[str, list[str]]:
    """The texts of each student's files."""
    def texts(folder: Path) -> list[str]:
        return [path.read_text(errors="replace")
                for path in sorted(folder.rglob("*")) if path.is_file()]

    return {task.student: texts(plan.results / task.folder / "source")
            for task in plan.tasks if not task.refused}
