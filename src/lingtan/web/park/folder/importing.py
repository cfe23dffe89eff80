"""A whole park in, all or nothing; a whole park out."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_noop as noop

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder import FolderError, Loaded, read
from lingtan.ledger.folder.columns import PARK_TOML
from lingtan.web.kernel.history import many_rows
from lingtan.web.park.folder import archive, give, places
from lingtan.web.park.folder.difference import Changes, compare, told
from lingtan.web.park.folder.evidence import EVIDENCE, take_evidence, write_evidence
from lingtan.web.park.folder.incoming import Incoming, incoming
from lingtan.web.park.folder.outcome import Difference, ImportRefused, Outcome, barred
from lingtan.web.park.folder.records import Records, read_records, take_records, write_records
from lingtan.web.park.folder.shapes import shapes
from lingtan.web.park.folder.take import apply
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access

if TYPE_CHECKING:
    from lingtan.web.people.user import User

Step = Callable[[str, int, int], None]
STEPS = (
    noop("Read the folder"), noop("Compare with the park"), noop("Copy the files"), noop("Write the records"),
    noop("Store the documents"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Read:
    """A folder that was read."""

    folder: Path
    loaded: Loaded
    brought: Incoming
    records: Records
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _How:
    """By whom a folder is taken in, why, and how."""

    by: Access | User | int | None
    reason: str
    whole: bool
    step: Step


def import_folder(
    source: Path | str | BinaryIO,
    *,
    by: Access | User | int | None,
    park: Park | None = None,
    leave_out_faults: bool = False,
    dry_run: bool = False,
    whole: bool = False,
    reason: str = "",
    progress: Step | None = None,
) -> Outcome:
    """Take a park folder (or a zip archive of one) into the database, all or nothing.

    Without ``park`` a new one is made; with it, it becomes what the folder says: rows are created, changed, removed.
    Errors refuse the folder unless ``leave_out_faults``; rows with errors are then kept word for word and go out again.
    ``dry_run`` only looks. ``whole``: registers that the folder has no file of are emptied (to take a snapshot back);
    else they stay. Documents are never removed.

    Raises
    ------
    ImportRefused : no folder, another park's, or rows that others still need; PermissionDenied : `by` may not import.
    """
    begun, step = time.monotonic(), progress or (lambda _name, _done, _total: None)
    if isinstance(by, Access) and (not by.may("import") or park is None or by.park_id != park.pk):
        raise PermissionDenied
    with archive.opened(source) as folder:
        got = _look(folder, park, step)
        refused = any(one.params.get("refused") for one in got.findings)
        errors = any(one.level == "error" for one in got.findings)
        applied = not (dry_run or refused or (errors and not leave_out_faults))
        if applied:
            how = _How(by, reason or noop("Folder import"), whole, step)
            park, changes, more = _apply(got, park, how)
        else:
            changes, more = _changes(got, park), []
    differences = [told(one, got.loaded.park.settings.timezone) for one in changes]
    counts = {pattern: len(rows) for pattern, rows in got.brought.rows.items()}
    counts["files"] = len(got.loaded.extras.files)
    return Outcome(
        park, applied, got.findings, tuple(one for one in (*differences, *more) if one), got.brought.left_out, counts,
        time.monotonic() - begun,
    )  # fmt: skip


def _look(folder: Path, park: Park | None, step: Step) -> _Read:
    """Read a folder."""
    step(STEPS[0], 0, len(STEPS))
    try:
        loaded = read(folder, observations=True)
    except FolderError as wrong:
        raise ImportRefused(str(wrong)) from wrong
    brought = incoming(loaded)
    records = read_records(folder, loaded.extras.files)
    found = [*_right_park(loaded, park), *brought.findings, *records.findings]
    step(STEPS[1], 1, len(STEPS))
    return _Read(folder, loaded, brought, records, (*found, *loaded.findings))


def _changes(got: _Read, park: Park | None) -> list[Changes]:
    """Set the tables of a folder against those of a park."""
    return [compare(shape, park, got.brought.rows[shape.pattern]) for shape in shapes()]


def _right_park(loaded: Loaded, park: Park | None) -> list[Finding]:
    """See that the folder is the park's own, or that a new park has a name of its own."""
    code = loaded.park.settings.id
    todo = "write the park's own id in park.toml, or import it as a new park"
    if park is not None and code != park.code:
        return [barred("other_park", PARK_TOML, 1, f"id = {park.code!r}", repr(code), todo)]
    if park is None and code in {".", ".."}:
        return [barred("bad_id", PARK_TOML, 1, "an id with letters or digits", repr(code), "rename the park")]
    if park is None and Park.objects.filter(code=code).exists():
        todo = "open that park and import there, or give this one another id"
        return [barred("park_exists", PARK_TOML, 1, "an id that no park has", repr(code), todo)]
    return []


