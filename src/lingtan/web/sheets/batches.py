"""Uploads of a register: compared with what is there, written all or nothing, and taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pghistory
import pghistory.models
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from lingtan.ledger.commodity import resolve
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.cells import Context
from lingtan.ledger.folder.load import builder, confirmed
from lingtan.ledger.folder.points import check_virtual
from lingtan.ledger.folder.relations import TABLE_RULES, duplicates
from lingtan.ledger.folder.rows import Row, row_fault, typed_rows
from lingtan.ledger.folder.rules import ROW_RULES
from lingtan.reference import library
from lingtan.web.kernel.actions import code_of
from lingtan.web.kernel.history import many_rows
from lingtan.web.kernel.record import Record
from lingtan.web.kernel.register import registers
from lingtan.web.sheets import workbook
from lingtan.web.sheets.columns import Codes, identity, table_for, text_of

if TYPE_CHECKING:
    from lingtan.ledger.folder.columns import Column, Table
    from lingtan.web.kernel.register import Register
    from lingtan.web.people.access import Access
    from lingtan.web.sheets.workbook import Told, Upload

#: Tables on which the tree of nodes and the subjects of facts and prices hang.
TREE = frozenset({"nodes.csv", "streams.csv", "facts.csv", "prices.csv"})


class BatchError(Exception):
    """An upload that cannot be written or taken back; the message says why, ``rows`` names what is in the way."""

    def __init__(self, message: str, rows: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that differs: its column, and both values as cells show them."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of an upload with the record ``row`` that it becomes; without ``changes`` that one stays as it is."""

    line: int
    name: str
    row: Any
    held: Any
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload would do; with ``faults`` it does nothing."""

    told: tuple[Told, ...]
    lines: tuple[Line, ...]

    @property
    def faults(self) -> tuple[Told, ...]:
        """What stands in the way."""
        return tuple(one for one in self.told if one.level == "error")

    @property
    def new(self) -> tuple[Line, ...]:
        """Rows that would be made."""
        return tuple(line for line in self.lines if line.held is None)

    @property
    def changed(self) -> tuple[Line, ...]:
        """Rows that would change."""
        return tuple(line for line in self.lines if line.held is not None and line.changes)

    @property
    def unchanged(self) -> int:
        """How many rows would stay as they are."""
        return len(self.lines) - len(self.new) - len(self.changed)

    @property
    def digest(self) -> str:
        """Tell one plan from another: what was looked at is what is written."""
        found = hashlib.sha256()
        for line in self.lines:
            key, version = (line.held.pk, line.held.version) if line.held is not None else (0, 0)
            texts = [text for one in line.changes for text in (one.column, one.before, one.after)]
            found.update("\x1f".join([str(line.line), str(key), str(version), *texts, "\x1e"]).encode())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class _Work:
    """What one comparison is made with; ``given`` are the columns that the upload has."""

    register: Register
    park: Any
    table: Table
    given: tuple[Column, ...]
    codes: Codes
    upload: Upload
    zone: ZoneInfo


def read(register: Register, name: str, data: bytes, access: Access) -> Upload:
    """Read an upload as the sheet of a register; errors as in `workbook.read`."""
    table = table_for(register, access)
    needed = [column.name for column in table.columns if column.needed]
    return workbook.read(name, data, title=register.slug, names=table.names, needed=needed)


def plan(register: Register, upload: Upload, *, park: Any, access: Access) -> Plan:
    """Compare an upload with the register: every fault by cell, and what would be made or changed.

    Columns that the upload does not have stay as they are; a blank cell of one that it has empties the value.
    """
    table = table_for(register, access)
    given = tuple(column for column in table.columns if column.name in upload.raw.header)
    codes, zone = Codes.of(register.model, table, access), ZoneInfo(park.timezone)
    work = _Work(register, park, table, given, codes, upload, zone)
    context = _context(work, access)
    found: list[Finding] = []
    rows, _aside = typed_rows(upload.raw, table, context, found)
    held = list(register.model.objects.visible_to(access).order_by("pk"))
    stored = [Row(table.pattern, one.pk, {c.name: work.codes.value(one, c) for c in table.columns}) for one in held]
    places, twice = _matched(work, rows, stored)
    _complete(work, rows, places, stored)
    found += _rules(work, rows, places, stored, context)
    told = [*upload.told, *workbook.say(found, upload), *twice]
    lines = [_line(work, row, None if at is None else held[at]) for row, at in zip(rows, places, strict=True)]
    return Plan((*told, *(fault for line in lines for fault in _invalid(work, line))), tuple(lines))


def _context(work: _Work, access: Access) -> Context:
    """Return what cells are read against: the library's words and the ids that the person may see."""
    if work.register.table:
        from lingtan.web.park.fit import context_of  # the folder's rules need the rooms, which need the kernel

        return context_of(work.register, work.park, access)
    return Context(work.zone, known={kind: set(ids) for kind, ids in work.codes.keys.items()})


