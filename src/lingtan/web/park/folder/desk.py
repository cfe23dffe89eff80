"""Uploads that wait for a decision: unpacked beside the parks, looked at once, taken in or thrown away."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lingtan.ledger.finding import Finding
from lingtan.web.park.folder import archive, places
from lingtan.web.park.folder.importing import import_folder
from lingtan.web.park.folder.outcome import ImportRefused, Outcome

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

_MARK = re.compile(r"\d{13}-[0-9a-f]{12}")
#: Findings that are kept for the page; the counts are of all.
MOST_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload: its mark, the park's code (blank: a new park), who brought it, its name, what was found."""

    mark: str
    park: str
    user: int
    name: str
    report: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        """Where it lies unpacked."""
        return places.staging() / self.mark / "in"


def bring(source: BinaryIO, *, name: str, park: str, user: int) -> Waiting:
    """Unpack an upload.

    Raises
    ------
    ImportRefused : it is no archive that can be unpacked; nothing of it is left.
    """
    places.sweep(places.staging())
    made = Waiting(places.new_mark(), park, user, name[:200])
    base = places.staging() / made.mark
    base.mkdir()
    try:
        found = archive.unpack(source, base / "raw")
    except BaseException:
        shutil.rmtree(base, ignore_errors=True)
        raise
    found.rename(made.folder)
    shutil.rmtree(base / "raw", ignore_errors=True)
    _keep(made)
    return made


def find(mark: str, *, park: str, user: int) -> Waiting | None:
    """Return an upload of a person for a park; None where there is none of that mark."""
    file = places.staging() / mark / "waiting.json"
    if not _MARK.fullmatch(mark) or not file.is_file():
        return None
    held = Waiting(**json.loads(file.read_text("utf-8")))
    return held if (held.park, held.user) == (park, user) else None


def drop(one: Waiting) -> None:
    """Throw an upload away."""
    shutil.rmtree(places.staging() / one.mark, ignore_errors=True)


def look(one: Waiting, park: Park | None, progress: Any = None) -> Waiting:
    """Try the import without writing, and keep what was found with the upload."""
    try:
        outcome = import_folder(one.folder, by=one.user, park=park, dry_run=True, progress=progress)
        report = told(outcome)
    except ImportRefused as wrong:
        report = {"refused": str(wrong), "findings": [], "differences": [], "levels": {}}
    looked = Waiting(one.mark, one.park, one.user, one.name, report)
    _keep(looked)
    return looked


def told(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON."""
    order = {"error": 0, "finding": 1, "note": 2}
    findings = sorted(outcome.findings, key=lambda one: (order[one.level], one.where.file, one.where.line or 0))
    levels = {level: sum(one.level == level for one in findings) for level in order}
    return {
        "levels": levels, "left_out": outcome.left_out, "barred": bool(outcome.refused), "counts": dict(outcome.counts),
        "findings": [_plain(one) for one in findings[:MOST_SHOWN]],
        "differences": [
            {
                "model": one.model, "created": one.created, "changed": one.changed, "removed": one.removed,
                "rows": [
                    {"what": what, "row": row, "fields": [list(field) for field in fields]}
                    for what, row, fields in one.rows
                ],
            }
            for one in outcome.differences
        ],
    }  # fmt: skip


def _plain(one: Finding) -> dict[str, Any]:
    params = {key: value for key, value in one.params.items() if isinstance(value, str | int | float)}
    return {
        "code": one.code, "level": one.level, "message": one.message, "file": one.where.file, "line": one.where.line,
        "lines": list(one.where.lines), "params": params,
    }  # fmt: skip


def _keep(one: Waiting) -> None:
    values = {"mark": one.mark, "park": one.park, "user": one.user, "name": one.name, "report": one.report}
    draft = places.staging() / one.mark / "waiting.part"
    draft.write_text(json.dumps(values, ensure_ascii=False), "utf-8")
    draft.replace(draft.with_name("waiting.json"))