def _apply(got: _Read, park: Park | None, how: _How) -> tuple[Park, list[Changes], list[Difference]]:
    """Write everything in one transaction; files stand in a folder of their own that the park names at the end."""
    code, mark, step = got.loaded.park.settings.id, places.new_mark(), how.step
    target = places.files_of(code, mark)
    try:
        with transaction.atomic(), pghistory.context(user=_user_id(how.by), reason=how.reason):
            places.lock("park", code)
            held = Park.objects.select_for_update().get(pk=park.pk) if park else None
            changes = _changes(got, held)
            step(STEPS[2], 2, len(STEPS))
            _carry(got, target)
            step(STEPS[3], 3, len(STEPS))
            made = _settings(got, held, mark)
            with many_rows():
                codes = apply(made, changes, got.brought)
                step(STEPS[4], 4, len(STEPS))
                files = [file for file in got.loaded.extras.files if file.startswith(EVIDENCE)]
                more = [take_evidence(made, got.folder, files, got.records.rows.get("documents", []), codes)]
                more += take_records(made, got.records, codes, whole=how.whole)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    places.sweep(places.home(code) / "sets", keep={mark})
    return made, changes, more


def _user_id(by: Any) -> int | None:
    return by.user_id if isinstance(by, Access) else getattr(by, "pk", by)


def _carry(got: _Read, target: Path) -> None:
    """Copy the files that are no tables, no understood registers and no documents."""
    target.mkdir(parents=True)
    own = places.staging() in got.folder.parents
    for file in got.loaded.extras.files:
        if file not in got.records.files and not file.startswith(EVIDENCE):
            places.place(got.folder / file, target / file, link=own)


def _settings(got: _Read, park: Park | None, mark: str) -> Park:
    """Write what ``park.toml`` says."""
    extras, settings = got.loaded.extras, got.loaded.park.settings
    made = park or Park(code=settings.id)
    before = places.files_of(made.code, made.extra["set"]) if made.extra.get("set") else None
    if before is not None and before.is_dir():
        os.utime(before)  # whoever reads it has a day to end
    for name, value in give.settings_values(settings).items():
        setattr(made, name, value)
    made.synthetic = extras.unknown.get("synthetic") is True
    made.extra = {**made.extra, "toml": extras.toml.decode("utf-8"), "set": mark}
    made.version += 1 if park else 0
    made.save()
    return made


def fill(park: Park, folder: Path, *, link: bool, empty: bool = False) -> None:
    """Write a park into a new folder; with ``link`` files that lie in the data folder are linked and not copied."""
    give.tables(park, folder)
    write_records(park, folder, empty=empty)
    write_evidence(park, folder, link=link)
    give.carried(park, folder, link=link)


def export_folder(park: Park, target: Path | str) -> Path:
    """Write a park as a folder; at a name that ends with ``.zip`` as an archive. Nothing half-written is left.

    Raises
    ------
    FolderError : something stands at ``target`` already.
    """
    place = Path(target)
    if place.exists() and (place.is_file() or any(place.iterdir())):
        raise FolderError(f"expected a new or empty folder at {place}; came one with files; give another path")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lingtan-", dir=place.parent) as scratch, places.steady():
        made = Path(scratch) / "park"
        fill(park, made, link=place.suffix == ".zip")
        if place.suffix == ".zip":
            packed = Path(scratch) / "park.zip"
            archive.pack(made, packed)
            made = packed
        elif place.exists():
            place.rmdir()
        made.replace(place)
    return place


__all__ = ["Outcome", "export_folder", "fill", "import_folder"]