def _matched(work: _Work, rows: Sequence[Row], stored: Sequence[Row]) -> tuple[list[int | None], list[Told]]:
    """Return for each row the place of the stored row that it is (None: a new one), and the rows that stand twice."""
    names = identity(work.register, work.table)
    free: dict[tuple[Any, ...], list[int]] = {}
    for place, row in enumerate(stored):
        free.setdefault(tuple(row.values[name] for name in names), []).append(place)
    lines: dict[tuple[Any, ...], list[int]] = {}
    places: list[int | None] = []
    for row in rows:
        key = tuple(row.values[name] for name in names)
        lines.setdefault(key, []).append(row.line)
        places.append(free[key].pop(0) if free.get(key) else None)
    columns = {column.name: column for column in work.table.columns}
    twice = []
    for key, each in lines.items():
        if len(each) > 1:
            parts = [text_of(part, columns[name], work.zone) for name, part in zip(names, key, strict=True)]
            said = {"lines": ", ".join(map(str, each)), "key": " · ".join(part for part in parts if part)}
            twice.append(workbook.told("twice", work.upload.place(each[1], names[0]), **said))
    return places, twice


def _complete(work: _Work, rows: Sequence[Row], places: Sequence[int | None], stored: Sequence[Row]) -> None:
    """Fill columns that the upload has not from the stored row; let rows refer to new ones of the same upload."""
    kind = str(work.register.model._meta.model_name)
    for row, place in zip(rows, places, strict=True):
        if place is not None:
            row.values.update((k, v) for k, v in stored[place].values.items() if k not in work.upload.raw.header)
        elif kind in work.codes.keys:
            work.codes.learn(kind, row.values[work.table.identity], -row.line)


def _rules(
    work: _Work, rows: list[Row], places: Sequence[int | None], stored: list[Row], context: Context
) -> Iterator[Finding]:
    """Yield the faults of the rows, and those between all rows as they would be that are not there today."""
    pattern, replaced = work.table.pattern, set(places)
    for row in rows:
        for rule in ROW_RULES.get(pattern, ()):
            for column, wrong in rule(row.values, context):
                yield row_fault(wrong, row.file, row.line, column, str(row.values.get(column) or ""))
    if pattern == "statements/*.csv":
        units = {stream: context.commodities[code].unit for stream, code in context.stream_commodity.items()}
        for row in rows:
            confirmed(row, units)
    after = [*(row for place, row in enumerate(stored) if place not in replaced), *rows]
    rules = [*([duplicates(work.table.identity)] if work.table.identity else []), *TABLE_RULES.get(pattern, ())]
    for rule in rules:
        before = {_key(one) for one in rule(stored, context, set())}
        yield from (one for one in rule(after, context, set()) if _key(one) not in before)
    if pattern == "virtual.csv":
        context.known["point"] -= {row.values["point"] for row in stored}
        yield from check_virtual(after, context)[1]
    if pattern == "commodities.csv":
        yield from resolve(library().commodities, map(builder(work.table), after))[1]


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.where, str(finding.params)


def _line(work: _Work, row: Row, held: Any) -> Line:
    """Make the record that a row becomes; what the folder's rules imply stays unwritten, as in the folder."""
    record = copy(held) if held is not None else work.register.model(park=work.park)
    changes = []
    for column in work.table.columns if held is None else work.given:
        value = "" if row.values.get("implied") and column.name == "made_as" else row.values[column.name]
        before = None if held is None else work.codes.value(held, column)
        work.codes.give(record, column, value)
        after = work.codes.value(record, column)
        if before != after and (held is not None or after not in (None, "", ())):
            texts = text_of(before, column, work.zone), text_of(after, column, work.zone)
            changes.append(Change(column.name, *texts))
    keys = identity(work.register, work.table)
    known = [text_of(row.values[c.name], c, work.zone) for c in work.table.columns if c.name in keys]
    return Line(row.line, " · ".join(text for text in known if text), record, held, tuple(changes))


