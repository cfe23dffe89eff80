"""Registers that no table holds (contacts, deadlines, reports ...) to ``records/<slug>.jsonl`` and back.

One JSON object a line. ``key`` is the row's number in the installation that wrote it; references are codes, keys of
other registers, user names, or what tells a table's row apart.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model

from lingtan.ledger.finding import Finding
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import registers
from lingtan.web.park.folder.difference import numbered
from lingtan.web.park.folder.outcome import Difference, ImportRefused, barred
from lingtan.web.park.folder.shapes import Shape, evidence_path, from_record, new_ids, shapes
from lingtan.web.people.user import User
from lingtan.web.publish.document import Document

if TYPE_CHECKING:
    from lingtan.web.park.folder.take import Codes
    from lingtan.web.park.park import Park

RECORDS = "records/"
#: Key of ``extra`` with the names of persons who have no account here: field -> user name.
PERSONS = "persons"
#: Fields that a row gets anew.
_OWN = ("id", "park", "version")
#: Registers that stay in their installation: they hold keys.
_STAYING = frozenset({"robots"})
#: Models without a register that travel along: the workflow of reports.
_ALSO = {
    "reports": "reporting.Report", "report-lines": "reporting.ReportLine",
    "report-documents": "reporting.LineDocument", "report-remarks": "reporting.Remark",
    "report-steps": "reporting.ReportStep", "month-closings": "reporting.MonthClosing",
}  # fmt: skip
_CARRIED: dict[str, type[Record]] = {}


def carry(model: type[Record], slug: str) -> None:
    """Let the rows of a model that has no register go out and come in with the park as ``records/<slug>.jsonl``."""
    _CARRIED[slug] = model


@dataclass(slots=True)
class Records:
    """Rows of the registers as read from a folder: by slug; ``files`` that were understood."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def carried() -> dict[str, type[Record]]:
    """Return what is carried, each behind what it names. Documents go apart, with their files."""
    apart = {"documents", *_STAYING}
    named = {one.slug: one.model for one in registers() if not one.table and one.slug not in apart} | _CARRIED
    named |= {slug: apps.get_model(name) for slug, name in _ALSO.items()}
    tables = {Document, *(shape.model for shape in shapes())}
    order: dict[str, type[Record]] = {}
    while True:
        ready = {
            slug: model
            for slug, model in named.items()
            if slug not in order and all(_can(one, model, tables, order.values()) for one in _fields(model))
        }
        if not ready:
            return order
        order |= ready


def _can(one: Field[Any, Any], model: type[Model], tables: set[Any], before: Iterable[type[Model]]) -> bool:
    """Tell whether a field can be written; one that cannot and may be empty is left empty."""
    to = one.related_model
    return to is None or to in (model, User) or to in tables or to in before or one.null


def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [one for one in model._meta.concrete_fields if one.name not in _OWN]


# --- out --------------------------------------------------------------------------------------------------------------


def write_records(park: Park, folder: Path, *, empty: bool = False) -> None:
    """Write all registers of a park; with ``empty`` also those without rows, so that reading them clears."""
    names = _Names(park)
    for slug, model in carried().items():
        rows = [_line(row, model, names) for row in model.objects.filter(park=park).order_by("pk")]
        if rows or empty:
            put(folder / f"{RECORDS}{slug}.jsonl", rows)


def put(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write objects one a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False, cls=DjangoJSONEncoder, separators=(",", ":")) for row in rows]
    file.write_text("".join(line + "\n" for line in lines), "utf-8")


class _Names:
    """What rows are called outside of the database, looked up once a model."""

    def __init__(self, park: Park) -> None:
        self.park = park
        self._kept: dict[type[Model], dict[int, Any]] = {}

    def name(self, model: type[Model], pk: int) -> Any:
        """Return how a row is named: a table's row by what tells it apart, a user by name, others by their number."""
        if model not in self._kept:
            self._kept[model] = self._all(model)
        return self._kept[model].get(pk, pk)

    def _all(self, model: type[Model]) -> dict[int, Any]:
        if model is User:
            return dict(User.objects.values_list("pk", "username"))
        if model is Document:
            rows = Document.objects.filter(park=self.park).values_list("pk", "path")
            return {pk: evidence_path(path) for pk, path in rows}
        shape = next((one for one in shapes() if one.model is model), None)
        if shape is None:
            return {}
        return {pk: _plain(key) for key, pk in table_keys(shape, self.park).items()}


def table_keys(shape: Shape, park: Park) -> dict[Any, int]:
    """Return the primary keys of a table's rows by what tells rows apart."""
    paths = [shape.slots[place].path for place in shape.key]
    blank = [shape.slots[place].column.default if shape.slots[place].to else None for place in shape.key]
    rows = shape.model.objects.filter(park=park).order_by("file", "line", "pk").values_list("pk", *paths)
    keys = [
        (pk, tuple(b if v is None else from_record(v) for v, b in zip(values, blank, strict=True)))
        for pk, *values in rows
    ]
    return dict(zip(numbered(key for _pk, key in keys), (pk for pk, _key in keys), strict=True))


def _plain(key: Any) -> Any:
    """Write what tells a row apart: the code alone, or the list of values with the number among equals."""
    values, number = key
    return values[0] if len(values) == 1 and number == 1 else [*values, number]


def _line(row: Model, model: type[Model], names: _Names) -> dict[str, Any]:
    made: dict[str, Any] = {"key": row.pk, **(getattr(row, "extra", None) or {}).get(PERSONS, {})}
    for one in _fields(model):
        value = getattr(row, one.attname)
        if value is None or (one.name == "extra" and not value):
            continue
        made[one.name] = names.name(one.related_model, value) if one.related_model else value
    return made


