"""The units of a sweep: one setting on some traces becomes a file of figures.

Instructions are counted, for they are the same on every machine of a cluster;
utilization is of the same run, which checks every operation.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Mapping, Sequence

from .. import BUILD, ROOT, bounded, output, results as figures, version, versions
from ..handin import building
from ..keys import compiler, hashed
from ..versions import VersionError
from . import SweepError
from .space import Setting, shown

FOLDER = ".sweep"
JUDGE = (BUILD / "mdriver", BUILD / "worker", BUILD / "counter",
         BUILD / "profiles.json")
CODE = (*building.CODE, Path(__file__), Path(versions.__file__))
MOST_JSON = 64 << 20
MOST_SAID = 1 << 16
DIGITS = 32  # of a key
NAME = "point"  # mdriver's name for the allocator
OK = "ok"


@dataclass
class Sweep:
    """What is swept: RESULTS/.sweep/plan.json, which every unit reads. It is
    the Work of ../engines; a unit is a key."""

    results: Path
    given: str  # the source, as the user named it
    source: str  # its name in RESULTS/.sweep/source
    defaults: dict[str, str]  # values that the source has
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    tool = "sweep"
    failure = "not measured"

    @property
    def private(self) -> Path:
        return self.results / FOLDER

    @property
    def path(self) -> Path:
        return self.private / "plan.json"

    @property
    def folder(self) -> Path:
        return self.private / "source"

    # ---- Units. ----

    @cached_property
    def basis(self) -> str:
        """The hash of all but setting and traces."""
        files = sorted(self.folder.iterdir())
        return hashed([*files, *JUDGE, *CODE],
                      [version(), compiler(), self.source,
                       *(path.name for path in files)])

    def add(self, setting: Setting, traces: Sequence[str]) -> str:
        """The unit of a setting on these traces, which are paths. Values that
        the source has anyway make no other unit."""
        changed = {name: value for name, value in setting.items()
                   if value != self.defaults[name]}
        key = hashed(map(Path, traces), [self.basis, *traces, json.dumps(
            changed, sort_keys=True)])[:DIGITS]
        self.units[key] = {"constants": changed, "traces": list(traces)}
        return key

    def save(self) -> None:
        text = json.dumps({"given": self.given, "source": self.source,
                           "defaults": self.defaults, "units": self.units},
                          indent=1)
        output.save(str(self.path), text.encode() + b"\n")

    # ---- The work of engines. ----

    def file(self, unit: str) -> Path:
        return self.results / "points" / f"{unit}.json"

    def name(self, unit: str) -> str:
        return shown(self.units[unit]["constants"]) or "defaults"

    def is_done(self, unit: str) -> bool:
        result = self.result(unit)
        return result is not None and result["measured"]

    def result(self, unit: str) -> dict[str, Any] | None:
        try:
            value = json.loads(self.file(unit).read_bytes())
        except (OSError, ValueError):
            return None
        whole = isinstance(value, dict) and value.get("key") == unit
        return value if whole else None

    def do(self, unit: str) -> bool:
        constants, traces = self.units[unit].values()
        with tempfile.TemporaryDirectory(prefix="malloclab-") as place:
            measured, comment, rows = self.measure(constants, traces,
                                                   Path(place))
        self.file(unit).parent.mkdir(exist_ok=True)
        text = json.dumps({"key": unit, "constants": constants,
                           "measured": measured, "comment": comment,
                           "traces": rows}, indent=1)
        output.save(str(self.file(unit)), text.encode() + b"\n")
        return measured

    def measure(self, constants: Mapping[str, str], traces: Sequence[str],
                place: Path) -> tuple[bool, str, dict[str, Any]]:
        """Whether there are figures, or a fault of the setting's own; the
        fault; the figures by trace."""
        try:
            built = self.build(constants, place)
        except VersionError as error:
            return True, str(error).strip().splitlines()[0].strip(), {}
        words = [str(BUILD / "mdriver"), "--measure", "instructions", "--seed",
                 "1", "--align", str(built.align), "--allocator",
                 f"{NAME}={built.library}", "--json", "-"]
        for trace in traces:
            words += ["-f", trace]
        ended = bounded.run(words, None, MOST_JSON, MOST_SAID)
        if ended.status not in (0, 1):
            said = ended.errors.decode(errors="replace").splitlines()
            return False, (said or ["mdriver failed"])[-1], {}
        report = figures.parse(ended.output.decode(errors="replace"), "-")
        return True, "", {trace: _figures(row) for trace, row in
                          zip(traces, report["results"])}

    def build(self, constants: Mapping[str, str], place: Path
              ) -> versions.Built:
        source = versions.fetch(str(self.folder / self.source), place)
        text = source.read_text(errors="surrogateescape")
        source.write_text(versions.with_constants(text, constants, self.given),
                          errors="surrogateescape")
        return versions.build(source, self.given, self.private / "built")


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    return {"verdict": row["verdict"], "message": row["message"],
            "utilization": row["utilization"],
            "instructions_per_op": row["instructions_per_op"]}


def open_sweep(results: Path, given: str, names: Sequence[str]) -> Sweep:
    """A sweep of these constants of the source, which is copied."""
    sweep = Sweep(results, given, "", {})
    sweep.private.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="source-", dir=sweep.private))
    try:
        source = versions.fetch(given, new)
        sweep.source = source.name
        text = source.read_text(errors="surrogateescape")
        for name in names:
            begin, end = versions.value_of(text, name, given)
            sweep.defaults[name] = text[begin:end]
        if sweep.folder.exists():
            shutil.rmtree(sweep.folder)
        new.rename(sweep.folder)
    finally:
        if new.exists():
            shutil.rmtree(new)
    return sweep


def load(results: Path) -> Sweep:
    path = results / FOLDER / "plan.json"
    try:
        data = json.loads(path.read_text())
        return Sweep(results, data["given"], data["source"], data["defaults"],
                     data["units"])
    except OSError as error:
        raise SweepError(f"{path}: {error.strerror}: nothing was swept into "
                         "this folder") from None
    except (ValueError, KeyError, TypeError):
        raise SweepError(f"{path}: this is no plan of tools/sweep") from None