def _invalid(work: _Work, line: Line) -> Iterator[Told]:
    """Yield what the fields of a record do not accept: a text too long, a number out of range."""
    if not line.changes:
        return
    columns = {work.codes.fields[column.name].name: column for column in work.table.columns}
    skipped = {one.name for one in line.row._meta.concrete_fields if one.is_relation or one.name not in columns}
    try:
        line.row.clean_fields(exclude=skipped)
    except ValidationError as wrong:
        for name, said in wrong.message_dict.items():
            came = text_of(work.codes.value(line.row, columns[name]), columns[name], work.zone)[:60]
            place = work.upload.place(line.line, columns[name].name)
            yield workbook.told("field", place, message=" ".join(said), came=came or "—")


def check(register: Register, name: str, data: bytes, *, park: Any, by: Access) -> Any:
    """Keep an upload for a look before it is written; nothing of the register changes. Errors as in `workbook.read`."""
    if not by.may("import"):
        raise PermissionDenied
    content = read(register, name, data, by).packed()
    model = apps.get_model("api", "Batch")
    model.objects.visible_to(by).filter(register=register.slug, by=by.user_id, state="checked").delete()
    digest = hashlib.sha256(data).hexdigest()
    return model.objects.create(
        park=park, register=register.slug, file=name[-255:], sha256=digest, content=content, by_id=by.user_id
    )


def apply(batch: Any, register: Register, *, by: Access, reason: str, digest: str) -> Any:
    """Write an upload, all or nothing; ``digest`` is that of the plan that was looked at.

    Raises
    ------
    BatchError : it was written before, has faults, or the register has changed since it was looked at.
    """
    with _locked(batch, by, reason) as (park, kept):
        if kept.state != "checked" or kept.content is None:
            raise BatchError(_("This upload has been written already."))
        made = plan(register, workbook.Upload.unpacked(kept.content), park=park, access=by)
        if made.faults or made.digest != digest:
            raise BatchError(_("The register has changed since this upload was checked. Look at it again."))
        _number(register.model, made.new)
        for line in made.changed:
            line.row.version += 1
        _store(register, [line.row for line in (*made.new, *made.changed)], park)
        kept.state, kept.reason, kept.content = "applied", reason, None
        kept.created, kept.changed, kept.unchanged = len(made.new), len(made.changed), made.unchanged
        kept.rows = [_trace(line) for line in (*made.new, *made.changed)]
        kept.save()
    return kept


@contextmanager
def _locked(batch: Any, by: Access, reason: str) -> Iterator[tuple[Any, Any]]:
    """One transaction with its reason, in which nobody else uploads into the park."""
    if not by.may("import"):
        raise PermissionDenied
    if not reason.strip():
        raise BatchError(_("Please give a reason; it stays with the records."))
    context = pghistory.context(user=by.user_id, reason=reason, batch=batch.pk)
    try:
        with transaction.atomic(), context:
            park = apps.get_model("park", "Park").objects.select_for_update().get(pk=by.park_id)
            yield park, type(batch).objects.visible_to(by).select_for_update(of=("self",)).get(pk=batch.pk)
    except IntegrityError as wrong:
        raise BatchError(_("Somebody else has just written the same entries. Check the upload again.")) from wrong