# --- in ---------------------------------------------------------------------------------------------------------------


def read_records(folder: Path, files: Iterable[str]) -> Records:
    """Read the registers of a folder; a file of an unknown register stays a file."""
    made, known = Records(), carried()
    for file in files:
        slug = file.removeprefix(RECORDS).removesuffix(".jsonl")
        if file == f"{RECORDS}{slug}.jsonl" and slug in {*known, "documents"}:
            made.files.add(file)
            made.rows[slug] = list(lines_of(folder, file, made.findings))
    return made


def lines_of(folder: Path, file: str, found: list[Finding]) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of lines; a line that is none is an error."""
    data = (folder / file).read_bytes()
    for line, text in enumerate(data.split(b"\n"), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as wrong:
            row = str(wrong)
        if isinstance(row, dict):
            yield {**row, "": line}
        else:
            came = row if isinstance(row, str) else type(row).__name__
            found.append(barred("bad_record", file, line, "one JSON object a line", came, "export the folder again"))


def take_records(park: Park, read: Records, codes: Codes, *, whole: bool = False) -> list[Difference]:
    """Make the registers of a park what the folder says; registers that the folder has no file of stay.

    With ``whole`` these are emptied: a snapshot is taken back as it was.
    """
    places = _Places(park, codes)
    told = []
    models = carried()
    for slug, model in models.items():
        if slug in read.rows or whole:
            told.append(_take(park, slug, model, read.rows.get(slug, []), places))
    for slug, gone in reversed(list(places.gone.items())):
        models[slug].objects.filter(pk__in=gone).delete()
    return [one for one in told if one]


class _Places:
    """Primary keys of what records name."""

    def __init__(self, park: Park, codes: Codes) -> None:
        self.park, self.codes = park, codes
        self.keys: dict[type[Model], dict[Any, int]] = {}
        self.gone: dict[str, list[int]] = {}
        self._tables = {one.model: one for one in shapes()}
        self._users: dict[str, int] = {}

    def find(self, model: type[Model], name: Any) -> int | None:
        """Return the primary key of a name; None where this installation has no such row."""
        if model is User:
            self._users = self._users or dict(User.objects.values_list("username", "pk"))
            return self._users.get(name)
        if model is Document and model not in self.keys:
            rows = Document.objects.filter(park=self.park).values_list("path", "pk")
            self.keys[model] = {evidence_path(path): pk for path, pk in rows}
        shape = self._tables.get(model)
        if shape is None:
            return self.keys.get(model, {}).get(name)
        return self.codes.rows[shape.pattern].get(self._key(shape, name))

    def _key(self, shape: Shape, name: Any) -> Hashable:
        if not isinstance(name, list):
            return (name,), 1
        values = [
            value if slot.to or value is None else shape.model._meta.get_field(slot.attr).to_python(value)
            for slot, value in zip((shape.slots[place] for place in shape.key), name, strict=False)
        ]
        return tuple(values), name[-1]


def _take(park: Park, slug: str, model: type[Record], rows: list[dict[str, Any]], places: _Places) -> Difference:
    """Bring one register to what the file says."""
    present = {row.pk: row for row in model.objects.filter(park=park)}
    fresh = iter(new_ids(model, sum(row.get("key") not in present for row in rows)))
    placed = [(row, row["key"] if row.get("key") in present else next(fresh)) for row in rows]
    places.keys[model] = {row["key"]: pk for row, pk in placed if "key" in row}
    created, changed = [], []
    for row, pk in placed:
        values = _values(slug, model, row, places)
        old = present.get(pk)
        if old is None:
            created.append(model(pk=pk, park=park, **values))
        elif any(getattr(old, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(old, name, value)
            changed.append(old)
    model.objects.bulk_create(created)
    if changed:
        names = [one.name for one in _fields(model)]
        if any(one.name == "version" for one in model._meta.concrete_fields):
            names.append("version")
            for old in changed:
                old.version += 1
        model.objects.bulk_update(changed, names, batch_size=2_000)
    kept = {pk for _row, pk in placed}
    gone = [pk for pk in present if pk not in kept]
    places.gone[slug] = gone
    return Difference(model._meta.label_lower, len(created), len(changed), len(gone))


def _values(slug: str, model: type[Record], row: Mapping[str, Any], places: _Places) -> dict[str, Any]:
    """Turn one object into the fields of a record.

    Raises
    ------
    ImportRefused : a value that its field cannot hold, or a needed reference to something unknown.
    """
    made, persons = {}, {}
    for one in _fields(model):
        value = row.get(one.name)
        where = f"{RECORDS}{slug}.jsonl line {row.get('', 0)}: {one.name}"
        if one.related_model is not None:
            found = None if value is None else places.find(one.related_model, value)
            if found is None and not one.null:
                raise ImportRefused(f"{where}: expected something that the folder holds; came {value!r}; add it.")
            made[one.attname] = found
            if found is None and value is not None and one.related_model is User:
                persons[one.name] = value
            continue
        if value is None:
            made[one.name] = None if one.null else one.get_default()
            continue
        try:
            made[one.name] = one.to_python(value)
            one.run_validators(made[one.name])
        except (ValidationError, TypeError, ValueError) as wrong:
            raise ImportRefused(f"{where}: expected what its form accepts; came {value!r}; mend the line.") from wrong
    if persons:
        made["extra"] = {**(made.get("extra") or {}), PERSONS: persons}
    return made