def _number(model: type[Model], lines: Sequence[Line]) -> None:
    """Give new rows their keys first, so that rows of one upload can refer to each other."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, len(lines)]
        )
        keys = {-line.line: key for line, (key,) in zip(lines, cursor.fetchall(), strict=True)}
    for line in lines:
        line.row.pk = keys[-line.line]
    for field in (one for one in model._meta.concrete_fields if one.related_model is model):
        for line in lines:
            held = getattr(line.row, field.attname)
            setattr(line.row, field.attname, keys.get(held, held))


def _store(register: Register, rows: Sequence[Any], park: Any) -> None:
    """Write new and changed rows with one statement, and what follows from them."""
    model = register.model
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    if rows:
        with many_rows():
            model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=fields)
    if register.table in TREE:
        from lingtan.web.park import tree

        tree.settle(park)
        tree.link_facts(park.pk)
        tree.link_prices(park.pk)
    elif model.settle is not Record.settle:
        for row in rows:
            row.settle()


def _trace(line: Line) -> dict[str, Any]:
    """Keep what it takes to undo a row and to see that nobody has changed it since."""
    names = [one.attname for one in line.row._meta.concrete_fields if one.editable and not one.primary_key]
    after = {name: _json(getattr(line.row, name)) for name in names}
    if line.held is None:
        return {"key": line.row.pk, "name": line.name, "before": None, "after": after}
    held = {name: _json(getattr(line.held, name)) for name in names}
    before = {name: value for name, value in held.items() if value != after[name]}
    return {"key": line.row.pk, "name": line.name, "before": before, "after": {name: after[name] for name in before}}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def undo(batch: Any, register: Register, *, by: Access, reason: str) -> Any:
    """Take an upload back: new rows go, changed ones get what they held before.

    Raises
    ------
    BatchError : somebody has changed rows since or refers to new ones; ``rows`` names them, and nothing is changed.
    """
    with _locked(batch, by, reason) as (park, kept):
        if kept.state != "applied":
            raise BatchError(_("This upload is not there to be undone."))
        traces = {one["key"]: one for one in kept.rows}
        rows = register.model.objects.visible_to(by).select_for_update(of=("self",)).in_bulk(list(traces))
        new = [row for key, row in rows.items() if traces[key]["before"] is None]
        moved = [one["name"] for key, one in traces.items() if key not in rows or _moved(rows[key], one["after"])]
        moved += _in_use(register, new, park)
        if moved:
            raise BatchError(_("Changed or referred to since this upload; nothing was undone."), moved)
        changed = [row for key, row in rows.items() if traces[key]["before"] is not None]
        for row in changed:
            for name, value in traces[row.pk]["before"].items():
                setattr(row, name, row._meta.get_field(name).to_python(value))
            row.version += 1
        # References were looked at above; rows of one upload may refer to each other, which `delete` refuses.
        gone = register.model.objects.filter(pk__in=[row.pk for row in new])
        gone._raw_delete(gone.db)
        _store(register, changed, park)
        kept.state = "undone"
        kept.save(update_fields=["state"])
    return kept


def _moved(row: Any, after: Mapping[str, Any]) -> bool:
    return any(_json(getattr(row, name)) != value for name, value in after.items())


def _in_use(register: Register, rows: Sequence[Any], park: Any) -> list[str]:
    """Name what refers to rows that are to go: by key, or by their id in text."""
    model, keys = register.model, [row.pk for row in rows]
    found = []
    for field in model._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and not issubclass(field.related_model, pghistory.models.Event):
            others = field.related_model._base_manager.filter(**{f"{field.field.name}__in": keys})
            found += _named(others.exclude(pk__in=keys) if field.related_model is model else others)
    return found + (_in_text(register, rows, park) if rows and register.table else [])


def _in_text(register: Register, rows: Sequence[Any], park: Any) -> list[str]:
    from lingtan.web.park.fit import KINDS, by_field, kinds_of

    kind = KINDS.get(register.table)
    if kind is None:
        return []
    name = "point" if kind == "point" else "code"
    left = register.model.objects.filter(park=park).exclude(pk__in=[row.pk for row in rows])
    gone = {getattr(row, name) for row in rows} - set(left.values_list(name, flat=True))
    found = []
    for other in registers():
        for path, column in by_field(other).items():
            field = other.field(path)
            if kind in kinds_of(column) and field is not None and not field.is_relation:
                words = [f"point:{code}" for code in gone] if column.type == "order" else list(gone)
                test = "overlap" if column.type == "order" else "in"
                found += _named(other.model.objects.filter(Q(**{f"{path}__{test}": words}), park=park))
    return found


def _named(rows: Any) -> list[str]:
    return [f"{rows.model._meta.verbose_name}: {code_of(row) or row}" for row in rows[:5]]
